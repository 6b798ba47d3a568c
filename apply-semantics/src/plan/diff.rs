//! What differs between two objects, place by place.

use serde_json::{Map, Value};

use super::outcome::FieldChange;

/// The changes from one object to another. Lists are compared by index. Who manages fields, and what counts writes, is left
/// out.
pub(super) fn diff(old: &Value, new: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    values("", old, new, &mut changes);
    changes
}

fn values(path: &str, old: &Value, new: &Value, changes: &mut Vec<FieldChange>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => objects(path, old, new, changes),
        (Value::Array(old), Value::Array(new)) => {
            for index in 0..old.len().max(new.len()) {
                place(
                    &format!("{path}/{index}"),
                    old.get(index),
                    new.get(index),
                    changes,
                );
            }
        }
        _ => place(path, Some(old), Some(new), changes),
    }
}

fn objects(
    path: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    changes: &mut Vec<FieldChange>,
) {
    let added = new.keys().filter(|key| !old.contains_key(*key));
    for key in old.keys().chain(added) {
        let below = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
        let counted = [
            "/metadata/managedFields",
            "/metadata/resourceVersion",
            "/metadata/generation",
        ];
        if !counted.contains(&below.as_str()) {
            place(&below, old.get(key), new.get(key), changes);
        }
    }
}

fn place(path: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Vec<FieldChange>) {
    match (old, new) {
        (Some(Value::Object(_)), Some(Value::Object(_)))
        | (Some(Value::Array(_)), Some(Value::Array(_))) => {
            if let (Some(old), Some(new)) = (old, new) {
                values(path, old, new, changes);
            }
        }
        (Some(old), Some(new)) if crate::value::equal(old, new) => {}
        (None, None) => {}
        _ => changes.push(FieldChange {
            path: path.to_owned(),
            from: old.cloned(),
            to: new.cloned(),
        }),
    }
}
