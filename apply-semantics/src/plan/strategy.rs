//! What a server does with an object between merging and storing it: what requests cannot change, and what its default
//! admission plug-ins add.

mod service;

use serde_json::{Map, Value, json};

use super::semantic::{at, copy, items, text};
use crate::types::{Shape, builtin};

/// What belongs to the server in the metadata.
const METADATA: [&str; 7] = [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "resourceVersion",
    "generation",
];

/// Prepares the new object of an update: takes over what is the server's. `has_status` says whether the status of the kind
/// has an endpoint of its own.
pub(super) fn update(group: &str, kind: &str, old: &Value, new: &mut Value, has_status: bool) {
    for field in METADATA {
        copy(old, new, &format!("metadata.{field}"));
    }
    if has_status {
        copy(old, new, "status");
    }
    match (group, kind) {
        ("", "Namespace") => copy(old, new, "spec.finalizers"),
        ("", "Pod") => {
            tolerations(new);
            for field in ["priority", "preemptionPolicy"] {
                let path = format!("spec.{field}");
                if at(new, &path).is_none() {
                    copy(old, new, &path);
                }
            }
        }
        ("", "Service") => service::update(old, new),
        ("certificates.k8s.io", "CertificateSigningRequest") => copy(old, new, "spec"),
        _ => {}
    }
}

/// Prepares a new object, as far as that does not depend on the cluster.
pub(super) fn create(group: &str, kind: &str, new: &mut Value, has_status: bool) {
    let initial = initial_status(new);
    if has_status {
        match initial {
            Some(status) => set(new, "status", status),
            None => drop(new.as_object_mut().map(|object| object.remove("status"))),
        }
    }
    match (group, kind) {
        ("", "Namespace") => add_once(new, "/spec", "finalizers", &json!("kubernetes")),
        ("", "Node") => not_ready(new),
        ("", "PersistentVolume") => add_once(
            new,
            "/metadata",
            "finalizers",
            &json!("kubernetes.io/pv-protection"),
        ),
        ("", "PersistentVolumeClaim") => add_once(
            new,
            "/metadata",
            "finalizers",
            &json!("kubernetes.io/pvc-protection"),
        ),
        ("", "Pod") => {
            tolerations(new);
            priority(new);
        }
        _ => {}
    }
}

/// Whether a built-in kind has a status that is written through an endpoint of its own.
pub(super) fn has_status(api_version: &str, kind: &str) -> bool {
    let node = builtin().kind(api_version, kind);
    node.is_some_and(|node| {
        let status = node.field("status");
        status.is_some_and(|status| matches!(status.node().shape(), Shape::Struct(_)))
    })
}

/// The status is empty, or what defaults make of it.
fn initial_status(object: &Value) -> Option<Value> {
    let text = |field: &str| object.get(field).cloned().unwrap_or_default();
    let mut blank = json!({"apiVersion": text("apiVersion"), "kind": text("kind")});
    for field in ["metadata", "spec"] {
        if let Some(value) = object.get(field) {
            set(&mut blank, field, value.clone());
        }
    }
    // What cannot be read has been told before.
    _ = crate::defaults::normalise(&mut blank);
    blank.get("status").cloned()
}

fn set(object: &mut Value, field: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
}

/// Adds an element to a list, if it is not there.
fn add_once(object: &mut Value, parent: &str, field: &str, element: &Value) {
    let Some(parent) = object.pointer_mut(parent).and_then(Value::as_object_mut) else {
        return;
    };
    let list = parent.entry(field).or_insert_with(|| json!([]));
    if let Some(items) = list.as_array_mut().filter(|items| !items.contains(element)) {
        items.push(element.clone());
    }
}

/// A pod tolerates for five minutes that its node is not ready or not reached, unless it says otherwise.
fn tolerations(pod: &mut Value) {
    for key in [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ] {
        let tolerates = |toleration: &Value| {
            let effect = text(toleration, "effect");
            matches!(
                text(toleration, "key"),
                "" | "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable"
            ) && (text(toleration, "key").is_empty() || text(toleration, "key") == key)
                && matches!(effect, "" | "NoExecute")
        };
        if items(pod, "spec.tolerations").iter().any(tolerates) {
            continue;
        }
        let toleration = json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
        let spec = pod.get_mut("spec").and_then(Value::as_object_mut);
        let list = spec.map(|spec| spec.entry("tolerations").or_insert_with(|| json!([])));
        if let Some(items) = list.and_then(Value::as_array_mut) {
            items.push(toleration);
        }
    }
}

/// Without a class a pod has the priority nought.
fn priority(pod: &mut Value) {
    if !text(pod, "spec.priorityClassName").is_empty() {
        return;
    }
    if let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) {
        spec.entry("priority").or_insert_with(|| 0.into());
        spec.entry("preemptionPolicy")
            .or_insert_with(|| "PreemptLowerPriority".into());
    }
}

fn not_ready(node: &mut Value) {
    let taint = json!({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"});
    if at(node, "spec").is_none() {
        set(node, "spec", Map::new().into());
    }
    add_once(node, "/spec", "taints", &taint);
}
