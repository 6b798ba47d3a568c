//! The recorded sequences, through both engines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "a test"
)]

use std::sync::atomic::Ordering;

use conformance_runner::{JsonLines, Runner, first_difference, json_lines};
use serde_json::Value;

use super::check::{APPLIED, GIVEN_UP};

#[path = "../../tests/support/sets.rs"]
mod sets;
#[path = "../../tests/support/typed.rs"]
mod typed;
#[path = "../../tests/support/updater.rs"]
mod updater;

fn cases(runner: &Runner, suite: &str) -> JsonLines {
    json_lines(&runner.cases().join(format!("{suite}.jsonl"))).unwrap()
}

fn difference(actual: &Value, expected: &Value) -> Option<String> {
    first_difference(&with_floats(actual), &with_floats(expected))
}

fn with_floats(value: &Value) -> Value {
    value.clone()
}

#[test]
fn recorded_sequences_come_out_the_same() {
    let mut runner = Runner::new("apply-semantics", env!("CARGO_MANIFEST_DIR"));
    let schemas = typed::Schemas::read(&runner);
    updater::run(&mut runner, &schemas);
    let report = runner.report();
    println!("{report}\n{APPLIED:?} {GIVEN_UP:?}");
    assert!(report.contains("updater: 860 passed, 0 failed"), "{report}");
    assert!(APPLIED.load(Ordering::Relaxed) > 800);
}
