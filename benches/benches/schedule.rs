//! Decisions about many clusters: `cargo bench -p benches --bench schedule`. Allocations are counted with the times.

use benches::fleet::{NOW, fleet, heartbeat, regions, rollout};
use cluster_id::{
    rollout::step,
    schedule::{Decision, Scratch, spread},
};
use divan::{AllocProfiler, Bencher, counter::ItemsCount};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// One decision: a label, a taint, balance and steadiness, five clusters of all; 1,000 other placements.
#[divan::bench(args = [1_000, 10_000, 100_000])]
fn decide(bencher: Bencher<'_, '_>, clusters: usize) {
    let fleet = fleet(clusters, 1_000);
    let (mut scratch, mut decision) = (Scratch::default(), Decision::default());
    bencher.bench_local(|| {
        fleet
            .decide_into("placement-7", *NOW, &mut scratch, &mut decision)
            .is_ok()
    });
}

/// A cluster says anew what it has; 10,000 placements.
#[divan::bench(args = [1_000, 10_000, 100_000])]
fn event(bencher: Bencher<'_, '_>, clusters: usize) {
    let mut fleet = fleet(clusters, 10_000);
    let mut count = 0;
    bencher
        .with_inputs(|| {
            count += 1;
            heartbeat(count % clusters, count)
        })
        .bench_local_values(|cluster| fleet.upsert(cluster));
}

/// Every placement decided and committed once, 10,000 clusters: the time of one of them.
#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 3, sample_size = 1)]
fn full_pass(bencher: Bencher<'_, '_>, placements: usize) {
    let mut fleet = fleet(10_000, placements);
    let names: Vec<String> = (0..placements)
        .map(|index| format!("placement-{index}"))
        .collect();
    let (mut scratch, mut decision) = (Scratch::default(), Decision::default());
    bencher
        .counter(ItemsCount::new(placements))
        .bench_local(|| {
            for name in &names {
                if fleet
                    .decide_into(name, *NOW, &mut scratch, &mut decision)
                    .is_ok()
                {
                    fleet.commit(name, &decision);
                }
            }
        });
}

/// Half of that many regions, each with a few clusters.
#[divan::bench(args = [16, 22, 64])]
fn spread_over_regions(bencher: Bencher<'_, '_>, count: usize) {
    let (candidates, constraints) = regions(count);
    bencher.bench_local(|| spread(&constraints.of(&candidates)).map(|chosen| chosen.len()));
}

/// A rollout, half done.
#[divan::bench(args = [1_000, 10_000, 100_000])]
fn rollout_step(bencher: Bencher<'_, '_>, clusters: usize) {
    let rollout = rollout(clusters);
    bencher.bench_local(|| step(&rollout.strategy, &rollout.groups, &rollout.states, *NOW));
}
