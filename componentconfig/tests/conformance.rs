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
    tally.report();
    runner.finish()
}
