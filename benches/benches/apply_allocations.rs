//! Allocations of requests of server-side apply: `cargo bench -p benches --bench apply_allocations`.
//!
//! They are counted by themselves, as counting slows down what allocates.
use benches::apply::{Request, input};
use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn request(bencher: Bencher<'_, '_>, name: &str, job: &str) {
    let input = input(name);
    bencher
        .with_inputs(|| input.request(job))
        .bench_values(Request::run);
}

#[divan::bench(args = ["pod", "widget", "endpoints", "crd"])]
fn apply_change(bencher: Bencher<'_, '_>, name: &str) {
    request(bencher, name, "ApplyChange");
}

#[divan::bench(args = ["pod", "widget"])]
fn apply_noop(bencher: Bencher<'_, '_>, name: &str) {
    request(bencher, name, "ApplyNoop");
}

#[divan::bench(args = ["pod", "widget"])]
fn update_noop(bencher: Bencher<'_, '_>, name: &str) {
    request(bencher, name, "UpdateNoop");
}
