//! Replays what a real API server answered.
//!
//! The cases are those of apply-semantics, which `CONFORMANCE_DIR` may have elsewhere.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_push_string,
    clippy::print_stderr,
    reason = "a test; a panic fails the case, and the count of steps is shown"
)]

#[path = "support/bindings.rs"]
mod bindings;
#[path = "support/replay.rs"]
mod replay;

use std::{env, path::PathBuf, process::ExitCode};

use conformance_runner::{Runner, json_lines};
use serde_json::Value;

fn main() -> ExitCode {
    let mut runner = Runner::new("apply-server", env!("CARGO_MANIFEST_DIR"));
    let cases = env::var_os("CONFORMANCE_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance"),
        |dir| PathBuf::from(dir).join("apply-semantics"),
    );
    for (suite, file) in [
        ("ssa-apiserver", "sequences.jsonl"),
        ("strategic-merge", "server.jsonl"),
    ] {
        let folder = cases.join(suite);
        let definitions =
            std::fs::read_to_string(folder.join("crds.json")).unwrap_or_else(|_| "[]".to_owned());
        let definitions: Value = serde_json::from_str(&definitions).expect("definitions are JSON");
        let path = folder.join(file);
        let text = std::fs::read_to_string(&path).expect("the recorded sequences are readable");
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let sequences = json_lines(&path).expect("the recorded sequences are readable");
        let (mut steps, mut passed) = (0, 0);
        for ((id, sequence), line) in sequences.into_iter().zip(lines) {
            let uses = sequence["uses"].as_array();
            let yaml = uses.is_some_and(|uses| uses.iter().any(|word| word == "yaml"));
            if yaml && !cfg!(feature = "yaml") {
                runner.not_replayed(suite, [id.as_str()], "needs feature yaml");
                continue;
            }
            let outcome = replay::sequence(line, &sequence, &definitions);
            steps += outcome.steps;
            passed += outcome.passed;
            runner.case(suite, &id, || outcome.failure.map_or(Ok(()), Err));
        }
        eprintln!("{suite}: {passed} of {steps} steps answered as recorded");
    }
    runner.finish()
}
