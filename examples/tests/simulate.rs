//! `simulate`: nothing goes wrong from some seeds, and a planted mistake is told as a story that comes again.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

use std::process::{Command, Output};

use serde_json::Value;

fn simulate(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_simulate"));
    command.args(arguments).output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn no_rule_is_broken_in_any_scenario() {
    let output = simulate(&["--seeds", "12", "--output", "json"]);
    let reports = lines(&output);
    assert!(output.status.success(), "{reports:#?}");
    assert_eq!(reports.len(), 8);
    for report in &reports {
        assert!(report["steps"].as_u64() > Some(0), "{report}");
        assert_eq!(report["violations"], Value::Array(Vec::new()));
    }
    // Something did go wrong.
    let crashes = |report: &Value| report["faults"]["crash"].as_u64().unwrap();
    assert!(reports.iter().map(crashes).sum::<u64>() > 0);
    assert_eq!(
        simulate(&["--seeds", "12", "--output", "json"]).stdout,
        output.stdout
    );
}

#[test]
fn a_scenario_that_is_unknown_is_told_of() {
    let output = simulate(&["--scenario", "none"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("no scenario is called \"none\": there are machine-deployment, "),
        "{text}"
    );
}

#[test]
fn one_seed_is_run_alone() {
    let output = simulate(&["--scenario", "rollout", "--seed", "7", "--output", "json"]);
    let reports = lines(&output);
    assert_eq!((reports.len(), &reports[0]["runs"]), (1, &Value::from(1)));
}
