//! Cases of group `trees`: whether our workflows declare the phases that kubeadm's have.

#![allow(
    clippy::indexing_slicing,
    reason = "JSON answers null where there is nothing"
)]

use bootstrap_phases::{Tree, kubeadm};
use conformance_runner::{Runner, first_difference};
use serde_json::Value;

use crate::cases::Case;

pub(crate) fn replay(runner: &mut Runner, cases: &[Case]) {
    for case in cases {
        let tree = match case.id.as_str() {
            "tree-init" => kubeadm::init_workflow()
                .build()
                .map(|flow| json_of(&flow.tree())),
            "tree-join" => kubeadm::join::join_workflow()
                .build()
                .map(|flow| json_of(&flow.tree())),
            "tree-reset" => kubeadm::reset::reset_workflow()
                .build()
                .map(|flow| json_of(&flow.tree())),
            "tree-upgrade-apply" => kubeadm::upgrade::apply_workflow()
                .build()
                .map(|flow| json_of(&flow.tree())),
            "tree-upgrade-node" => kubeadm::upgrade::node_workflow()
                .build()
                .map(|flow| json_of(&flow.tree())),
            id => {
                runner.not_counted(&format!("trees: {id}"), 1, "no such workflow here");
                continue;
            }
        };
        runner.case("trees", &case.id, || {
            let tree = tree.map_err(|error| error.to_string())??;
            let recorded = case.json("expected/tree.json")?;
            match first_difference(&comparable(&tree), &comparable(&recorded)) {
                None => Ok(()),
                Some(difference) => Err(difference),
            }
        });
    }
}

fn json_of(tree: &Tree) -> Result<Value, String> {
    serde_json::to_value(tree).map_err(|error| error.to_string())
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
