//! Suite `kubectl-apply/sequences`: commands of kubectl against a server that answers what was recorded.

#[path = "kubectl/command.rs"]
mod command;
#[path = "kubectl/large.rs"]
mod large;
#[path = "kubectl/server.rs"]
mod server;

use std::fs;

use apply_semantics::client_side::{Kinds, Step};
use conformance_runner::Runner;
use serde_json::{Map, Value};

use self::{command::Work, server::Recorded};
use crate::cases;

const SUITE: &str = "kubectl-apply/sequences";

pub(crate) fn run(runner: &mut Runner) {
    let custom = kinds(runner);
    for (id, case) in cases(runner, SUITE) {
        let needs = case["needs"].as_array();
        let needs_custom = needs.is_some_and(|needs| needs.iter().any(|need| need == "crds"));
        let kinds = if needs_custom {
            custom.clone()
        } else {
            Kinds::builtin()
        };
        runner.case(SUITE, &id, || sequence(&case, &kinds));
    }
}

/// The built-in kinds and those of the definitions that some sequences need.
fn kinds(runner: &Runner) -> Kinds {
    let path = runner.cases().join("kubectl-apply/crds.json");
    let definitions: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let definitions = definitions.as_array().unwrap().iter();
    definitions.fold(Kinds::builtin(), Kinds::with_crd)
}

fn sequence(case: &Value, kinds: &Kinds) -> Result<(), String> {
    let namespace = case["namespace"].as_str().unwrap();
    let mut files = Map::new();
    let mut large = large::Objects::default();
    for step in case["steps"].as_array().unwrap() {
        if step.get("command").is_none() {
            continue;
        }
        if let Some(new) = step.get("files").and_then(Value::as_object) {
            files.clone_from(new);
        }
        run_command(step, &files, namespace, kinds, &mut large)
            .map_err(|why| format!("step {}: {why}", step["n"]))?;
    }
    Ok(())
}

fn run_command(
    step: &Value,
    files: &Map<String, Value>,
    namespace: &str,
    kinds: &Kinds,
    large: &mut large::Objects,
) -> Result<(), String> {
    let mut server = Recorded::new(step, large);
    let success = match command::parse(step, files, namespace, kinds)? {
        Work::Refused => false,
        Work::OnlyReads => step["exit"] == 0,
        Work::One(mut plan) => {
            let mut next = plan.step();
            loop {
                match next {
                    Step::Send(request) => next = plan.answer(server.answer(&request)?),
                    Step::Done(_) => break true,
                    Step::Failed(_) => break false,
                }
            }
        }
        Work::Many(mut run) => {
            let mut next = run.step();
            loop {
                match next {
                    Step::Send(request) => next = run.answer(server.answer(&request)?),
                    Step::Done(report) => {
                        break report.is_success() && !command::is_difference(step, &report);
                    }
                    Step::Failed(_) => break false,
                }
            }
        }
    };
    server.finish()?;
    if success == (step["exit"] == 0) {
        return Ok(());
    }
    Err(format!("success {success}, exit code {}", step["exit"]))
}
