//! Replays answers recorded from Cluster API.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unnecessary_wraps,
    reason = "a test: a missing member of a case is null, and suites share one signature"
)]

use std::{cmp::Ordering, collections::BTreeMap, process::ExitCode};

use conformance_runner::{JsonLines, Runner, first_difference, json_lines};
#[path = "support/admission.rs"]
mod admission;
#[path = "support/conditions.rs"]
mod conditions;
#[path = "support/contract.rs"]
mod contract;
#[path = "support/conversion.rs"]
mod conversion;
#[path = "support/facts.rs"]
mod facts;
#[path = "support/health_check.rs"]
mod health_check;
#[path = "support/kcp.rs"]
mod kcp;
#[path = "support/machine.rs"]
mod machine;
#[path = "support/machine_set.rs"]
mod machine_set;
#[path = "support/machine_texts.rs"]
mod machine_texts;
#[path = "support/moving.rs"]
mod moving;
#[path = "support/names.rs"]
mod names;
#[path = "support/rollout.rs"]
mod rollout;
#[path = "support/rollout_sequence.rs"]
mod rollout_sequence;
#[path = "support/schema.rs"]
mod schema;
#[path = "support/topology.rs"]
mod topology;
#[path = "support/upgrade_plan.rs"]
mod upgrade_plan;
#[path = "support/variables.rs"]
mod variables;

use machine_api::{Compat, IntOrString, rollout::Fenceposts, version::Version};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const FILES: [&str; 10] = [
    "admission",
    "conditions",
    "controlplane",
    "conversion",
    "healthcheck",
    "machine",
    "machineset",
    "move",
    "rollout",
    "schema",
];

#[allow(clippy::too_many_lines, reason = "a table of suites")]
fn main() -> ExitCode {
    let mut runner = Runner::new("machine-api", env!("CARGO_MANIFEST_DIR"));
    let (mut exact, mut details, mut definitions) = (0, (0, 0), (0, 0));
    let mut not_counted: BTreeMap<String, usize> = BTreeMap::new();
    let mut texts = machine_texts::Texts::default();
    for file in FILES.into_iter().chain(["topology"]) {
        for (id, case) in read(&runner, file) {
            let suite = case["suite"].as_str().unwrap_or("unnamed").to_owned();
            let outcome = machine_set::run(&case, &mut texts)
                .or_else(|| rollout::run(&case, &mut texts))
                .or_else(|| kcp::run(&case, &mut texts));
            if let Some(outcome) = outcome {
                runner.case(&suite, &id, || outcome);
                continue;
            }
            let answer = match suite.as_str() {
                "version-compare" => version_compare,
                "rollout-fenceposts" => rollout_fenceposts,
                "names" => names::names,
                "machine-status" => machine::status,
                "drain" => machine::drain,
                "conditions-summary" => conditions::summary,
                "conditions-aggregate" => conditions::aggregate,
                "conditions-set" => conditions::written,
                "topology" => {
                    runner.case(&suite, &id, || run_topology(&case));
                    continue;
                }
                "contract-control-plane" => {
                    runner.case(&suite, &id, || {
                        let (answer, expected) =
                            (contract::control_plane(&case["input"])?, &case["expect"]);
                        agree(&answer["upgrading"], &expected["upgrading"])?;
                        agree(&answer["provisioning"], &expected["provisioning"])
                    });
                    continue;
                }
                "variables-schema" => {
                    let (all, same) = run_definitions(&mut runner, &id, &case);
                    definitions = (definitions.0 + all, definitions.1 + same);
                    continue;
                }
                "variables-values" => {
                    runner.case(&suite, &id, || run_values(&case));
                    continue;
                }
                "mhc" => {
                    runner.case(&suite, &id, || health_check::run(&case));
                    continue;
                }
                "move-sequence" => {
                    runner.case(&suite, &id, || moving::run(&case));
                    continue;
                }
                "crd-schema" => {
                    runner.case(&suite, &id, || run_schema(&case));
                    continue;
                }
                "upgrade-plan" => {
                    run_upgrade_plan(&mut runner, &id, &case);
                    continue;
                }
                "defaulting" => {
                    runner.case(&suite, &id, || run_defaulting(&case));
                    continue;
                }
                "validation" => {
                    let (all, same) = run_validation(&mut runner, &id, &case);
                    details = (details.0 + all, details.1 + same);
                    continue;
                }
                "conversion" => {
                    exact += usize::from(run_conversion(&mut runner, &id, &case));
                    continue;
                }
                _ => {
                    *not_counted.entry(suite).or_default() += 1;
                    continue;
                }
            };
            runner.case(&suite, &id, || {
                agree(&answer(&case["input"])?, &case["expect"])
            });
        }
    }
    for facts in facts_lines(&runner) {
        let id = format!("{} {}", facts["kind"], facts["version"]).replace('"', "");
        runner.case("crd-facts", &id, || agree(&facts::facts(&facts)?, &facts));
    }
    println!("conversion: {exact} exactly equal");
    println!("validation: {} of {} details equal", details.1, details.0);
    println!(
        "variables-schema: {} of {} details equal",
        definitions.1, definitions.0
    );
    for line in texts.lines() {
        println!("{line}");
    }
    for (suite, cases) in not_counted {
        runner.not_counted(&suite, cases, "not covered yet");
    }
    runner.finish()
}

/// A case in which Cluster API forgets to refuse is one of `Compat::Upstream`; all others have one answer in both modes.
fn run_upgrade_plan(runner: &mut Runner, id: &str, case: &Value) {
    runner.case("upgrade-plan", id, || {
        let answer = |compat| upgrade_plan::upgrade_plan(&case["input"], compat);
        let (upstream, fixed) = (answer(Compat::Upstream)?, answer(Compat::Fixed)?);
        agree_on_plan(&upstream, &case["expect"])?;
        let forgotten = upstream["error"].is_null() && !fixed["error"].is_null();
        if forgotten && upstream["workers"] == json!([]) {
            return Ok(());
        }
        agree_on_plan(&fixed, &case["expect"])
    });
}

/// Compares objects without nulls and empty objects; says whether they are equal with them.
fn run_conversion(runner: &mut Runner, id: &str, case: &Value) -> bool {
    let mut exact = false;
    runner.case("conversion", id, || {
        let mut expected = case["expect"].clone();
        let mut answer = conversion::conversion(&case["input"], Compat::default())?;
        if answer.get("error").is_none() && expected.get("error").is_none() {
            conversion::open_annotation(&mut answer);
            conversion::open_annotation(&mut expected);
        }
        exact = answer == expected;
        conversion::prune(&mut expected);
        for compat in [Compat::Upstream, Compat::Fixed] {
            let mut answer = conversion::conversion(&case["input"], compat)?;
            if answer.get("error").is_none() {
                conversion::open_annotation(&mut answer);
            }
            conversion::prune(&mut answer);
            agree(&answer, &expected)?;
        }
        Ok(())
    });
    exact
}

/// Compares objects without nulls and empty objects, or what is wrong with which field.
fn run_defaulting(case: &Value) -> Result<(), String> {
    let mut expected = case["expect"].clone();
    let mut answer = admission::defaulting(&case["input"])?;
    if !expected["errors"].is_null() {
        return same_places(&answer, &expected);
    }
    conversion::prune(&mut answer);
    conversion::prune(&mut expected);
    agree(&answer, &expected)
}

/// Compares the verdict, the places of errors and the number of warnings; gives the number of details and of equal ones.
fn run_validation(runner: &mut Runner, id: &str, case: &Value) -> (usize, usize) {
    let mut details = (0, 0);
    runner.case("validation", id, || {
        let (answer, expected) = (admission::validation(&case["input"])?, &case["expect"]);
        details = admission::details(&answer, expected);
        if answer["allowed"] != expected["allowed"] {
            return Err(format!("allowed is {}, {answer}", answer["allowed"]));
        }
        let warnings = expected["warnings"].as_array().map_or(0, Vec::len);
        if answer["allowed"] == true && answer["warnings"] != warnings {
            return Err(format!(
                "{} warnings, expected {warnings}",
                answer["warnings"]
            ));
        }
        same_places(&answer, expected)
    });
    details
}

/// Compares objects without nulls and empty objects.
fn run_topology(case: &Value) -> Result<(), String> {
    let mut expected = case["expect"].clone();
    let mut answer = topology::topology(&case["input"])?;
    conversion::prune(&mut answer);
    conversion::prune(&mut expected);
    agree(&answer, &expected)
}

/// Compares the places of errors; gives the number of details and of equal ones.
fn run_definitions(runner: &mut Runner, id: &str, case: &Value) -> (usize, usize) {
    let mut details = (0, 0);
    runner.case("variables-schema", id, || {
        let (answer, expected) = (variables::schema(&case["input"])?, &case["expect"]);
        details = admission::details(&answer, expected);
        same_places(&answer, expected)
    });
    details
}

/// Compares the values with their defaults, and the places of errors.
fn run_values(case: &Value) -> Result<(), String> {
    let (answer, expected) = (variables::values(&case["input"])?, &case["expect"]);
    for field in ["defaultingErrors", "errors"] {
        let list = |answer: &Value| json!({"errors": answer[field]});
        same_places(&list(&answer), &list(expected))?;
    }
    first_difference(&answer["defaulted"], &expected["defaulted"]).map_or(Ok(()), Err)
}

/// Compares unknown fields, the places of errors and of broken rules, and the object with its defaults.
fn run_schema(case: &Value) -> Result<(), String> {
    let (answer, expected) = (schema::schema(&case["input"])?, &case["expect"]);
    same_places(&answer, expected)?;
    let unknown = |answer: &Value| {
        let mut paths = answer["unknownFields"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        paths.sort_by_key(Value::to_string);
        paths
    };
    if unknown(&answer) != unknown(expected) {
        return Err(format!(
            "unknown fields {}, expected {}",
            answer["unknownFields"], expected["unknownFields"]
        ));
    }
    let broken = |answer: &Value| admission::places(&json!({"errors": answer["celErrors"]}));
    if broken(&answer) != broken(expected) {
        return Err(format!(
            "broken rules {}, expected {}",
            answer["celErrors"], expected["celErrors"]
        ));
    }
    first_difference(&answer["defaulted"], &expected["defaulted"]).map_or(Ok(()), Err)
}

fn same_places(answer: &Value, expected: &Value) -> Result<(), String> {
    let (ours, theirs) = (admission::places(answer), admission::places(expected));
    if ours == theirs {
        Ok(())
    } else {
        Err(format!("{ours:?}, expected {theirs:?}"))
    }
}

/// As [`agree`], and errors come from the same stage with the same steps of the control plane.
fn agree_on_plan(actual: &Value, expected: &Value) -> Result<(), String> {
    if expected["error"].is_null() || actual["error"].is_null() {
        return first_difference(actual, expected).map_or(Ok(()), Err);
    }
    for part in ["stage", "controlPlane"] {
        first_difference(&actual[part], &expected[part]).map_or(Ok(()), Err)?;
    }
    Ok(())
}

/// What is not there is the zero value.
fn read_or_default<T: DeserializeOwned + Default>(value: &Value) -> Result<T, String> {
    if value.is_null() {
        return Ok(T::default());
    }
    serde_json::from_value(value.clone()).map_err(|error| error.to_string())
}

fn read(runner: &Runner, file: &str) -> JsonLines {
    let path = runner.cases().join(format!("{file}.jsonl"));
    json_lines(&path).unwrap_or_else(|error| panic!("{error}"))
}

/// The facts about kinds, which have no ids.
fn facts_lines(runner: &Runner) -> Vec<Value> {
    let path = runner.cases().join("crd-facts.jsonl");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}"));
    let lines = text.lines().map(serde_json::from_str);
    lines
        .collect::<Result<_, _>>()
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Equal, or both errors: the text of an error is free. `version-compare` names the side that does not parse.
fn agree(actual: &Value, expected: &Value) -> Result<(), String> {
    match (actual.get("error"), expected.get("error")) {
        (Some(ours), Some(theirs)) => match theirs.as_str() {
            Some("A" | "B") if ours != theirs => Err(format!("{ours}, expected {theirs}")),
            _ => Ok(()),
        },
        _ => first_difference(actual, expected).map_or(Ok(()), Err),
    }
}

fn version_compare(input: &Value) -> Result<Value, String> {
    let side = |name: &str| input[name].as_str().unwrap_or_default().parse::<Version>();
    let (Ok(a), b) = (side("A"), side("B")) else {
        return Ok(json!({"error": "A"}));
    };
    let Ok(b) = b else {
        return Ok(json!({"error": "B"}));
    };
    Ok(json!({
        "plain": a.cmp_precedence(&b) as i8,
        "buildTags": a.cmp_with_build_tags(&b).map_or(2, |order: Ordering| order as i8),
        "withoutPreReleases": a.cmp_without_pre_releases(&b) as i8,
    }))
}

fn rollout_fenceposts(input: &Value) -> Result<Value, String> {
    let spec = &input["machineDeployment"]["spec"];
    let replicas = spec["replicas"]
        .as_i64()
        .and_then(|n| i32::try_from(n).ok());
    let replicas = replicas.ok_or("no replicas")?;
    let rolling = &spec["rollout"]["strategy"]["rollingUpdate"];
    let number = |name: &str| -> Result<IntOrString, String> {
        serde_json::from_value(rolling[name].clone()).map_err(|error| error.to_string())
    };
    let posts = Fenceposts::resolve(&number("maxSurge")?, &number("maxUnavailable")?, replicas);
    Ok(match posts {
        Ok(posts) => json!({
            "surge": posts.surge(),
            "unavailable": posts.unavailable(),
            "maxSurge": posts.max_surge(),
            "maxUnavailable": posts.max_unavailable(),
        }),
        Err(error) => json!({"error": error.to_string()}),
    })
}
