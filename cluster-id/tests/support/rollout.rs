//! Groups, slices and steps of a rollout.

use cluster_id::{
    inventory::{Cluster, ClusterDecision, ClusterProfileRef, NamedGroup, gather, groups, slice},
    rollout::{ClusterState, Deadline, Limits, Portion, Strategy, step},
};
use componentconfig::{core::Time, scalar::Duration};
use serde_json::{Value, json};

use crate::case::{read, same};

pub(crate) fn decision_groups(input: &Value, expect: &Value) -> Result<(), String> {
    let clusters: Vec<Cluster> = read(&input["clusters"]);
    let named: Vec<NamedGroup> = read(&input["groups"]);
    let size = input
        .get("clustersPerDecisionGroup")
        .cloned()
        .unwrap_or_default();
    let answer = match serde_json::from_value::<Option<Portion>>(size) {
        Ok(size) => json!({"groups": groups(&clusters, &named, size)}),
        Err(_) => json!({"error": true}),
    };
    same(&answer, expect)
}

pub(crate) fn decision_slices(input: &Value, expect: &Value) -> Result<(), String> {
    let decision = |number: u64| ClusterDecision {
        cluster_profile_ref: ClusterProfileRef {
            name: format!("c{number:03}"),
            namespace: "fleet".to_owned(),
        },
        reason: String::new(),
    };
    let decisions: Vec<ClusterDecision> = (0..input["clusters"].as_u64().unwrap())
        .map(decision)
        .collect();
    let objects = slice("placement", "fleet", "scheduler", &decisions);
    if gather(&objects).as_ref() != Ok(&decisions) {
        return Err("the parts do not make the whole".to_owned());
    }
    let label = |name: &str| {
        let name = format!("multicluster.x-k8s.io/{name}");
        let labels = objects
            .iter()
            .map(move |object| object.metadata.labels.get(&name).cloned());
        labels.collect::<Vec<_>>()
    };
    let keyed = label("decision-key").iter().all(Option::is_some);
    let index = |value: Option<String>| value.map_or(0, |value| value.parse::<usize>().unwrap());
    let indices: Vec<usize> = label("decision-index").into_iter().map(index).collect();
    let sizes: Vec<usize> = objects
        .iter()
        .map(|object| object.decisions.len())
        .collect();
    same(
        &json!({"decisionKeyRequired": keyed, "indices": indices, "slices": sizes}),
        expect,
    )
}

pub(crate) fn rollout(input: &Value, expect: &Value) -> Result<(), String> {
    let answer = answer(input).unwrap_or_else(|_| json!({"error": true}));
    same(&answer, expect)
}

fn answer(input: &Value) -> Result<Value, serde_json::Error> {
    let now = Time::from_unix(1_800_000_000).unwrap();
    let states: Vec<ClusterState> = input["status"]
        .as_array()
        .unwrap()
        .iter()
        .map(|status| ClusterState {
            cluster: read(&status["cluster"]),
            phase: read(&status["status"]),
            since: Time::from_unix(now.unix() - status["ageSeconds"].as_i64().unwrap()),
        })
        .collect();
    let step = step(
        &strategy(&input["strategy"])?,
        &read::<Vec<_>>(&input["groups"]),
        &states,
        now,
    );
    let names = |states: &[ClusterState]| -> Value {
        let mut states: Vec<&ClusterState> = states.iter().collect();
        states.sort_by(|left, right| left.cluster.cmp(&right.cluster));
        let pair = |state: &&ClusterState| json!({"cluster": state.cluster, "status": state.phase});
        states.iter().map(pair).collect()
    };
    let mut answer = json!({
        "maxFailureBreach": step.max_failure_breach,
        "removed": names(&step.removed),
        "rollout": names(&step.rollout),
        "timeOut": names(&step.time_out),
    });
    if let Some(seconds) = step.recheck_after_seconds {
        answer["recheckAfterSeconds"] = json!(seconds);
    }
    Ok(answer)
}

fn strategy(value: &Value) -> Result<Strategy, serde_json::Error> {
    let part = |name: &str| value.get(name).cloned().unwrap_or_default();
    let progress_deadline: Option<Deadline> = serde_json::from_value(part("progressDeadline"))?;
    let progress_deadline = progress_deadline.unwrap_or_default();
    let mandatory: Option<Vec<_>> = serde_json::from_value(part("mandatoryGroups"))?;
    let limits = Limits {
        max_concurrency: serde_json::from_value(part("maxConcurrency"))?,
        max_failures: serde_json::from_value(part("maxFailures"))?,
        min_success_time: Duration::from_secs(value["minSuccessSeconds"].as_i64().unwrap_or(0)),
        progress_deadline,
        mandatory_groups: mandatory.unwrap_or_default(),
    };
    Ok(match value["type"].as_str().unwrap() {
        "All" => Strategy::All { progress_deadline },
        "Progressive" => Strategy::Progressive(limits),
        _ => Strategy::ProgressivePerGroup(limits),
    })
}
