//! Figures of what is decided between clusters, each beside what it is to be at most. The least and the middle one of the rounds
//! count; of the full pass, which takes longer than others leave the processor alone, its processor time.
//!
//! `fleet-figures repeat WORK ROUNDS` does one of them so often, for a profiler; the names are those of the table's first column.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a tool that prints a table"
)]

use std::{
    env,
    hint::black_box,
    process,
    time::{Duration, Instant},
};

use benches::{
    clusters::{Reconciliation, exports, reconciliation},
    fleet::{NOW, fleet, heartbeat, regions, rollout},
    server::process::processor,
};
use cluster_id::{
    mcs::merge,
    reconcile::{Inventory, plan},
    rollout::step,
    schedule::{Decision, Scratch, spread},
};

/// What is measured, with its size.
#[derive(Clone, Copy)]
struct Work {
    name: &'static str,
    what: &'static str,
    size: usize,
    /// At most so many microseconds, if anything was promised.
    target: Option<u32>,
    rounds: usize,
    run: fn(usize, usize) -> Vec<Duration>,
}

#[rustfmt::skip]
const WORKS: &[Work] = &[
    Work { name: "decide", what: "decision, clusters", size: 1_000, target: None, rounds: 2_000, run: decide },
    Work { name: "decide", what: "decision, clusters", size: 10_000, target: Some(50), rounds: 2_000, run: decide },
    Work { name: "decide", what: "decision, clusters", size: 100_000, target: Some(500), rounds: 500, run: decide },
    Work { name: "event", what: "cluster event without loss, clusters", size: 1_000, target: Some(20), rounds: 2_000, run: event },
    Work { name: "event", what: "cluster event without loss, clusters", size: 10_000, target: Some(20), rounds: 2_000, run: event },
    Work { name: "event", what: "cluster event without loss, clusters", size: 100_000, target: Some(20), rounds: 2_000, run: event },
    Work { name: "pass", what: "full pass of 10,000 clusters, workloads", size: 10_000, target: None, rounds: 2, run: full_pass },
    Work { name: "pass", what: "full pass of 10,000 clusters, workloads", size: 100_000, target: Some(2_000_000), rounds: 2, run: full_pass },
    Work { name: "spread", what: "exact spread over regions", size: 22, target: None, rounds: 500, run: regions_spread },
    Work { name: "spread", what: "exact spread over regions", size: 64, target: Some(1_000), rounds: 500, run: regions_spread },
    Work { name: "rollout", what: "rollout step, clusters", size: 1_000, target: None, rounds: 500, run: rollout_step },
    Work { name: "rollout", what: "rollout step, clusters", size: 10_000, target: Some(2_000), rounds: 200, run: rollout_step },
    Work { name: "rollout", what: "rollout step, clusters", size: 100_000, target: None, rounds: 50, run: rollout_step },
    Work { name: "alike", what: "merge of exports that agree", size: 100, target: Some(20), rounds: 5_000, run: merge_alike },
    Work { name: "differ", what: "merge of exports, each tenth differs", size: 100, target: Some(20), rounds: 5_000, run: merge_differing },
    Work { name: "plan", what: "plan of unchanged objects", size: 1_000, target: Some(5_000), rounds: 200, run: plan_unchanged },
    Work { name: "compare", what: "the same without what was seen before", size: 1_000, target: None, rounds: 30, run: plan_compared },
];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => table(),
        ["repeat", name, rounds] => {
            let rounds = rounds.parse().expect("a number of rounds");
            let work = WORKS.iter().filter(|work| work.name == *name);
            for work in work.filter(|work| work.target.is_some()).take(1) {
                (work.run)(work.size, rounds);
            }
        }
        _ => {
            println!("usage: fleet-figures [repeat WORK ROUNDS]");
            process::exit(2);
        }
    }
}

fn table() {
    println!(
        "{:<8} {:<40} {:>8} {:>12} {:>12} {:>10}",
        "", "", "size", "least us", "middle us", "target us"
    );
    for work in WORKS {
        let mut times = (work.run)(work.size, work.rounds);
        times.sort();
        let micros = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e6);
        let least = micros(times.first());
        let middle = micros(times.get(times.len() / 2));
        let target = work.target.map_or(String::new(), |target| {
            let kept = least <= f64::from(target);
            let verdict = if kept { "" } else { " missed" };
            format!("{target:>10}{verdict}")
        });
        println!(
            "{:<8} {:<40} {:>8} {least:>12.1} {middle:>12.1} {target}",
            work.name, work.what, work.size
        );
    }
}

/// That many times the same, each by itself.
fn repeat<T>(rounds: usize, mut one: impl FnMut() -> T) -> Vec<Duration> {
    let round = |_| {
        let start = Instant::now();
        black_box(one());
        start.elapsed()
    };
    (0..rounds).map(round).collect()
}

/// By a label or none, one taint in ten clusters, balance and steadiness, five clusters of all; beside 1,000 other placements.
fn decide(clusters: usize, rounds: usize) -> Vec<Duration> {
    let fleet = fleet(clusters, 1_000);
    let (mut scratch, mut decision) = (Scratch::default(), Decision::default());
    repeat(rounds, || {
        fleet
            .decide_into("placement-7", *NOW, &mut scratch, &mut decision)
            .expect("a decision");
    })
}

/// A cluster says anew what it has; 10,000 placements.
fn event(clusters: usize, rounds: usize) -> Vec<Duration> {
    let mut fleet = fleet(clusters, 10_000);
    let event = |round: usize| {
        let cluster = heartbeat(round % clusters, round);
        let start = Instant::now();
        black_box(fleet.upsert(cluster));
        start.elapsed()
    };
    (1..=rounds).map(event).collect()
}

/// Every placement decided and committed.
fn full_pass(placements: usize, rounds: usize) -> Vec<Duration> {
    let mut fleet = fleet(10_000, placements);
    let names: Vec<String> = (0..placements)
        .map(|index| format!("placement-{index}"))
        .collect();
    let (mut scratch, mut decision) = (Scratch::default(), Decision::default());
    let round = |_| {
        let start = processor(process::id());
        for name in &names {
            fleet
                .decide_into(name, *NOW, &mut scratch, &mut decision)
                .expect("a decision");
            fleet.commit(name, &decision);
        }
        processor(process::id()).saturating_sub(start)
    };
    (0..rounds).map(round).collect()
}

/// Half of the regions, each with a few clusters.
fn regions_spread(count: usize, rounds: usize) -> Vec<Duration> {
    let (candidates, asked) = regions(count);
    repeat(rounds, || {
        spread(&asked.of(&candidates)).map(|chosen| chosen.len())
    })
}

/// Half done.
fn rollout_step(clusters: usize, rounds: usize) -> Vec<Duration> {
    let rollout = rollout(clusters);
    repeat(rounds, || {
        step(&rollout.strategy, &rollout.groups, &rollout.states, *NOW)
    })
}

fn merge_alike(clusters: usize, rounds: usize) -> Vec<Duration> {
    let exports = exports(clusters, false);
    repeat(rounds, || {
        merge(exports.iter().map(|(id, export)| (id, export)))
    })
}

fn merge_differing(clusters: usize, rounds: usize) -> Vec<Duration> {
    let exports = exports(clusters, true);
    repeat(rounds, || {
        merge(exports.iter().map(|(id, export)| (id, export)))
    })
}

/// Of four kinds, as they should be.
fn plan_unchanged(objects: usize, rounds: usize) -> Vec<Duration> {
    planned(&reconciliation(objects), rounds)
}

/// The same where only the uids of the objects are known, so that each is compared field by field.
fn plan_compared(objects: usize, rounds: usize) -> Vec<Duration> {
    let mut world = reconciliation(objects);
    let mut inventory = Inventory::default();
    for (object, uid) in world.observed.inventory.iter() {
        inventory.insert(object.clone(), uid);
    }
    world.observed.inventory = inventory;
    planned(&world, rounds)
}

fn planned(world: &Reconciliation, rounds: usize) -> Vec<Duration> {
    repeat(rounds, || {
        let planned = plan(
            &world.desired,
            &world.observed.live,
            &world.observed.inventory,
            &world.reconciler.policy,
            &world.reconciler.planner,
        );
        assert!(planned.expect("a plan").is_noop(), "nothing has changed");
    })
}
