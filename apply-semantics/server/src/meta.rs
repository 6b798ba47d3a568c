//! The metadata of objects: reading and writing single fields.

use serde_json::{Map, Value};

/// A field of the metadata.
pub(crate) fn field<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.get("metadata")?.get(name)
}

/// A text in the metadata; none if it is missing or empty.
pub(crate) fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    let value = field(object, name)?.as_str()?;
    (!value.is_empty()).then_some(value)
}

pub(crate) fn name(object: &Value) -> &str {
    text(object, "name").unwrap_or_default()
}

pub(crate) fn namespace(object: &Value) -> Option<&str> {
    text(object, "namespace")
}

pub(crate) fn uid(object: &Value) -> &str {
    text(object, "uid").unwrap_or_default()
}

pub(crate) fn is_terminating(object: &Value) -> bool {
    text(object, "deletionTimestamp").is_some()
}

/// The finalizers of an object.
pub(crate) fn finalizers(object: &Value) -> Vec<&str> {
    let list = field(object, "finalizers").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

pub(crate) fn generation(object: &Value) -> i64 {
    let generation = field(object, "generation");
    generation.and_then(Value::as_i64).unwrap_or_default()
}

/// Sets a field of the metadata.
pub(crate) fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(metadata) = fields_mut(object) {
        metadata.insert(name.to_owned(), value.into());
    }
}

/// Takes a field of the metadata away.
pub(crate) fn remove(object: &mut Value, name: &str) -> Option<Value> {
    fields_mut(object)?.remove(name)
}

/// Copies a field of the metadata from another object, or takes it away if that has none.
pub(crate) fn copy(object: &mut Value, from: &Value, name: &str) {
    match field(from, name) {
        Some(value) => set(object, name, value.clone()),
        None => drop(remove(object, name)),
    }
}

/// Sets the finalizers, or takes them away if there are none.
pub(crate) fn set_finalizers(object: &mut Value, finalizers: Vec<String>) {
    if finalizers.is_empty() {
        remove(object, "finalizers");
    } else {
        set(object, "finalizers", finalizers);
    }
}

fn fields_mut(object: &mut Value) -> Option<&mut Map<String, Value>> {
    let object = object.as_object_mut()?;
    let metadata = object
        .entry("metadata")
        .or_insert_with(|| Value::Object(Map::new()));
    if metadata.is_null() {
        *metadata = Value::Object(Map::new());
    }
    metadata.as_object_mut()
}
