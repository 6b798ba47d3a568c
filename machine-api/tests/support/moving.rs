//! Moves to another management cluster.

use machine_api::{
    Compat,
    moving::{Graph, MovableKind, MoveSequence, ObjectId},
};
use serde_json::{Value, json};

use crate::agree;

/// In the better mode, Secrets of a purpose with hyphens move with their clusters; nothing else differs.
pub(crate) fn run(case: &Value) -> Result<(), String> {
    let (input, expect) = (&case["input"], &case["expect"]);
    let upstream = sequence(input, Compat::Upstream)?;
    agree(&shown(&upstream), expect)?;
    let fixed = sequence(input, Compat::Fixed)?;
    let forgotten = |(id, _): &&(ObjectId, _)| id.name.ends_with("-apiserver-etcd-client");
    if upstream.left.iter().any(|left| forgotten(&left)) {
        return Ok(());
    }
    agree(&shown(&fixed), expect)
}

fn sequence(input: &Value, compat: Compat) -> Result<MoveSequence, String> {
    let kinds: Vec<MovableKind> = list(&input["types"])
        .map(|kind| {
            let text = |field: &str| kind[field].as_str().unwrap_or_default();
            let on = |field: &str| kind[field] == true;
            MovableKind::new(text("apiVersion"), text("kind"))
                .labelled(on("move"), on("moveHierarchy"))
                .cluster_scoped(on("clusterScoped"))
        })
        .collect();
    let objects: Vec<Value> = list(&input["objects"]).cloned().collect();
    let graph = Graph::with_compat(&kinds, &objects, compat).map_err(|error| error.to_string())?;
    Ok(graph.sequence())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn shown(sequence: &MoveSequence) -> Value {
    let groups: Vec<Vec<String>> = sequence
        .groups
        .iter()
        .map(|group| group.iter().map(ToString::to_string).collect())
        .collect();
    let left = sequence.left.iter().map(|(id, _)| id.to_string());
    let mut left: Vec<String> = left.collect();
    left.sort();
    json!({"groups": groups, "notMoved": left})
}
