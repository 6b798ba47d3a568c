//! Objects that belong to an ApplySet.

use std::collections::BTreeSet;

use apply_semantics::op::{ListOptions, ObjectRef, Operation, Outcome, ResourceRef};
use apply_server::Server;
use cluster_id::reconcile::{
    ApplySet, Ending, Inventory, ObjectId, Policy, Reconciler, Record, Run, run,
};
use componentconfig::core::Time;
use serde_json::{Value, json};

use crate::case::same;

pub(crate) fn apply_set(input: &Value, expect: &Value) -> Result<(), String> {
    let mut server = Server::new();
    let namespace = input["parent"]["namespace"].as_str().unwrap();
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
    server.seed(object).map_err(|error| error.to_string())?;
    let parent = manifest(&input["parent"]);
    let parent = ObjectRef::of(&parent).unwrap();
    let set = ApplySet::new(parent.clone(), "fleet", "v1");
    let id = set.id();
    let mut policy = Policy::new("fleet", "");
    policy.apply_set = Some(set);
    policy.most_deleted = None;
    let reconciler = Reconciler::new(policy);
    let annotations = |server: &Server, part: &str| -> Value {
        let parent = server.execute(&Operation::get(parent.clone())).unwrap();
        let parent = parent.into_object().unwrap();
        assert_eq!(
            parent["metadata"]["labels"]["applyset.kubernetes.io/id"],
            *id
        );
        let recorded = expect[part].as_object().unwrap().keys();
        recorded
            .map(|key| (key.clone(), parent["metadata"]["annotations"][key].clone()))
            .collect()
    };

    let members = manifests(&input["members"]);
    reconcile(&mut server, &reconciler, &members)?;
    let first = annotations(&server, "parentAnnotations");
    let part_of: BTreeSet<String> = members
        .iter()
        .map(|member| {
            let get = Operation::get(ObjectRef::of(member).unwrap());
            let live = server.execute(&get).unwrap().into_object().unwrap();
            let label = &live["metadata"]["labels"]["applyset.kubernetes.io/part-of"];
            label.as_str().unwrap_or_default().to_owned()
        })
        .collect();
    // What the second run knows of the first it knows from the parent and the labels.
    let pruned = reconcile(&mut server, &reconciler, &manifests(&input["kept"]))?;
    same(
        &json!({
            "id": id,
            "partOf": part_of,
            "parentAnnotations": first,
            "parentAnnotationsAfter": annotations(&server, "parentAnnotationsAfter"),
            "pruned": sorted(pruned),
        }),
        &{
            let mut expect = expect.clone();
            let pruned = expect["pruned"].as_array().unwrap().clone();
            expect["pruned"] = sorted(pruned);
            expect
        },
    )
}

/// The order of what was pruned does not count.
fn sorted(mut objects: Vec<Value>) -> Value {
    objects.sort_by_key(Value::to_string);
    Value::Array(objects)
}

/// Applies, knowing nothing from before; says what was deleted.
fn reconcile(
    server: &mut Server,
    reconciler: &Reconciler,
    desired: &[Value],
) -> Result<Vec<Value>, String> {
    let begun = reconciler.begin(server, desired, &Inventory::default());
    let (_, mut execution) = begun.map_err(|error| error.to_string())?;
    let mut journal: Vec<Record> = Vec::new();
    let now = Time::from_unix(1_800_000_000).unwrap();
    if run(&mut execution, server, &mut journal, now) != Ok(Run::Done) {
        return Err("it waits".to_owned());
    }
    let report = execution.report();
    if let Some(failure) = report.failures().next() {
        return Err(failure.to_string());
    }
    let deleted = report.ended.iter();
    Ok(deleted
        .filter(|ended| ended.ending == Ending::Deleted)
        .map(|ended| {
            let object = &ended.object;
            assert!(is_gone(server, object));
            json!({"kind": object.kind, "name": object.name, "namespace": object.namespace})
        })
        .collect())
}

fn is_gone(server: &Server, object: &ObjectId) -> bool {
    let version = match object.group.as_str() {
        "" => "v1".to_owned(),
        group => format!("{group}/v1"),
    };
    let resource = ResourceRef::of_kind(&version, &object.kind);
    let options = ListOptions::default().fields(format!("metadata.name={}", object.name));
    let list = server.execute(&Operation::list(resource.all(), options));
    list.ok()
        .and_then(Outcome::into_list)
        .is_some_and(|list| list.items.is_empty())
}

fn manifests(list: &Value) -> Vec<Value> {
    list.as_array().unwrap().iter().map(manifest).collect()
}

/// A whole object of the kind that a case names.
fn manifest(named: &Value) -> Value {
    let kind = named["kind"].as_str().unwrap();
    let labels = json!({"app": "it"});
    let (version, body) = match kind {
        "Deployment" => {
            let containers = json!([{"name": "it", "image": "it"}]);
            let template =
                json!({"metadata": {"labels": labels}, "spec": {"containers": containers}});
            let spec = json!({"selector": {"matchLabels": labels}, "template": template});
            ("apps/v1", json!({"spec": spec}))
        }
        "Service" => ("v1", json!({"spec": {"ports": [{"port": 80}]}})),
        "Role" | "ClusterRole" => ("rbac.authorization.k8s.io/v1", json!({"rules": []})),
        _ => ("v1", json!({})),
    };
    let mut manifest = body;
    manifest["apiVersion"] = json!(version);
    manifest["kind"] = json!(kind);
    manifest["metadata"] = json!({"name": named["name"]});
    if named["namespace"] != "" {
        manifest["metadata"]["namespace"] = named["namespace"].clone();
    }
    manifest
}
