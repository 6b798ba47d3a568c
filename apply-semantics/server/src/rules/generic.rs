//! What holds for kinds without code of their own.

use apply_semantics::{op::Cause, value::equal};
use serde_json::{Value, json};

use super::count_generation;
use crate::{meta, registry::Resource};

/// Kinds that count their generation, beside those with a status: by group and plural.
fn counts(resource: &Resource, object: &Value) -> bool {
    resource.has_status()
        && object.get("spec").is_some()
        && !matches!(
            &*resource.plural,
            "nodes"
                | "namespaces"
                | "persistentvolumes"
                | "persistentvolumeclaims"
                | "services"
                | "resourcequotas"
        )
}

pub(super) fn prepare_create(resource: &Resource, object: &mut Value) {
    if let (true, Some(fields)) = (resource.has_status(), object.as_object_mut()) {
        fields.remove("status");
    }
    if counts(resource, object) {
        meta::set(object, "generation", 1);
    }
    if resource.is_builtin("", "namespaces") {
        prepare_namespace(object);
    }
}

/// A namespace is active, waits for its content to go, and can be selected by its name.
fn prepare_namespace(object: &mut Value) {
    let name = meta::name(object).to_owned();
    let Some(fields) = object.as_object_mut() else {
        return;
    };
    fields.insert("status".to_owned(), json!({"phase": "Active"}));
    fields.insert("spec".to_owned(), json!({"finalizers": ["kubernetes"]}));
    let labels = fields
        .get_mut("metadata")
        .and_then(Value::as_object_mut)
        .map(|metadata| metadata.entry("labels").or_insert_with(|| json!({})));
    if let Some(labels) = labels.and_then(Value::as_object_mut) {
        labels.insert("kubernetes.io/metadata.name".to_owned(), name.into());
    }
}

pub(super) fn prepare_update(resource: &Resource, new: &mut Value, old: &Value, subresource: &str) {
    let Some(fields) = new.as_object_mut() else {
        return;
    };
    let keep = |fields: &mut serde_json::Map<String, Value>, name: &str| match old.get(name) {
        Some(value) => drop(fields.insert(name.to_owned(), value.clone())),
        None => drop(fields.remove(name)),
    };
    match subresource {
        "status" => keep(fields, "spec"),
        _ if resource.has_status() => keep(fields, "status"),
        _ => {}
    }
    let differs = !equal(
        new.get("spec").unwrap_or(&Value::Null),
        old.get("spec").unwrap_or(&Value::Null),
    );
    let counted = meta::generation(old) > 0;
    count_generation(new, old, differs && counted);
}

/// Names are all that is known.
pub(super) fn validate_create(object: &Value) -> Vec<Cause> {
    if meta::name(object).is_empty() {
        let message = "Required value: name or generateName is required";
        return vec![Cause::new("FieldValueRequired", message, "metadata.name")];
    }
    Vec::new()
}

/// What no update can change.
pub(super) fn validate_update(new: &Value, old: &Value) -> Vec<Cause> {
    ["name", "namespace", "uid", "creationTimestamp"]
        .into_iter()
        .filter(|name| meta::text(new, name) != meta::text(old, name))
        .map(|name| {
            let value = meta::text(new, name).unwrap_or_default();
            let message = format!("Invalid value: \"{value}\": field is immutable");
            Cause::new("FieldValueInvalid", message, format!("metadata.{name}"))
        })
        .collect()
}
