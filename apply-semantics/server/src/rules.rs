//! What belongs to a kind when an object of it is written: built-in kinds have their own code, custom ones their schema.

mod custom;
mod generic;

use std::sync::Arc;

use apply_semantics::{
    defaults,
    op::{Cause, Refusal},
};
use serde_json::{Value, json};

use crate::{core::Core, meta, registry::Resource, selector::LabelSelector};

/// Completes an object that was read: defaults, one spelling of values, no unknown fields.
pub(crate) fn complete(resource: &Resource, object: &mut Value) -> Result<(), Refusal> {
    if let Some(version) = &resource.custom {
        custom::complete(version, object);
        return Ok(());
    }
    defaults::normalise(object).map_err(|errors| {
        Refusal::bad_request(format!(
            "{} in version \"{}\" cannot be handled as a {}: {errors}",
            resource.kind, resource.version, resource.kind
        ))
    })
}

/// Makes an object one that is about to be created.
pub(crate) fn prepare_create(resource: &Resource, object: &mut Value) {
    match &resource.custom {
        Some(version) => custom::prepare_create(version, object),
        None => generic::prepare_create(resource, object),
    }
}

/// Makes a new object one that may replace the old one.
pub(crate) fn prepare_update(resource: &Resource, new: &mut Value, old: &Value, subresource: &str) {
    match &resource.custom {
        Some(version) => custom::prepare_update(version, new, old, subresource),
        None => generic::prepare_update(resource, new, old, subresource),
    }
}

pub(crate) fn validate_create(resource: &Resource, object: &Value) -> Vec<Cause> {
    match &resource.custom {
        Some(version) => custom::validate_create(version, object),
        None => generic::validate_create(object),
    }
}

pub(crate) fn validate_update(
    resource: &Resource,
    new: &Value,
    old: &Value,
    subresource: &str,
) -> Vec<Cause> {
    match &resource.custom {
        Some(version) => custom::validate_update(version, new, old, subresource),
        None => generic::validate_update(new, old),
    }
}

/// What admission adds to a new object.
pub(crate) fn admit_create(
    core: &mut Core,
    resource: &Arc<Resource>,
    object: &mut Value,
) -> Result<Vec<String>, Refusal> {
    let _ = (core, resource, object);
    Ok(Vec::new())
}

/// What admission does to an update.
pub(crate) fn admit_update(
    core: &mut Core,
    resource: &Arc<Resource>,
    new: &mut Value,
    old: &Value,
    subresource: &str,
) -> Result<(), Refusal> {
    let _ = (core, resource, new, old, subresource);
    Ok(())
}

/// What the server warns of in an object that it stores.
pub(crate) fn warnings(resource: &Resource, object: &Value) -> Vec<String> {
    let _ = (resource, object);
    Vec::new()
}

/// Puts a Pod on a node.
pub(crate) fn bind(pod: &mut Value, node: &str, now: &str) {
    if let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) {
        spec.insert("nodeName".to_owned(), node.into());
    }
    let scheduled = json!({"type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": now});
    if let Some(status) = pod
        .as_object_mut()
        .map(|pod| pod.entry("status").or_insert_with(|| json!({})))
        && let Some(status) = status.as_object_mut()
    {
        let conditions = status.entry("conditions").or_insert_with(|| json!([]));
        if let Some(conditions) = conditions.as_array_mut() {
            conditions.retain(|condition| {
                condition.get("type").and_then(Value::as_str) != Some("PodScheduled")
            });
            conditions.push(scheduled);
        }
    }
}

/// Whether a label selector as objects hold it selects an object. One without terms selects everything, null nothing.
pub(crate) fn selects(selector: &Value, object: &Value) -> bool {
    if selector.is_null() {
        return false;
    }
    let mut terms: Vec<String> = Vec::new();
    for (key, value) in selector
        .get("matchLabels")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        terms.push(format!("{key}={}", value.as_str().unwrap_or_default()));
    }
    let expressions = selector.get("matchExpressions").and_then(Value::as_array);
    for expression in expressions.into_iter().flatten() {
        let text = |name: &str| {
            expression
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let values = expression.get("values").and_then(Value::as_array);
        let values: Vec<_> = values
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let (key, values) = (text("key"), values.join(","));
        terms.push(match text("operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    LabelSelector::parse(&terms.join(",")).is_ok_and(|parsed| parsed.matches(object))
}

/// Raises the generation of an object if what counts for it differs.
fn count_generation(new: &mut Value, old: &Value, differs: bool) {
    let generation = meta::generation(old) + i64::from(differs);
    if generation > 0 {
        meta::set(new, "generation", generation);
    }
}
