//! Replays what the Go implementation of Kubernetes was recorded to answer.
//!
//! The suites of `yaml/` are in `support/yaml.rs`; those by the `operation` of a `case.yaml` belong in files beside it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a broken case has to fail loudly"
)]

#[path = "support/case.rs"]
mod case;
#[path = "support/components.rs"]
mod components;
#[path = "support/kubeadm.rs"]
mod kubeadm;
#[path = "support/quirks.rs"]
mod quirks;
#[path = "support/yaml.rs"]
mod yaml;

use std::process::ExitCode;

use conformance_runner::Runner;

fn main() -> ExitCode {
    let mut runner = Runner::new("componentconfig", env!("CARGO_MANIFEST_DIR"));
    yaml::run(&mut runner);
    let cases = case::all(&runner);
    let tally = case::Tally::default();
    kubeadm::run(&mut runner, &cases, &tally);
    components::run(&mut runner, &cases, &tally);
    let left_out = tally.left_out(&cases);
    if !left_out.is_empty() {
        let why = format!("of no operation that is known: {}", left_out.join(", "));
        runner.not_counted("cases", left_out.len(), &why);
    }
    println!(
        "cases: {} of {} run",
        cases.len() - left_out.len(),
        cases.len()
    );
    tally.report();
    runner.finish()
}
