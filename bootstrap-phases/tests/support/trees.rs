//! Cases of group `trees`: whether our workflows declare the phases that kubeadm's have.
//!
//! A workflow that has some of the phases only is compared as far as it goes.

#![allow(
    clippy::indexing_slicing,
    reason = "JSON answers null where there is nothing"
)]

use bootstrap_phases::kubeadm;
use conformance_runner::{Runner, first_difference};
use serde_json::{Value, json};

use crate::cases::Case;

pub(crate) fn replay(runner: &mut Runner, cases: &[Case]) {
    for case in cases {
        if case.id == "tree-init" {
            runner.case("trees (the phases that are here)", &case.id, || init(case));
        } else {
            runner.not_counted(&format!("trees: {}", case.id), 1, "no such workflow here");
        }
    }
}

fn init(case: &Case) -> Result<(), String> {
    let flow = kubeadm::init_workflow()
        .build()
        .map_err(|e| e.to_string())?;
    let tree = serde_json::to_value(flow.tree()).map_err(|e| e.to_string())?;
    let recorded = case.json("expected/tree.json")?;
    let names: Vec<&Value> = phases(&tree).map(|phase| &phase["name"]).collect();
    let part: Vec<Value> = phases(&recorded)
        .filter(|phase| names.contains(&&phase["name"]))
        .cloned()
        .collect();
    if names.len() != part.len() {
        return Err(format!("a phase among {names:?} is not one of kubeadm's"));
    }
    let mut expected = recorded.clone();
    expected["phases"] = json!(part);
    match first_difference(&comparable(&tree), &comparable(&expected)) {
        None => Ok(()),
        Some(difference) => Err(difference),
    }
}

fn phases(tree: &Value) -> impl Iterator<Item = &Value> {
    tree["phases"].as_array().into_iter().flatten()
}

/// Descriptions are not compared, and what our phases need and make is theirs alone.
fn comparable(tree: &Value) -> Value {
    let mut tree = tree.clone();
    if let Some(fields) = tree.as_object_mut() {
        for field in ["short", "inputs", "outputs"] {
            fields.remove(field);
        }
    }
    if let Some(phases) = tree.get_mut("phases").and_then(Value::as_array_mut) {
        for phase in phases {
            *phase = comparable(phase);
        }
    }
    tree
}
