//! What may change of a Pod: images, deadlines that get shorter, additional tolerations, gates that go.

use serde_json::Value;

use super::{Change, Findings, at, copy};
use crate::plan::semantic::{at_mut, items, text};

const FIXED: &str = "a pod may only change images, activeDeadlineSeconds, additional tolerations and terminationGracePeriodSeconds";

pub(super) fn check(change: Change<'_>, findings: &mut Findings) {
    for list in ["spec.containers", "spec.initContainers"] {
        if items(change.old, list).len() != items(change.new, list).len() {
            return findings.refuse(list, "containers may not be added or removed");
        }
    }
    deadline(change, findings);
    tolerations(change, findings);
    let gated = !items(change.old, "spec.schedulingGates").is_empty();
    gates(change, findings);

    let mut new = change.new.clone();
    for list in ["spec.containers", "spec.initContainers"] {
        copy_images(change.old, &mut new, list);
    }
    for field in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] {
        copy(change.old, &mut new, &format!("spec.{field}"));
    }
    if grace_from_negative(change) {
        copy(change.old, &mut new, "spec.terminationGracePeriodSeconds");
    }
    if gated {
        placement(change, &mut new, findings);
    }
    findings.keep(change.with(&new), "spec", FIXED);
}

fn copy_images(old: &Value, new: &mut Value, list: &str) {
    let images: Vec<_> = items(old, list)
        .iter()
        .map(|container| container.get("image").cloned())
        .collect();
    let containers = at_mut(new, list).and_then(Value::as_array_mut);
    for (container, image) in containers.into_iter().flatten().zip(images) {
        if let (Some(container), Some(image)) = (container.as_object_mut(), image) {
            container.insert("image".to_owned(), image);
        }
    }
}

fn deadline(change: Change<'_>, findings: &mut Findings) {
    let seconds = |object| at(object, "spec.activeDeadlineSeconds").and_then(Value::as_i64);
    match (seconds(change.old), seconds(change.new)) {
        (Some(_), None) => findings.refuse(
            "spec.activeDeadlineSeconds",
            "a deadline cannot be taken away",
        ),
        (Some(old), Some(new)) if new > old => {
            findings.refuse(
                "spec.activeDeadlineSeconds",
                "a deadline can only become shorter",
            );
        }
        _ => {}
    }
}

/// Tolerations may be added; those that are there may only change for how long they hold.
fn tolerations(change: Change<'_>, findings: &mut Findings) {
    let (old, new) = (
        items(change.old, "spec.tolerations"),
        items(change.new, "spec.tolerations"),
    );
    let bare = |toleration: &Value| {
        let mut toleration = toleration.clone();
        toleration
            .as_object_mut()
            .map(|fields| fields.remove("tolerationSeconds"));
        toleration
    };
    let new: Vec<_> = new.iter().map(bare).collect();
    if !old.iter().all(|old| new.contains(&bare(old))) {
        findings.refuse("spec.tolerations", "tolerations may only be added");
    }
}

fn gates(change: Change<'_>, findings: &mut Findings) {
    let old = items(change.old, "spec.schedulingGates");
    if !items(change.new, "spec.schedulingGates")
        .iter()
        .all(|gate| old.contains(gate))
    {
        findings.refuse("spec.schedulingGates", "gates may only be taken away");
    }
}

fn grace_from_negative(change: Change<'_>) -> bool {
    let seconds = |object| at(object, "spec.terminationGracePeriodSeconds").and_then(Value::as_i64);
    seconds(change.old).is_some_and(|old| old < 0) && seconds(change.new) == Some(1)
}

/// Where a gated pod is placed may become narrower.
fn placement(change: Change<'_>, new: &mut Value, findings: &mut Findings) {
    let labels = |object| {
        at(object, "spec.nodeSelector")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    };
    let (before, after) = (labels(change.old), labels(change.new));
    if before
        .iter()
        .all(|(key, value)| after.get(key) == Some(value))
    {
        copy(change.old, new, "spec.nodeSelector");
    }
    if change.keeps("spec.affinity.nodeAffinity") {
        return;
    }
    let required = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution";
    if at(change.old, required).is_none() {
        if at(change.old, "spec.affinity").is_none()
            && at(new, "spec.affinity").is_some_and(only_node_affinity)
        {
            copy(change.old, new, "spec.affinity");
        } else {
            copy(change.old, new, "spec.affinity.nodeAffinity");
        }
    } else if text(new, "metadata.name") == text(change.old, "metadata.name") {
        copy(change.old, new, "spec.affinity");
        findings.ask(
            "whether the affinity of a gated pod only becomes narrower is decided by the server",
        );
    }
}

fn only_node_affinity(affinity: &Value) -> bool {
    affinity
        .as_object()
        .is_some_and(|fields| fields.keys().all(|name| name == "nodeAffinity"))
}
