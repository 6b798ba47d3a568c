//! Replays what a real API server answered.
//!
//! The cases are those of apply-semantics and of cluster-id, which `CONFORMANCE_DIR` may have elsewhere.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_push_string,
    clippy::print_stderr,
    reason = "a test; a panic fails the case, and the count of steps is shown"
)]

#[path = "support/applyset.rs"]
mod applyset;
#[path = "support/bindings.rs"]
mod bindings;
#[path = "support/cluster_id.rs"]
mod cluster_id;
#[path = "support/definitions.rs"]
mod definitions;
#[path = "support/replay.rs"]
mod replay;
#[path = "support/semantic_diff.rs"]
mod semantic_diff;
#[path = "support/session.rs"]
mod session;

use std::{env, fs, path::PathBuf, process::ExitCode};

use conformance_runner::{JsonLines, Runner, json_lines};
use serde_json::Value;

fn main() -> ExitCode {
    let mut runner = Runner::new("apply-server", env!("CARGO_MANIFEST_DIR"));
    for (suite, file) in [
        ("ssa-apiserver", "sequences.jsonl"),
        ("strategic-merge", "server.jsonl"),
        ("kubectl-apply", "sequences.jsonl"),
    ] {
        sequences(&mut runner, suite, file);
    }
    semantic_diff(&mut runner);
    let definitions = definitions::multicluster();
    for (suite, run) in [
        ("crd-validation", cluster_id::validation as Judge),
        ("identity-portability", cluster_id::portability),
        ("apply-outcome", cluster_id::outcome),
    ] {
        for (id, case) in
            lines(&cases("cluster-id", "../../cluster-id").join(format!("{suite}.jsonl")))
        {
            let case = cluster_id::written_out(case);
            runner.case(suite, &id, || run(&case, &definitions));
        }
    }
    for (id, case) in lines(&cases("cluster-id", "../../cluster-id").join("applyset.jsonl")) {
        runner.case("applyset", &id, || applyset::pruning(&case));
    }
    runner.finish()
}

/// Judges a case, given the definitions that it may need.
type Judge = fn(&Value, &[Value]) -> Result<(), String>;

fn sequences(runner: &mut Runner, suite: &str, file: &str) {
    let folder = cases("apply-semantics", "..").join(suite);
    let definitions = recorded_definitions(&folder.join("crds.json"));
    let path = folder.join(file);
    let text = fs::read_to_string(&path).expect("the recorded sequences are readable");
    let raw = text.lines().filter(|line| !line.trim().is_empty());
    let (mut steps, mut passed) = (0, 0);
    for ((id, sequence), line) in lines(&path).into_iter().zip(raw) {
        let uses = sequence["uses"].as_array();
        let yaml = uses.is_some_and(|uses| uses.iter().any(|word| word == "yaml"));
        if yaml && !cfg!(feature = "yaml") {
            runner.not_replayed(suite, [id.as_str()], "needs feature yaml");
            continue;
        }
        if !replay::is_complete(&sequence) {
            let why = "the recording leaves out bodies of requests that are too large";
            runner.not_replayed(suite, [id.as_str()], why);
            continue;
        }
        runner.case(suite, &id, || {
            let outcome = replay::sequence(line, &sequence, &definitions);
            steps += outcome.steps;
            passed += outcome.passed;
            outcome.failure.map_or(Ok(()), Err)
        });
    }
    eprintln!("{suite}: {passed} of {steps} steps answered as recorded");
}

fn semantic_diff(runner: &mut Runner) {
    let folder = cases("apply-semantics", "..").join("semantic-diff");
    let definitions = recorded_definitions(&folder.join("crds.json"));
    for (id, case) in lines(&folder.join("pairs.jsonl")) {
        runner.case("semantic-diff/pairs", &id, || {
            semantic_diff::pair(&case, &definitions)
        });
    }
    for (id, case) in lines(&folder.join("updates.jsonl")) {
        for (id, outcome) in semantic_diff::edits(&id, &case, &definitions) {
            runner.case("semantic-diff/updates", &id, || outcome);
        }
    }
}

/// The folder of the cases of a crate, whose own copy lies below `home`.
fn cases(name: &str, home: &str) -> PathBuf {
    env::var_os("CONFORMANCE_DIR").map_or_else(
        || {
            PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join(home)
                .join("tests/conformance")
        },
        |dir| PathBuf::from(dir).join(name),
    )
}

fn lines(path: &std::path::Path) -> JsonLines {
    json_lines(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn recorded_definitions(path: &std::path::Path) -> Vec<Value> {
    let Ok(text) = fs::read_to_string(path) else {
        return Vec::new();
    };
    serde_json::from_str(&text).expect("a list of definitions")
}
