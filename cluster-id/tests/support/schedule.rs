//! Clusters that something goes to.

use std::collections::BTreeSet;

use cluster_id::{
    divide::Replicas,
    schedule::{Bounds, Candidate, Constraints, Spread},
};
use serde_json::{Value, json};

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
