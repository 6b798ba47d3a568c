//! What is decided between clusters: `cargo bench -p benches --bench clusters`. Allocations are counted with the times.

use benches::clusters::{exports, reconciliation};
use cluster_id::{mcs::merge, reconcile::plan};
use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// The exports of one service with five ports, all alike or each tenth another one.
#[divan::bench(args = [("alike", 10), ("alike", 100), ("alike", 1_000), ("different", 100)])]
fn merge_exports(bencher: Bencher<'_, '_>, (how, clusters): (&str, usize)) {
    let exports = exports(clusters, how == "different");
    bencher.bench_local(|| merge(exports.iter().map(|(cluster, export)| (cluster, export))));
}

/// A plan of objects that are all as they should be.
#[divan::bench(args = [100, 1_000])]
fn plan_unchanged(bencher: Bencher<'_, '_>, objects: usize) {
    let world = reconciliation(objects);
    bencher.bench_local(|| {
        let planned = plan(
            &world.desired,
            &world.observed.live,
            &world.observed.inventory,
            &world.reconciler.policy,
            &world.reconciler.planner,
        );
        planned.is_ok_and(|plan| plan.is_noop())
    });
}
