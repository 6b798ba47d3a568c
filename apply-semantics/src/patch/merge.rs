//! JSON merge patch, RFC 7396, as `gopkg.in/evanphx/json-patch.v4` and apimachinery's `jsonmergepatch` do it.
//!
//! Beyond the RFC: objects inside a list of the patch lose their nulls too where the list is new, and a patch that is
//! neither an object nor a list is refused.

use serde_json::{Map, Value};

use super::{Conflict, Outcome, PatchError, PatchFault, Precondition, outcome::Made};

/// Applies a JSON merge patch.
///
/// ```
/// use serde_json::json;
/// let patched = apply_semantics::patch::merge::apply(json!({"a": 1, "b": 2}), json!({"a": null, "c": 3}))?;
/// assert_eq!(patched, json!({"b": 2, "c": 3}));
/// # Ok::<(), apply_semantics::patch::PatchError>(())
/// ```
///
/// # Errors
/// The document is null, or the patch is neither an object nor a list.
pub fn apply(document: Value, patch: Value) -> Result<Value, PatchError> {
    merge(document, patch, Nulls::Delete)
}

/// Merges two JSON merge patches into one that does what both do, one after the other.
///
/// # Errors
/// The first patch is null, or the second is neither an object nor a list.
pub fn merge_patches(first: Value, second: Value) -> Result<Value, PatchError> {
    merge(first, second, Nulls::Keep)
}

/// Makes the JSON merge patch that turns one object into another. Null fields of the second cannot be expressed.
///
/// Two lists of equally many objects give a list of patches, one for each pair, as the original does.
///
/// # Errors
/// One of the values is no object.
pub fn create(original: &Value, modified: &Value) -> Result<Value, PatchError> {
    if let (Value::Array(original), Value::Array(modified)) = (original, modified) {
        if original.len() != modified.len() {
            return Err(PatchFault::MixedElements.into());
        }
        let pairs = original.iter().zip(modified);
        return pairs
            .map(|(original, modified)| difference(original, modified).map(Value::Object))
            .collect();
    }
    difference(original, modified).map(Value::Object)
}

/// Makes the JSON merge patch that brings the current object in line with the modified configuration: what differs is
/// set, and what the original configuration had and the modified one has not is deleted. Null counts as an empty object.
///
/// # Errors
/// One of the values is no object.
pub fn create_three_way(
    original: &Value,
    modified: &Value,
    current: &Value,
    preconditions: &[Precondition],
) -> Made {
    let additions = without_nulls(difference(current, modified)?);
    let deletions = only_nulls(difference(original, modified)?);
    let additions = Value::Object(additions);
    let deletions = Value::Object(deletions);
    if let Some(path) = first_conflict(&additions, &deletions) {
        return Ok(Outcome::Conflict(Conflict {
            path,
            patch: additions,
            changes: deletions,
        }));
    }
    Ok(Precondition::check(
        apply(deletions, additions)?,
        preconditions,
    ))
}

/// The first field, as a path, that two patches set differently. Lists conflict as soon as they differ.
pub fn first_conflict(left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => left.iter().find_map(|(key, value)| {
            let path = first_conflict(value, right.get(key)?)?;
            let dot = if path.is_empty() || path.starts_with('[') {
                ""
            } else {
                "."
            };
            Some(format!("{key}{dot}{path}"))
        }),
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs.find_map(|(index, (left, right))| {
                let path = first_conflict(left, right)?;
                let dot = if path.is_empty() || path.starts_with('[') {
                    ""
                } else {
                    "."
                };
                Some(format!("[{index}]{dot}{path}"))
            })
        }
        _ => (left != right).then(String::new),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Nulls {
    Delete,
    Keep,
}

fn merge(document: Value, patch: Value, nulls: Nulls) -> Result<Value, PatchError> {
    if document.is_null() {
        return Err(PatchError::expected("a document", &document));
    }
    match (document, patch) {
        (Value::Object(mut document), Value::Object(patch)) => {
            merge_objects(&mut document, patch, nulls);
            Ok(Value::Object(document))
        }
        (_, patch @ Value::Object(_)) if nulls == Nulls::Keep => Ok(patch),
        (_, mut patch @ (Value::Object(_) | Value::Array(_))) => {
            prune_nulls(&mut patch);
            Ok(patch)
        }
        (_, patch) => Err(PatchError::expected("an object or a list", &patch)),
    }
}

fn merge_objects(document: &mut Map<String, Value>, patch: Map<String, Value>, nulls: Nulls) {
    for (key, mut value) in patch {
        match (document.get_mut(&key), value.is_null()) {
            (Some(_) | None, true) if nulls == Nulls::Delete => {
                document.remove(&key);
            }
            (Some(slot), false) if !slot.is_null() => merge_values(slot, value, nulls),
            (_, is_null) => {
                if !is_null && nulls == Nulls::Delete {
                    prune_nulls(&mut value);
                }
                document.insert(key, value);
            }
        }
    }
}

fn merge_values(slot: &mut Value, mut patch: Value, nulls: Nulls) {
    match (slot, patch) {
        (Value::Object(document), Value::Object(patch)) => merge_objects(document, patch, nulls),
        // An object gives way to anything else as it is.
        (slot @ Value::Object(_), other) => *slot = other,
        (slot, other) => {
            patch = other;
            prune_nulls(&mut patch);
            *slot = patch;
        }
    }
}

/// Removes the null fields of objects, at all depths; nulls in lists stay.
fn prune_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(prune_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(prune_nulls),
        _ => {}
    }
}

fn difference(original: &Value, modified: &Value) -> Result<Map<String, Value>, PatchError> {
    let empty = Map::new();
    let object = |value| match value {
        &Value::Null => Ok(None),
        Value::Object(map) => Ok(Some(map)),
        other => Err(PatchError::expected("an object", other)),
    };
    let original = object(original)?.unwrap_or(&empty);
    Ok(object_difference(
        original,
        object(modified)?.unwrap_or(&empty),
    ))
}

fn object_difference(
    original: &Map<String, Value>,
    modified: &Map<String, Value>,
) -> Map<String, Value> {
    let mut patch = Map::new();
    for (key, new) in modified {
        match (original.get(key), new) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                let inner = object_difference(old, new);
                if !inner.is_empty() {
                    patch.insert(key.clone(), Value::Object(inner));
                }
            }
            (Some(old), new) if same(old, new) => {}
            _ => {
                patch.insert(key.clone(), new.clone());
            }
        }
    }
    let gone = original.keys().filter(|key| !modified.contains_key(*key));
    patch.extend(gone.map(|key| (key.clone(), Value::Null)));
    patch
}

/// Deep equality, with numbers compared by value: 1 is 1.0.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => left == right,
            _ => left.as_f64() == right.as_f64(),
        },
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}

/// A patch without its deletions. Objects that hold nothing else go with them; empty ones are values and stay.
fn without_nulls(patch: Map<String, Value>) -> Map<String, Value> {
    let keep = |(key, value)| match value {
        Value::Null => None,
        Value::Object(inner) if !inner.is_empty() => {
            let inner = without_nulls(inner);
            (!inner.is_empty()).then_some((key, Value::Object(inner)))
        }
        other => Some((key, other)),
    };
    patch.into_iter().filter_map(keep).collect()
}

/// The deletions of a patch alone.
fn only_nulls(patch: Map<String, Value>) -> Map<String, Value> {
    let keep = |(key, value)| match value {
        Value::Null => Some((key, Value::Null)),
        Value::Object(inner) => {
            let inner = only_nulls(inner);
            (!inner.is_empty()).then_some((key, Value::Object(inner)))
        }
        _ => None,
    };
    patch.into_iter().filter_map(keep).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn large_integers_stay_exact() {
        let original = json!({"n": 9_007_199_254_740_992_i64});
        let modified = json!({"n": 9_007_199_254_740_993_i64});
        assert_eq!(create(&original, &modified).unwrap(), modified);
    }

    #[test]
    fn conflicts_are_named() {
        let left = json!({"spec": {"list": [{"a": 1}]}});
        let right = json!({"spec": {"list": [{"a": 2}]}});
        assert_eq!(
            first_conflict(&left, &right).as_deref(),
            Some("spec.list[0].a")
        );
        assert_eq!(first_conflict(&left, &left), None);
    }

    #[test]
    fn identity_is_kept() {
        let modified = json!({"kind": "B"});
        let made = create_three_way(
            &json!({}),
            &modified,
            &json!({"kind": "A"}),
            &Precondition::identity(),
        )
        .unwrap();
        assert_eq!(
            made,
            Outcome::PreconditionFailed(Precondition::KeyUnchanged("kind".to_owned()))
        );
    }
}
