//! Reading fields of JSON objects as Go reads them: what is not there is empty.

use serde_json::Value;

static NULL: Value = Value::Null;

/// The value of a field; null if it is not there.
pub(super) fn at<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.get(key).unwrap_or(&NULL)
}

/// The value at the end of several fields; null if it is not there.
pub(super) fn path<'a>(value: &'a Value, keys: &[&str]) -> &'a Value {
    keys.iter().fold(value, |value, key| at(value, key))
}

/// The text of a field; empty if there is none.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    at(value, key).as_str().unwrap_or_default()
}

/// The number of a field; zero if there is none.
pub(super) fn int(value: &Value, key: &str) -> i64 {
    at(value, key).as_i64().unwrap_or_default()
}

/// Whether a field is true.
pub(super) fn flag(value: &Value, key: &str) -> bool {
    at(value, key).as_bool().unwrap_or_default()
}

/// The elements of a field; none if there is none.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    at(value, key).as_array().map_or(&[], Vec::as_slice)
}

/// The entries of a field, sorted by key; none if there is none.
pub(super) fn entries<'a>(value: &'a Value, key: &str) -> Vec<(&'a String, &'a Value)> {
    let mut entries: Vec<_> = at(value, key).as_object().into_iter().flatten().collect();
    entries.sort_by_key(|(key, _)| *key);
    entries
}

/// Whether a field is there and not null.
pub(super) fn has(value: &Value, key: &str) -> bool {
    !at(value, key).is_null()
}

/// Whether two values are equal where nothing, null, an empty list and an empty object count as equal.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let within = |a: &serde_json::Map<String, Value>,
                          b: &serde_json::Map<String, Value>| {
                a.iter()
                    .all(|(key, value)| same(value, b.get(key).unwrap_or(&NULL)))
            };
            within(left, right) && within(right, left)
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same(left, right))
        }
        _ => left == right || is_empty(left) && is_empty(right),
    }
}

/// Whether a value is null, or a list or object without anything in it.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// The field of an object that is made if there is none, as an object; `None` if it holds something else.
pub(super) fn object<'a>(
    value: &'a mut Value,
    key: &str,
) -> Option<&'a mut serde_json::Map<String, Value>> {
    let entry = value.as_object_mut()?.entry(key).or_insert(Value::Null);
    if entry.is_null() {
        *entry = Value::Object(serde_json::Map::new());
    }
    entry.as_object_mut()
}

/// As [`object`], as the value.
pub(super) fn object_value<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    object(value, key)?;
    value.get_mut(key)
}

/// Sets a field, or removes it where the value is null.
pub(super) fn put(value: &mut Value, key: &str, new: impl Into<Value>) {
    if let Some(map) = value.as_object_mut() {
        match new.into() {
            Value::Null => {
                map.remove(key);
            }
            new => {
                map.insert(key.to_owned(), new);
            }
        }
    }
}
