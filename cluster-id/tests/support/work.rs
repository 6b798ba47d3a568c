//! Work for clusters: templates, bundles, order.

use std::collections::BTreeMap;

use apply_semantics::plan::{PlanOptions, Planner};
use cluster_id::{
    federate::Federated,
    inventory::Cluster,
    reconcile::{Action, Inventory, ObjectId, Order, Policy, Recreation, plan},
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
    let members: Vec<Cluster> = read(&input["clusters"]);
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

/// The two that a server refuses though nothing in them is immutable: there a question is the right answer, or that
/// nothing can be done.
const NOT_IMMUTABLE: [&str; 2] = ["StatefulSet updateStrategy", "claim grown while pending"];

/// What a plan makes of a second apply; `None` if it asks.
pub(crate) fn apply_outcome(
    title: &str,
    input: &Value,
    expect: &Value,
) -> Option<Result<(), String>> {
    let planner = Planner::new();
    let options = PlanOptions::new("it");
    // The manager owns what it applied before.
    let created = planner.apply(None, &input["applied"], &options).object;
    let mut live = input["live"].clone();
    // It was written down when it was cleared away already.
    if let Some(metadata) = live["metadata"].as_object_mut() {
        metadata.remove("deletionTimestamp");
    }
    if let Some(created) = created {
        live["metadata"]["managedFields"] = created["metadata"]["managedFields"].clone();
    }
    let id = ObjectId::of(&live);
    let mut inventory = Inventory::default();
    inventory.insert(id.clone(), "");
    let mut policy = Policy::new("it", "");
    policy.force = true;
    policy.recreation = Recreation::Always;
    let live = BTreeMap::from([(id, live)]);
    let desired = std::slice::from_ref(&input["desired"]);
    let plan = match plan(desired, &live, &inventory, &policy, &planner) {
        Ok(plan) => plan,
        Err(error) => return Some(Err(error.to_string())),
    };
    let step = plan.steps().next()?;
    let expected = match (
        expect["result"].as_str()?,
        expect["contentChanged"].as_bool(),
    ) {
        ("refused", _) => "recreate",
        (_, Some(true)) => "update",
        _ => "no-op",
    };
    let answer = match step.action {
        Action::Ask | Action::Blocked if NOT_IMMUTABLE.contains(&title) => return Some(Ok(())),
        Action::Ask => return None,
        Action::Recreate { .. } => "recreate",
        Action::Update => "update",
        Action::NoOp => "no-op",
        _ => "another",
    };
    let reasons = step.reasons.join("; ");
    Some(same(&json!(answer), &json!(expected)).map_err(|error| format!("{error} ({reasons})")))
}
