//! What belongs to a kind when an object of it is written: built-in kinds have their own code, custom ones their schema.

mod custom;
mod cx;
mod metadata;
mod unreadable;
mod warnings;

use apply_semantics::{
    defaults,
    op::{Cause, Refusal},
};
use cx::Context;
use serde_json::Value;

use crate::{core::Core, kinds, meta, registry::Resource, selector::LabelSelector};

/// Completes an object that was read: defaults, one spelling of values, no unknown fields.
pub(crate) fn complete(resource: &Resource, object: &mut Value) -> Result<(), Refusal> {
    read(resource, object).map_err(|error| {
        Refusal::bad_request(format!(
            "{} in version \"{}\" cannot be handled as a {}: {error}",
            resource.kind, resource.version, resource.kind
        ))
    })
}

/// The same, with the error of Go's decoder.
pub(crate) fn read(resource: &Resource, object: &mut Value) -> Result<(), String> {
    if let Some(version) = &resource.custom {
        custom::complete(version, object);
        return Ok(());
    }
    // What cannot be read stays as it is.
    defaults::normalise(object).map_err(|errors| unreadable::text(&errors, object))
}

/// Makes an object one that is about to be created: what admission adds, first states, what only the server may set.
pub(crate) fn prepare_create(core: &Core, resource: &Resource, object: &mut Value) {
    match &resource.custom {
        Some(version) => custom::prepare_create(version, object),
        None => kinds::prepare_create(object, &Context::new(core)),
    }
}

/// Makes a new object one that may replace the old one.
pub(crate) fn prepare_update(
    core: &Core,
    resource: &Resource,
    new: &mut Value,
    old: &Value,
    subresource: &str,
) {
    match &resource.custom {
        Some(version) => custom::prepare_update(version, new, old, subresource),
        None => kinds::prepare_update(new, old, through(subresource), &Context::new(core)),
    }
}

/// Everything that is wrong with a new object.
pub(crate) fn validate_create(resource: &Resource, object: &Value) -> Vec<Cause> {
    match &resource.custom {
        Some(version) => custom::validate_create(version, object, resource.namespaced),
        None => causes(kinds::validate_create(object)),
    }
}

/// Everything that is wrong with a changed object.
pub(crate) fn validate_update(
    resource: &Resource,
    new: &Value,
    old: &Value,
    subresource: &str,
) -> Vec<Cause> {
    match &resource.custom {
        Some(version) => {
            custom::validate_update(version, new, old, subresource, resource.namespaced)
        }
        None => causes(kinds::validate_update(new, old, through(subresource))),
    }
}

pub(crate) use unreadable::at as value_at;

/// What the server warns of in an object that it stores.
pub(crate) fn warnings(resource: &Resource, object: &Value, old: Option<&Value>) -> Vec<String> {
    // What stays as it was, was warned of before; where generations are counted they tell.
    let same = old.is_some_and(|old| {
        meta::generation(old) > 0 && meta::generation(old) == meta::generation(object)
    });
    if resource.custom.is_some() || same {
        return Vec::new();
    }
    warnings::of(object)
}

/// The object as it comes back from the store: what is empty and always written is null there, as the built-in kinds are stored in
/// protobuf.
pub(crate) fn stored_form(resource: &Resource, object: &mut Value) {
    if resource.custom.is_none()
        && resource.kind != "ControllerRevision"
        && resource.kind != "CustomResourceDefinition"
    {
        empty_to_null(object);
    }
}

fn empty_to_null(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if name != "managedFields" {
                    empty_to_null(field);
                }
            }
        }
        Value::Array(items) if items.is_empty() => *value = Value::Null,
        Value::Array(items) => items.iter_mut().for_each(empty_to_null),
        _ => {}
    }
}

/// Everything that is wrong with a Scale object.
pub(crate) fn validate_scale(scale: &Value) -> Vec<Cause> {
    causes(kinds::validate_scale(scale))
}

fn through(subresource: &str) -> Option<&str> {
    (!subresource.is_empty()).then_some(subresource)
}

fn causes(causes: Vec<kinds::Cause>) -> Vec<Cause> {
    let causes = causes.into_iter();
    causes
        .map(|cause| Cause::new(cause.reason, cause.message, cause.field))
        .collect()
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
    LabelSelector::parse(&terms.join(",")).is_ok_and(|parsed| parsed.selects(object))
}

/// Raises the generation of an object if what counts for it differs.
fn count_generation(new: &mut Value, old: &Value, differs: bool) {
    let generation = meta::generation(old) + i64::from(differs);
    if generation > 0 {
        meta::set(new, "generation", generation);
    }
}
