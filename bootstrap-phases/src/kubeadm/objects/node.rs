//! The labels and taints of a control-plane node.
//!
//! Follows `cmd/kubeadm/app/phases/markcontrolplane`.

use componentconfig::core::Taint;
use serde_json::{Map, Value, json};

/// The label that says what a node is for, and the key of its taint.
pub const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";
const LABELS: [&str; 2] = [
    CONTROL_PLANE,
    "node.kubernetes.io/exclude-from-external-load-balancers",
];

/// The strategic patch that marks a node: labels that it lacks, and its taints if one of `taints` is not among them.
/// An empty patch if it is marked.
pub fn patch(node: &Value, taints: &[Taint]) -> Value {
    let mut patch = Map::new();
    let labels = node.pointer("/metadata/labels").and_then(Value::as_object);
    let missing = LABELS.iter().filter(|label| {
        labels.and_then(|labels| labels.get(**label)) != Some(&Value::String(String::new()))
    });
    let missing: Map<String, Value> = missing
        .map(|label| ((*label).to_owned(), Value::String(String::new())))
        .collect();
    if !missing.is_empty() {
        patch.insert("metadata".to_owned(), json!({"labels": missing}));
    }
    let there = node.pointer("/spec/taints").and_then(Value::as_array);
    let there = there.map(Vec::as_slice).unwrap_or_default();
    let wanted: Vec<Value> = taints
        .iter()
        .map(|taint| serde_json::to_value(taint).unwrap_or_default())
        .collect();
    if !wanted.iter().all(|taint| there.contains(taint)) {
        let others = there
            .iter()
            .filter(|other| !wanted.iter().any(|taint| same(taint, other)));
        let all: Vec<&Value> = wanted.iter().chain(others).collect();
        patch.insert("spec".to_owned(), json!({"taints": all}));
    }
    Value::Object(patch)
}

/// The labels and taints of a patch that the node does not have in any form.
pub fn added(node: &Value, patch: &Value) -> (Map<String, Value>, Vec<Value>) {
    let labels = node.pointer("/metadata/labels").and_then(Value::as_object);
    let given = patch.pointer("/metadata/labels").and_then(Value::as_object);
    let mut given = given.cloned().unwrap_or_default();
    given.retain(|name, _| labels.is_none_or(|labels| !labels.contains_key(name)));
    let taints = |of: &Value| {
        of.pointer("/spec/taints")
            .and_then(Value::as_array)
            .cloned()
    };
    let (there, mut wanted) = (
        taints(node).unwrap_or_default(),
        taints(patch).unwrap_or_default(),
    );
    wanted.retain(|taint| !there.iter().any(|other| same(taint, other)));
    (given, wanted)
}

/// Taints are told apart by key and effect.
fn same(a: &Value, b: &Value) -> bool {
    ["key", "effect"]
        .iter()
        .all(|field| a.get(field) == b.get(field))
}
