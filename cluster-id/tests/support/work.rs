//! Work for clusters: templates, bundles, order.

use cluster_id::{
    federate::{Federated, Member},
    reconcile::{ObjectId, Order},
    work::{ManifestCondition, applied, find, is_modified},
};
use serde_json::{Map, Value, json};

use crate::case::{read, same};

pub(crate) fn apply_order(input: &Value, expect: &Value) -> Result<(), String> {
    for (name, order) in [("cliUtils", Order::CliUtils), ("flux", Order::Flux)] {
        let mut objects: Vec<ObjectId> = read(&input["objects"]);
        order.sort(&mut objects, Clone::clone);
        same(&json!(objects), &expect[name]).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

pub(crate) fn federated_object(input: &Value, expect: &Value) -> Result<(), String> {
    let members: Vec<Member> = read(&input["clusters"]);
    let Ok(federated) = Federated::from_kubefed(&input["federated"]) else {
        return same(&json!({"error": "overrides"}), expect);
    };
    let clusters = federated.clusters(&members, None).into_iter();
    let clusters = clusters.map(|cluster| {
        let answer = match federated.materialise(&cluster) {
            Ok(object) => json!({"object": object}),
            Err(_) => json!({"error": true}),
        };
        (cluster, answer)
    });
    let mut expect = expect.clone();
    for answer in expect["clusters"].as_object_mut().into_iter().flatten() {
        if answer.1.get("error").is_some() {
            *answer.1 = json!({"error": true});
        }
    }
    same(
        &json!({"clusters": clusters.collect::<Map<String, Value>>()}),
        &expect,
    )
}

pub(crate) fn status(input: &Value, expect: &Value) -> Result<(), String> {
    let manifests = input["manifests"].as_array().into_iter().flatten();
    let manifests = manifests.map(|manifest| {
        let status = manifest["applied"].as_str().unwrap_or_default();
        let condition = json!({"type": "Applied", "status": status, "reason": "R"});
        let conditions = if status.is_empty() {
            json!([])
        } else {
            json!([condition])
        };
        read(&json!({"identifier": manifest["identifier"], "conditions": conditions}))
    });
    let manifests: Vec<ManifestCondition> = manifests.collect();
    let answer = match input["ask"].as_str().unwrap() {
        "applied" => {
            let condition = applied(&manifests, read(&input["generation"]));
            json!({
                "observedGeneration": condition.observed_generation,
                "reason": condition.reason,
                "status": condition.status,
            })
        }
        "find" => json!({"index": find(&read(&input["identifier"]), &manifests)}),
        "modified" => {
            let generation = read(&input["observedGen"]);
            json!({"modified": is_modified(&input["existing"], &input["manifest"], generation)})
        }
        other => return Err(format!("nobody asks {other:?}")),
    };
    same(&answer, expect)
}

/// Whether the case asks for the annotation by which the reference controller compares manifests. It is offered by nobody
/// here: ownership of fields takes its place.
pub(crate) fn is_about_hash(input: &Value) -> bool {
    input["ask"] == "hash"
}
