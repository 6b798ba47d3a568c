//! What may change of a Job: its template only while it is suspended and was never started, and then only where its pods go.

use serde_json::Value;

use super::{Change, Findings, at, copy};
use crate::plan::semantic::{at_mut, items, text};

const GENERATED: [&str; 4] = [
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "controller-uid",
    "job-name",
];

pub(super) fn job(change: Change<'_>, findings: &mut Findings) {
    completions(change, findings);
    generated_labels(change, findings);
    let suspended = at(change.old, "spec.suspend") == Some(&Value::Bool(true));
    let started = at(change.old, "status.startTime").is_some_and(|time| !time.is_null());
    let mut new = change.new.clone();
    if suspended {
        copy_scheduling(change, &mut new);
    }
    if !change.with(&new).keeps("spec.template") {
        findings.refuse(
            "spec.template",
            "the template of a job is immutable, but for where its pods go while it is suspended",
        );
    } else if started && !change.keeps("spec.template") {
        findings.ask("whether the template of a suspended job that was started before may change depends on whether its pods are gone");
    }
}

/// An indexed job may become larger or smaller together with its parallelism.
fn completions(change: Change<'_>, findings: &mut Findings) {
    if change.keeps("spec.completions") {
        return;
    }
    let indexed = text(change.old, "spec.completionMode") == "Indexed";
    let elastic =
        indexed && at(change.new, "spec.completions") == at(change.new, "spec.parallelism");
    if !elastic {
        findings.refuse("spec.completions", "the number of completions is immutable, unless an indexed job changes its parallelism alike");
    }
}

/// The labels by which a job finds its pods are the server's, unless the job brings its own selector.
fn generated_labels(change: Change<'_>, findings: &mut Findings) {
    if at(change.new, "spec.manualSelector") == Some(&Value::Bool(true)) {
        return;
    }
    let labels = |object| at(object, "spec.template.metadata.labels");
    for label in GENERATED {
        let of = |object| labels(object).and_then(|labels| labels.get(label));
        if of(change.old).is_some() && of(change.old) != of(change.new) {
            findings.refuse(
                format!("spec.template.metadata.labels[{label}]"),
                "the label is set by the server",
            );
        }
    }
}

/// What may change while the job is suspended.
fn copy_scheduling(change: Change<'_>, new: &mut Value) {
    let template = "spec.template";
    for field in [
        "metadata.annotations",
        "metadata.labels",
        "spec.nodeSelector",
        "spec.tolerations",
        "spec.schedulingGates",
    ] {
        copy(change.old, new, &format!("{template}.{field}"));
    }
    if at(new, "spec.template.metadata").is_none()
        || at(change.old, "spec.template.metadata").is_none()
    {
        copy(change.old, new, "spec.template.metadata");
    }
    node_affinity(change.old, new);
    for list in [
        "spec.template.spec.containers",
        "spec.template.spec.initContainers",
    ] {
        copy_resources(change.old, new, list);
    }
}

fn node_affinity(old: &Value, new: &mut Value) {
    let affinity = "spec.template.spec.affinity";
    let alone = |object: &Value| {
        let fields = at(object, affinity).and_then(Value::as_object);
        fields.is_none_or(|fields| fields.keys().all(|name| name == "nodeAffinity"))
    };
    if alone(old) && alone(new) {
        copy(old, new, affinity);
    } else {
        copy(old, new, &format!("{affinity}.nodeAffinity"));
    }
}

fn copy_resources(old: &Value, new: &mut Value, list: &str) {
    let resources: Vec<_> = items(old, list)
        .iter()
        .map(|container| container.get("resources").cloned())
        .collect();
    let containers = at_mut(new, list).and_then(Value::as_array_mut);
    for (container, resources) in containers.into_iter().flatten().zip(resources) {
        if let (Some(container), Some(resources)) = (container.as_object_mut(), resources) {
            container.insert("resources".to_owned(), resources);
        }
    }
}
