//! Replays the recorded cases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test; a panic fails the case"
)]

#[path = "support/csa_upgrade.rs"]
mod csa_upgrade;
#[path = "support/explain.rs"]
mod explain;
#[path = "support/kubectl.rs"]
mod kubectl;
#[path = "support/openapi.rs"]
mod openapi;
#[path = "support/requests.rs"]
mod requests;
#[path = "support/scale.rs"]
mod scale;
#[path = "support/semantic_diff.rs"]
mod semantic_diff;
#[path = "support/sets.rs"]
mod sets;
#[path = "support/ssa.rs"]
mod ssa;
#[path = "support/strategic_merge.rs"]
mod strategic_merge;
#[path = "support/strategic_server.rs"]
mod strategic_server;
#[path = "support/typed.rs"]
mod typed;
#[path = "support/typed_schemas.rs"]
mod typed_schemas;
#[path = "support/updater.rs"]
mod updater;

use std::process::ExitCode;

use conformance_runner::{JsonLines, Runner, first_difference, json_lines};
use serde_json::Value;

fn main() -> ExitCode {
    let mut runner = Runner::new("apply-semantics", env!("CARGO_MANIFEST_DIR"));
    csa_upgrade::run(&mut runner);
    kubectl::run(&mut runner);
    explain::run(&mut runner);
    openapi::run(&mut runner);
    scale::run(&mut runner);
    requests::run(&mut runner);
    semantic_diff::run(&mut runner);
    sets::run(&mut runner);
    ssa::run(&mut runner);
    strategic_merge::run(&mut runner);
    strategic_server::run(&mut runner);
    typed_schemas::run(&mut runner);
    let schemas = typed::Schemas::read(&runner);
    typed::run(&mut runner, &schemas);
    updater::run(&mut runner, &schemas);
    for (suite, why) in NOT_COUNTED {
        let cases = cases(&runner, suite).len();
        runner.not_counted(suite, cases, why);
    }
    runner.finish()
}

const SERVER: &str = "needs an API server";

const NOT_COUNTED: &[(&str, &str)] = &[("ssa-apiserver/sequences", SERVER)];

/// The cases of a suite: the file of that name.
fn cases(runner: &Runner, suite: &str) -> JsonLines {
    json_lines(&runner.cases().join(format!("{suite}.jsonl")))
        .expect("the recorded cases are readable")
}

/// The first difference between values whose numbers went through floats when they were recorded.
fn difference(actual: &Value, expected: &Value) -> Option<String> {
    first_difference(&with_floats(actual), &with_floats(expected))
}

fn with_floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(items) => items.iter().map(with_floats).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), with_floats(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}
