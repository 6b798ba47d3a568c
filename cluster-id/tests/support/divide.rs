//! Replicas divided among clusters, and which clusters are meant.

use std::collections::BTreeMap;

use cluster_id::{
    divide::{Assignment, Candidate, Replicas, Strategy, Ties, assign, webster, weighted_plan},
    inventory::Cluster,
    selector::ClusterAffinity,
};
use serde_json::{Value, json};

use crate::case::{read, same};

pub(crate) fn replica_division(input: &Value, expect: &Value) -> Result<(), String> {
    let initial: Replicas = input.get("initial").map(read).unwrap_or_default();
    let ties = Ties::of_uid(input["uid"].as_str().unwrap());
    let weights: BTreeMap<String, u64> = read(&input["weights"]);
    let assigned = webster(read(&input["replicas"]), &weights, &initial, ties);
    same(&json!(assigned), &expect["assigned"])
}

pub(crate) fn weighted(input: &Value, expect: &Value) -> Result<(), String> {
    same(&json!(weighted_plan(&read(input))), expect)
}

pub(crate) fn replica_assignment(input: &Value, expect: &Value) -> Result<(), String> {
    let weights = input.get("weights").and_then(Value::as_array);
    let candidates: Vec<Candidate> = input["clusters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cluster| Candidate {
            name: read(&cluster["name"]),
            available: read(&cluster["available"]),
            weight: weights.map_or(0, |rules| static_weight(rules, cluster)),
        })
        .collect();
    let previous: Replicas = input.get("previous").map(read).unwrap_or_default();
    let strategy: Strategy = read(&input["strategy"]);
    let result = assign(&Assignment {
        strategy,
        replicas: read(&input["replicas"]),
        candidates: &candidates,
        previous: &previous,
        fresh: input["fresh"].as_bool().unwrap_or(false),
        ties: Ties::of_uid(input["uid"].as_str().unwrap()),
    });
    let answer = match result {
        Ok(assigned) => json!({"assigned": assigned}),
        Err(_) => json!({"error": true, "unschedulable": true}),
    };
    same(&answer, expect)
}

/// The greatest weight of the rules that mean the cluster.
fn static_weight(rules: &[Value], cluster: &Value) -> u64 {
    let facts: Cluster = read(cluster);
    let matching = rules.iter().filter(|rule| {
        let affinity: ClusterAffinity = read(&rule["selector"]);
        affinity.matches(&facts)
    });
    matching
        .map(|rule| read(&rule["weight"]))
        .max()
        .unwrap_or(0)
}

pub(crate) fn cluster_match(input: &Value, expect: &Value) -> Result<(), String> {
    let affinity: ClusterAffinity = read(&input["selector"]);
    let matches = affinity.matches(&read(&input["cluster"]));
    same(&json!({"matches": matches}), expect)
}
