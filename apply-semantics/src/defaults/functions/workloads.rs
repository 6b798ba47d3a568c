//! Defaults of workloads around their pods.

use serde_json::{Map, Value, json};

use super::{Filling, is_empty, text};

type Object = Map<String, Value>;

pub(super) fn daemon_set_update(strategy: &mut Object, filling: &mut Filling) {
    rolling_update(strategy, || [1.into(), 0.into()], filling);
}

pub(super) fn deployment_strategy(strategy: &mut Object, filling: &mut Filling) {
    rolling_update(strategy, || ["25%".into(), "25%".into()], filling);
}

/// The limits of a rolling update, if that is the strategy: how many are unavailable at most, and how many are too many.
fn rolling_update(strategy: &mut Object, most: impl FnOnce() -> [Value; 2], filling: &mut Filling) {
    if text(strategy, "type") != "RollingUpdate" {
        return;
    }
    if let Some(rolling) = filling.object_at(strategy, "rollingUpdate") {
        let [unavailable, surge] = most();
        filling.default(rolling, "maxUnavailable", || unavailable);
        filling.default(rolling, "maxSurge", || surge);
    }
}

/// A partition is set where there is a rolling update, or where nothing is said of updates at all.
pub(super) fn stateful_set(spec: &mut Object, filling: &mut Filling) {
    let Some(strategy) = filling.object_at(spec, "updateStrategy") else {
        return;
    };
    if text(strategy, "type").is_empty() {
        filling.insert(strategy, "type", "RollingUpdate".into());
        filling.object_at(strategy, "rollingUpdate");
    }
    let rolling = text(strategy, "type") == "RollingUpdate";
    if let Some(Value::Object(update)) = strategy.get_mut("rollingUpdate").filter(|_| rolling) {
        filling.default(update, "partition", || 0.into());
    }
}

/// These are defaults of jobs, not of the templates of cron jobs.
pub(super) fn job(job: &mut Object, filling: &mut Filling) {
    let template = job
        .get("spec")
        .and_then(|spec| spec.pointer("/template/metadata/labels"));
    if let Some(labels) = template.filter(|labels| !is_empty(labels)).cloned()
        && let Some(metadata) = filling.object_at(job, "metadata")
    {
        filling.default_if_zero(metadata, "labels", || labels);
    }
    let Some(spec) = filling.object_at(job, "spec") else {
        return;
    };
    let has = |spec: &Object, field: &str| spec.get(field).is_some_and(|value| !value.is_null());
    if !has(spec, "completions") && !has(spec, "parallelism") {
        filling.insert(spec, "completions", 1.into());
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
        filling.default(spec, field, || value);
    }
}

/// Labels and selector follow the template.
pub(super) fn replication_controller(controller: &mut Object, filling: &mut Filling) {
    let labels = controller
        .get("spec")
        .and_then(|spec| spec.pointer("/template/metadata/labels"));
    let Some(labels) = labels.filter(|labels| !is_empty(labels)).cloned() else {
        return;
    };
    if let Some(spec) = filling.object_at(controller, "spec") {
        filling.default_if_zero(spec, "selector", || labels.clone());
    }
    if let Some(metadata) = filling.object_at(controller, "metadata") {
        filling.default_if_zero(metadata, "labels", || labels);
    }
}
