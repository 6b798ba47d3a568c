//! Pods: their first status, what their subresources change, and how they are bound to a node.

use serde_json::{Value, json};

use super::{
    super::{
        qos::qos_class,
        read::{at, has, list, path, put, text},
    },
    keep_all_but, rewrite,
};

/// The status of a new pod.
pub(super) fn create(object: &mut Value) {
    let class = qos_class(at(object, "spec"));
    put(
        object,
        "status",
        json!({"phase": "Pending", "qosClass": class}),
    );
}

/// A status keeps the class of service, and the first address in both fields.
pub(super) fn status(new: &mut Value, old: &Value) {
    let held = at(at(old, "status"), "qosClass").clone();
    let Some(status) = new.get_mut("status") else {
        return;
    };
    if !has(status, "qosClass") {
        put(status, "qosClass", held);
    }
    for (one, all) in [("podIP", "podIPs"), ("hostIP", "hostIPs")] {
        let first = list(status, all).first().map(|ip| at(ip, "ip").clone());
        if let Some(first) = first.filter(|_| !has(status, one)) {
            put(status, one, first);
        }
    }
}

/// Only the ephemeral containers change.
pub(super) fn ephemeral(new: &mut Value, old: &Value) {
    let given = path(new, &["spec", "ephemeralContainers"]).clone();
    keep_all_but(new, old, &[]);
    if let Some(spec) = new.get_mut("spec") {
        put(spec, "ephemeralContainers", given);
    }
}

/// Only amounts of resources of containers change, and how they are changed.
pub(super) fn resize(new: &mut Value, old: &Value) {
    let given = at(new, "spec").clone();
    keep_all_but(new, old, &[]);
    for key in ["containers", "initContainers"] {
        let containers = new.get_mut("spec").and_then(|spec| spec.get_mut(key));
        let containers = containers.and_then(Value::as_array_mut);
        for (container, given) in containers.into_iter().flatten().zip(list(&given, key)) {
            if text(container, "name") == text(given, "name") {
                for key in ["resources", "resizePolicy"] {
                    put(container, key, at(given, key).clone());
                }
            }
        }
    }
}

/// Puts a pod onto the node that a Binding names.
///
/// # Errors
/// Why the pod cannot be bound, in the server's words.
pub(crate) fn bind(pod: &mut Value, binding: &Value, now: &str) -> Result<(), String> {
    let name = text(at(pod, "metadata"), "name").to_owned();
    if has(at(pod, "metadata"), "deletionTimestamp") {
        return Err(format!(
            "pod {name} is being deleted, cannot be assigned to a host"
        ));
    }
    let held = text(at(pod, "spec"), "nodeName");
    if !held.is_empty() {
        return Err(format!(
            "pod {name} is already assigned to node {}",
            super::super::cause::quoted(held)
        ));
    }
    if !list(at(pod, "spec"), "schedulingGates").is_empty() {
        return Err(format!("pod {name} has non-empty .spec.schedulingGates"));
    }
    let node = text(at(binding, "target"), "name").to_owned();
    if let Some(spec) = pod.get_mut("spec") {
        put(spec, "nodeName", node);
    }
    let given = path(binding, &["metadata", "annotations"]).clone();
    if let (Some(given), Some(metadata)) = (given.as_object(), pod.get_mut("metadata"))
        && let Some(annotations) = super::super::read::object(metadata, "annotations")
    {
        annotations.extend(given.clone());
    }
    if let Some(status) = pod.get_mut("status") {
        let mut conditions = list(status, "conditions").to_vec();
        conditions.retain(|condition| text(condition, "type") != "PodScheduled");
        conditions
            .push(json!({"type": "PodScheduled", "status": "True", "lastTransitionTime": now}));
        put(status, "conditions", conditions);
    }
    rewrite(pod);
    Ok(())
}
