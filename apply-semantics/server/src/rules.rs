//! What belongs to a kind when an object of it is written: built-in kinds have their own code, custom ones their schema.

mod custom;
mod cx;
mod go_time;
mod metadata;
mod unreadable;
mod warnings;

use apply_semantics::{
    defaults,
    labels::Selector,
    op::{Cause, Reason, Refusal},
};
use cx::Context;
use serde_json::Value;

use crate::{
    core::{Core, invalid},
    kinds, meta,
    registry::Resource,
};

/// Completes an object that was read: defaults, one spelling of values, no unknown fields.
pub(crate) fn complete(resource: &Resource, object: &mut Value) -> Result<(), Refusal> {
    read(resource, object, Decoder::Json).map_err(|error| {
        Refusal::bad_request(format!(
            "{} in version \"{}\" cannot be handled as a {}: {error}",
            resource.kind, resource.version, resource.kind
        ))
    })
}

/// The same, with the error of the Go decoder.
pub(crate) fn read(
    resource: &Resource,
    object: &mut Value,
    decoder: Decoder,
) -> Result<(), String> {
    if let Some(version) = &resource.custom {
        custom::complete(version, object, decoder);
        return Ok(());
    }
    // What cannot be read stays as it is.
    defaults::normalise(object).map_err(|errors| unreadable::text(&errors, object, decoder))
}

/// Whether the first update of a new object is a write even if it changes nothing: what the server stores of these kinds when
/// they are created is not byte for byte what it stores when they are updated. A Job without labels gets those of its template
/// whenever it is read, and they are stored by the first update.
pub(crate) fn is_unsettled(resource: &Resource, new: &Value) -> bool {
    let empty = |path: &str| {
        let labels = new.pointer(path).and_then(Value::as_object);
        labels.is_none_or(serde_json::Map::is_empty)
    };
    match &*resource.plural {
        "persistentvolumeclaims" => resource.is_builtin("", "persistentvolumeclaims"),
        "jobs" => {
            resource.is_builtin("batch", "jobs")
                && new.pointer("/spec/manualSelector") != Some(&Value::Bool(true))
                && empty("/metadata/labels")
                && empty("/spec/template/metadata/labels")
        }
        _ => false,
    }
}

/// The object with the empty lists and maps that were sent: Go leaves them out when it writes, and shows them when it refuses.
pub(crate) fn with_empties(object: &Value, sent: &Value) -> Value {
    let mut object = object.clone();
    restore_empties(&mut object, sent);
    object
}

fn restore_empties(object: &mut Value, sent: &Value) {
    match (object, sent) {
        (Value::Object(fields), Value::Object(sent)) => {
            for (name, sent) in sent {
                let empty = match sent {
                    Value::Object(fields) => fields.is_empty(),
                    Value::Array(items) => items.is_empty(),
                    _ => continue,
                };
                match fields.get_mut(name) {
                    None | Some(Value::Null) if empty => {
                        fields.insert(name.clone(), sent.clone());
                    }
                    Some(field) => restore_empties(field, sent),
                    None => {}
                }
            }
        }
        (Value::Array(items), Value::Array(sent)) if items.len() == sent.len() => {
            for (item, sent) in items.iter_mut().zip(sent) {
                restore_empties(item, sent);
            }
        }
        _ => {}
    }
}

/// Makes an object one that is about to be created: what admission adds, first states, what only the server may set.
///
/// # Errors
/// Admission forbids it.
pub(crate) fn prepare_create(
    core: &Core,
    resource: &Resource,
    object: &mut Value,
) -> Result<(), Refusal> {
    match &resource.custom {
        Some(version) => {
            custom::prepare_create(version, object);
            Ok(())
        }
        None => kinds::prepare_create(object, &Context::new(core))
            .map_err(|why| forbidden(resource, object, &why)),
    }
}

fn forbidden(resource: &Resource, object: &Value, why: &str) -> Refusal {
    let name = meta::name(object);
    let message = format!("{} \"{name}\" is forbidden: {why}", resource.qualified());
    Refusal::new(Reason::Forbidden, message).about(&resource.reference(), name)
}

/// Makes a new object one that may replace the old one.
///
/// # Errors
/// Admission forbids it.
pub(crate) fn prepare_update(
    core: &Core,
    resource: &Resource,
    new: &mut Value,
    old: &Value,
    subresource: &str,
) -> Result<(), Refusal> {
    match &resource.custom {
        Some(version) => {
            custom::prepare_update(version, new, old, subresource);
            Ok(())
        }
        None => kinds::prepare_update(new, old, through(subresource), &Context::new(core))
            .map_err(|why| forbidden(resource, new, &why)),
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

pub(crate) use unreadable::{Decoder, at as value_at};

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

/// What admission says of an object that is valid, and what it warns of.
///
/// # Errors
/// It is not admitted.
pub(crate) fn admit(
    core: &Core,
    resource: &Resource,
    object: &Value,
    old: Option<&Value>,
    subresource: &str,
) -> Result<Vec<String>, Refusal> {
    if resource.custom.is_some() {
        return Ok(Vec::new());
    }
    let judged = kinds::judge(object, old, through(subresource), &Context::new(core));
    judged.map_err(|denied| match denied {
        kinds::Denied::Forbidden(why) => forbidden(resource, object, &why),
        kinds::Denied::Invalid(found) => invalid(causes(found), meta::name(object), resource),
    })
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
    let labels = meta::field(object, "labels");
    let selector = terms.join(",").parse::<Selector>();
    selector.is_ok_and(|selector| selector.matches_by(|key| labels?.get(key)?.as_str()))
}

/// Raises the generation of an object if what counts for it differs.
fn count_generation(new: &mut Value, old: &Value, differs: bool) {
    let generation = meta::generation(old) + i64::from(differs);
    if generation > 0 {
        meta::set(new, "generation", generation);
    }
}
