//! Objects of providers, whose types are not known here.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::TopologyError;
use crate::core::v1beta2::ContractVersionedObjectReference;

pub(super) type Labels = BTreeMap<String, String>;

pub(super) fn get<'a>(object: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, name| value.get(name))
}

pub(super) fn text<'a>(object: &'a Value, path: &[&str]) -> &'a str {
    get(object, path)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

pub(super) fn kind(object: &Value) -> &str {
    text(object, &["kind"])
}

pub(super) fn name(object: &Value) -> &str {
    text(object, &["metadata", "name"])
}

pub(super) fn api_version(object: &Value) -> &str {
    text(object, &["apiVersion"])
}

/// The group of an `apiVersion`.
pub(super) fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

pub(super) fn reference(object: &Value) -> ContractVersionedObjectReference {
    ContractVersionedObjectReference {
        kind: kind(object).to_owned(),
        name: name(object).to_owned(),
        api_group: group(api_version(object)).to_owned(),
    }
}

/// Sets a field and makes the maps that it is in. What stands in the way and is no map is an error.
pub(super) fn set(object: &mut Value, path: &[&str], value: Value) -> Result<(), TopologyError> {
    let wrong = |object: &Value, depth: usize| TopologyError::Field {
        kind: kind(object).to_owned(),
        name: name(object).to_owned(),
        path: path.get(..depth).unwrap_or(path).join("."),
        problem: "it is no map".to_owned(),
    };
    let blocked = (1..path.len()).find(|depth| {
        let before = path.get(..*depth).and_then(|path| get(object, path));
        before.is_some_and(|value| !value.is_object())
    });
    if let Some(depth) = blocked {
        return Err(wrong(object, depth));
    }
    put(object, path, value);
    Ok(())
}

/// As [`set`], where nothing stands in the way.
pub(super) fn put(object: &mut Value, path: &[&str], value: Value) {
    let Some((name, rest)) = path.split_first() else {
        *object = value;
        return;
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    if let Value::Object(fields) = object {
        let inner = fields.entry((*name).to_owned()).or_insert(Value::Null);
        put(inner, rest, value);
    }
}

pub(super) fn remove(object: &mut Value, path: &[&str]) {
    let Some((last, before)) = path.split_last() else {
        return;
    };
    let inner = before
        .iter()
        .try_fold(object, |value, name| value.get_mut(name));
    if let Some(Value::Object(fields)) = inner {
        fields.remove(*last);
    }
}

/// Labels or annotations; what is no text is left out.
pub(super) fn labels(object: &Value, path: &[&str]) -> Labels {
    let fields = get(object, path).and_then(Value::as_object);
    let fields = fields.into_iter().flatten();
    fields
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// Writes labels or annotations; none are left out altogether.
pub(super) fn put_labels(object: &mut Value, path: &[&str], labels: &Labels) {
    if labels.is_empty() {
        return remove(object, path);
    }
    let fields = labels.iter();
    let fields = fields.map(|(name, value)| (name.clone(), Value::from(value.as_str())));
    put(object, path, Value::Object(fields.collect()));
}

/// Both, where those of the first win.
pub(super) fn merged(first: &Labels, second: &Labels) -> Labels {
    let mut merged = second.clone();
    merged.extend(first.clone());
    merged
}

/// The first that is not empty.
pub(super) fn first_of(names: [&str; 2]) -> &str {
    let found = names.into_iter().find(|name| !name.is_empty());
    found.unwrap_or_default()
}
