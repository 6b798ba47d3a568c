//! Clusters that something goes to.

use std::collections::BTreeSet;

use cluster_id::{
    divide::Replicas,
    inventory::Cluster,
    schedule::{Bounds, Candidate, Constraints, DecideError, Fleet, Placement, Spread},
};
use componentconfig::core::Time;
use serde_json::{Map, Value, json};

use crate::case::{read, same};

pub(crate) fn spread(input: &Value, expect: &Value) -> Result<(), String> {
    let previous: Replicas = read(&input["previous"]);
    let candidates = input["clusters"].as_array().unwrap().iter();
    let candidates: Vec<Candidate> = candidates
        .map(|cluster| {
            let mut candidate: Candidate = read(cluster);
            candidate.available += previous.get(&candidate.name).copied().unwrap_or(0);
            candidate
        })
        .collect();
    let constraint = |field: &str| -> Option<Bounds> {
        let mut constraints = input["constraints"].as_array().unwrap().iter();
        constraints
            .find(|constraint| constraint["field"] == field)
            .map(read)
    };
    let result = cluster_id::schedule::spread(&Spread {
        constraints: Constraints {
            region: constraint("region"),
            cluster: constraint("cluster"),
        },
        strategy: read(&input["strategy"]),
        replicas: read(&input["replicas"]),
        candidates: &candidates,
    });
    let Ok(selected) = result else {
        return same(
            &json!({"error": true}),
            &json!({"error": expect.get("error").is_some()}),
        );
    };
    let expected: BTreeSet<String> = read(expect.get("selected").unwrap_or(&json!([])));
    same(
        &json!(selected.into_iter().collect::<BTreeSet<_>>()),
        &json!(expected),
    )
}

/// When the decisions are taken.
const NOW: i64 = 1_800_000_000;

pub(crate) fn placement(input: &Value, expect: &Value) -> Result<(), String> {
    let mut fleet = Fleet::default();
    for cluster in input["clusters"].as_array().unwrap() {
        fleet.upsert(cluster_of(cluster, &input["addOnScores"]));
    }
    for (index, other) in input["others"].as_array().into_iter().flatten().enumerate() {
        let name = format!("other-{index}");
        fleet.place(&name, Placement::default()).unwrap();
        let clusters: Vec<String> = read(other);
        fleet.assume(&name, clusters.iter().map(String::as_str));
    }
    let now = Time::from_unix(NOW).unwrap();
    let answer = fleet
        .place("it", placement_of(input))
        .map_err(DecideError::from)
        .and_then(|()| {
            let existing: Vec<String> = input.get("existing").map(read).unwrap_or_default();
            fleet.assume("it", existing.iter().map(String::as_str));
            Ok((fleet.decide("it", now)?, fleet.ranking("it", now)?))
        });
    let answer = match answer {
        Err(DecideError::Misconfigured(_)) => json!({"error": "Misconfigured"}),
        Err(error) => return Err(error.to_string()),
        Ok((decision, ranking)) => {
            let names = decision
                .targets
                .iter()
                .map(|target| target.cluster.as_ref());
            let scores = ranking.iter();
            let scores = scores.map(|target| (target.cluster.to_string(), json!(target.score)));
            json!({
                "decisions": names.collect::<Vec<&str>>(),
                "scores": scores.collect::<Map<String, Value>>(),
                "unscheduled": decision.unscheduled,
            })
        }
    };
    same(&answer, expect)
}

fn cluster_of(cluster: &Value, scores: &Value) -> Cluster {
    let mut value = cluster.clone();
    for taint in value["taints"].as_array_mut().into_iter().flatten() {
        let age = taint["ageSeconds"].as_i64().unwrap();
        taint["timeAdded"] = json!(Time::from_unix(NOW - age));
    }
    if value["taints"].is_null() {
        value.as_object_mut().unwrap().remove("taints");
    }
    let mut cluster: Cluster = read(&value);
    for (score, clusters) in scores.as_object().into_iter().flatten() {
        if let Some(value) = clusters.get(&cluster.name) {
            cluster
                .scores
                .insert(format!("resource/{score}"), read(value));
        }
    }
    cluster
}

fn placement_of(input: &Value) -> Placement {
    let list = |field: &str| input.get(field).cloned().unwrap_or_else(|| json!([]));
    let predicates = list("predicates");
    let predicates = predicates.as_array().into_iter().flatten();
    let predicates = predicates.map(|predicate| json!({"requiredClusterSelector": predicate}));
    let policy = &input["prioritizers"];
    let weights = policy["weights"].as_object().into_iter().flatten();
    let configurations = weights.map(|(name, weight)| {
        let coordinate = match name.strip_prefix("AddOn/") {
            Some(score) => {
                json!({"type": "AddOn", "addOn": {"resourceName": "resource", "scoreName": score}})
            }
            None => json!({"type": "BuiltIn", "builtIn": name}),
        };
        json!({"scoreCoordinate": coordinate, "weight": weight})
    });
    read(&json!({
        "predicates": predicates.collect::<Vec<_>>(),
        "tolerations": list("tolerations"),
        "numberOfClusters": input["numberOfClusters"],
        "prioritizerPolicy": {
            "mode": policy["mode"].as_str().unwrap_or(""),
            "configurations": configurations.collect::<Vec<_>>(),
        },
    }))
}
