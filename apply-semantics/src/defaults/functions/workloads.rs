//! Defaults of workloads around their pods.

use serde_json::{Map, Value, json};

use super::{default, default_if_zero, is_empty, object_at, text};

type Object = Map<String, Value>;

/// The limits of a rolling update, if that is the strategy.
pub(super) fn rolling_update(strategy: &mut Object, max_unavailable: &Value, max_surge: &Value) {
    if text(strategy, "type") != "RollingUpdate" {
        return;
    }
    if let Some(rolling) = object_at(strategy, "rollingUpdate") {
        default(rolling, "maxUnavailable", || max_unavailable.clone());
        default(rolling, "maxSurge", || max_surge.clone());
    }
}

/// A partition is set where there is a rolling update, or where nothing is said of updates at all.
pub(super) fn stateful_set(spec: &mut Object) {
    let Some(strategy) = object_at(spec, "updateStrategy") else {
        return;
    };
    if text(strategy, "type").is_empty() {
        strategy.insert("type".to_owned(), "RollingUpdate".into());
        object_at(strategy, "rollingUpdate");
    }
    let rolling = text(strategy, "type") == "RollingUpdate";
    if let Some(Value::Object(update)) = strategy.get_mut("rollingUpdate").filter(|_| rolling) {
        default(update, "partition", || 0.into());
    }
}

/// These are defaults of jobs, not of the templates of cron jobs.
pub(super) fn job(job: &mut Object) {
    let template = job
        .get("spec")
        .and_then(|spec| spec.pointer("/template/metadata/labels"));
    if let Some(labels) = template.filter(|labels| !is_empty(labels)).cloned()
        && let Some(metadata) = object_at(job, "metadata")
    {
        default_if_zero(metadata, "labels", || labels);
    }
    let Some(spec) = object_at(job, "spec") else {
        return;
    };
    let has = |spec: &Object, field: &str| spec.get(field).is_some_and(|value| !value.is_null());
    if !has(spec, "completions") && !has(spec, "parallelism") {
        spec.insert("completions".to_owned(), 1.into());
    }
    let unlimited = has(spec, "backoffLimitPerIndex");
    let failed_only = has(spec, "podFailurePolicy");
    let defaults = [
        ("parallelism", json!(1)),
        (
            "backoffLimit",
            if unlimited { json!(i32::MAX) } else { json!(6) },
        ),
        ("completionMode", json!("NonIndexed")),
        ("suspend", json!(false)),
        ("manualSelector", json!(false)),
        (
            "podReplacementPolicy",
            if failed_only {
                json!("Failed")
            } else {
                json!("TerminatingOrFailed")
            },
        ),
    ];
    for (field, value) in defaults {
        default(spec, field, || value);
    }
}

/// Labels and selector follow the template.
pub(super) fn replication_controller(controller: &mut Object) {
    let labels = controller
        .get("spec")
        .and_then(|spec| spec.pointer("/template/metadata/labels"));
    let Some(labels) = labels.filter(|labels| !is_empty(labels)).cloned() else {
        return;
    };
    if let Some(spec) = object_at(controller, "spec") {
        default_if_zero(spec, "selector", || labels.clone());
    }
    if let Some(metadata) = object_at(controller, "metadata") {
        default_if_zero(metadata, "labels", || labels);
    }
}
