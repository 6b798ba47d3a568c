//! The parts of an object's metadata that a client looks at, read and written as Kubernetes' `Unstructured` does.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Labels or annotations.
pub(super) type Strings = BTreeMap<String, String>;

/// A field of the metadata that is a string and not empty.
pub(super) fn text<'a>(object: &'a Value, field: &str) -> Option<&'a str> {
    let text = object.get("metadata")?.get(field)?.as_str();
    text.filter(|text| !text.is_empty())
}

/// A field at the top that is a string and not empty.
pub(super) fn top<'a>(object: &'a Value, field: &str) -> Option<&'a str> {
    let text = object.get(field)?.as_str();
    text.filter(|text| !text.is_empty())
}

/// A map of strings in the metadata. Null values count as empty strings; with values of another kind there is no map at all.
pub(super) fn strings(object: &Value, field: &str) -> Option<Strings> {
    let map = object.get("metadata")?.get(field)?.as_object()?;
    let entry = |(key, value): (&String, &Value)| match value {
        Value::Null => Some((key.clone(), String::new())),
        Value::String(text) => Some((key.clone(), text.clone())),
        _ => None,
    };
    map.iter().map(entry).collect()
}

/// An entry of a map of strings in the metadata.
pub(super) fn string(object: &Value, field: &str, key: &str) -> Option<String> {
    strings(object, field)?.remove(key)
}

/// Sets a map of strings in the metadata.
pub(super) fn set_strings(object: &mut Value, field: &str, strings: Strings) {
    let map: Map<_, _> = strings
        .into_iter()
        .map(|(key, text)| (key, Value::String(text)))
        .collect();
    set(object, field, Value::Object(map));
}

/// Sets a field of the metadata.
pub(super) fn set(object: &mut Value, field: &str, value: Value) {
    if let Some(metadata) = metadata(object) {
        metadata.insert(field.to_owned(), value);
    }
}

/// Removes a field of the metadata.
pub(super) fn remove(object: &mut Value, field: &str) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove(field);
    }
}

/// The metadata, made if there is none.
fn metadata(object: &mut Value) -> Option<&mut Map<String, Value>> {
    let metadata = object
        .as_object_mut()?
        .entry("metadata")
        .or_insert_with(|| Value::Object(Map::new()));
    if !metadata.is_object() {
        *metadata = Value::Object(Map::new());
    }
    metadata.as_object_mut()
}

/// Drops null fields at any depth; elements of lists stay.
pub(super) fn prune_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(prune_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(prune_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn maps_of_strings_are_read_as_unstructured_reads_them() {
        let object =
            json!({"metadata": {"labels": {"a": null, "b": "c"}, "annotations": {"a": 1}}});
        let labels = strings(&object, "labels").unwrap();
        assert_eq!(labels["a"], "");
        assert_eq!(strings(&object, "annotations"), None);
    }

    #[test]
    fn nulls_go_from_objects_and_stay_in_lists() {
        let mut object = json!({"a": null, "b": {"c": null}, "d": [null, {"e": null}]});
        prune_nulls(&mut object);
        assert_eq!(object, json!({"b": {}, "d": [null, {}]}));
    }
}
