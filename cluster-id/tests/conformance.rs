//! Replays the recorded cases; see `tests/conformance/README.md`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a case that cannot be read is a failure"
)]

use std::{collections::BTreeSet, fs, process::ExitCode};

use conformance_runner::{Runner, json_lines};
use serde_json::Value;

#[path = "support/apply_set.rs"]
mod apply_set;
#[path = "support/case.rs"]
mod case;
#[path = "support/divide.rs"]
mod divide;
#[path = "support/identity.rs"]
mod identity;
#[path = "support/mcs.rs"]
mod mcs;
#[path = "support/membership.rs"]
mod membership;
#[path = "support/rollout.rs"]
mod rollout;
#[path = "support/schedule.rs"]
mod schedule;
#[path = "support/work.rs"]
mod work;

/// Runs one case: its `input` and its `expect`.
type Run = fn(&Value, &Value) -> Result<(), String>;

const SUITES: &[(&str, Run)] = &[
    ("apply-order", work::apply_order),
    ("applyset", apply_set::apply_set),
    ("cluster-match", divide::cluster_match),
    ("decision-groups", rollout::decision_groups),
    ("decision-slices", rollout::decision_slices),
    ("dns-records", mcs::dns_records),
    ("federated-object", work::federated_object),
    ("identity-portability", identity::portability),
    ("mcs-lifecycle", mcs::lifecycle),
    ("mcs-merge", mcs::merged),
    ("mcs-merge-derived", mcs::derived),
    ("membership", membership::membership),
    ("namespace-sameness", membership::namespace_sameness),
    ("placement", schedule::placement),
    ("property-name", identity::property_name),
    ("replica-assignment", divide::replica_assignment),
    ("replica-division", divide::replica_division),
    ("rollout", rollout::rollout),
    ("spread", schedule::spread),
    ("weighted-plan", divide::weighted),
    ("work-status", work::status),
];

fn main() -> ExitCode {
    let mut runner = Runner::new("cluster-id", env!("CARGO_MANIFEST_DIR"));
    for name in suites(&runner) {
        let path = runner.cases().join(format!("{name}.jsonl"));
        let cases = json_lines(&path).expect("the cases can be read");
        if name == "apply-outcome" {
            apply_outcomes(&mut runner, cases);
            continue;
        }
        let Some((_, run)) = SUITES.iter().find(|(suite, _)| *suite == name) else {
            runner.not_counted(&name, cases.len(), reason(&name));
            continue;
        };
        let (hashes, cases): (Vec<_>, Vec<_>) = cases
            .into_iter()
            .partition(|(_, line)| name == "work-status" && work::is_about_hash(&line["input"]));
        if !hashes.is_empty() {
            let reason = "the annotation with a hash is not offered; counted only if it is";
            runner.not_counted(&name, hashes.len(), reason);
        }
        for (id, line) in cases {
            let line = case::expand(&line);
            runner.case(&name, &id, || run(&line["input"], &line["expect"]));
        }
    }
    runner.finish()
}

/// A plan may ask a server, of at most a quarter of the cases; those are neither passed nor failed.
fn apply_outcomes(runner: &mut Runner, cases: Vec<(String, Value)>) {
    let (total, mut asked) = (cases.len(), 0);
    for (id, line) in cases {
        let title = line["title"].as_str().unwrap_or_default();
        match work::apply_outcome(title, &line["input"], &line["expect"]) {
            Some(result) => runner.case("apply-outcome", &id, || result),
            None => asked += 1,
        }
    }
    let reason =
        "a server has to be asked; the conformance test of apply-server replays all of the suite";
    runner.not_counted("apply-outcome", asked, reason);
    runner.case("apply-outcome", "asked at most of a quarter", || {
        let few = asked * 4 <= total;
        few.then_some(())
            .ok_or_else(|| format!("{asked} of {total}"))
    });
}

/// The suites that are recorded, by the names of their files.
fn suites(runner: &Runner) -> BTreeSet<String> {
    fs::read_dir(runner.cases())
        .expect("the cases are there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".jsonl")?.to_owned()))
        .collect()
}

fn reason(suite: &str) -> &'static str {
    match suite {
        "rollout-quirks" => {
            "answers that contradict the documentation of the program that gave them; tests/rollout_laws.rs holds to that"
        }
        "crd-validation" => {
            "a server checks schemas: the conformance test of apply-server replays these"
        }
        _ => "this crate does not do that",
    }
}
