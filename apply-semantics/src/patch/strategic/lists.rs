//! Merging the lists of a patch into lists.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    bad,
    elements::{Key, arrange, common_kind, keys, remove_repeated},
    objects::{self, ElementDirective, Mode, element_directive, split_directives},
    schema::Found,
};
use crate::patch::{JsonKind, PatchError, PatchFault};

/// A merged list, and in which order its elements were in the list before (empty if it was replaced).
pub(super) struct Merged {
    pub(super) list: Vec<Value>,
    pub(super) live: Vec<Key>,
}

/// Merges a list of a patch: element by element if the strategy says so, and else as a whole.
pub(super) fn merge(
    original: Vec<Value>,
    patch: Vec<Value>,
    found: Found<'_>,
    mode: Mode,
) -> Result<Merged, PatchError> {
    if !found.strategy.merge {
        return Ok(Merged {
            list: patch,
            live: Vec::new(),
        });
    }
    if original.is_empty() && patch.is_empty() {
        return Ok(Merged {
            list: original,
            live: Vec::new(),
        });
    }
    match common_kind(original.iter().chain(&patch))? {
        JsonKind::Object => merge_objects(original, patch, found, mode),
        _ => merge_scalars(original, patch, found.merge_key),
    }
}

/// Removes the elements that a `$deleteFromPrimitiveList` directive names. With a list of objects it merges them instead,
/// as the original does.
pub(super) fn delete(
    original: Vec<Value>,
    patch: Vec<Value>,
    found: Found<'_>,
    mode: Mode,
) -> Result<Vec<Value>, PatchError> {
    if original.is_empty() && patch.is_empty() {
        return Ok(original);
    }
    if common_kind(original.iter().chain(&patch))? == JsonKind::Object {
        return Ok(merge_objects(original, patch, found, mode)?.list);
    }
    let gone: HashSet<Key> = patch.iter().map(Key::of_scalar).collect::<Result<_, _>>()?;
    let kept = original
        .into_iter()
        .filter(|item| Key::of_scalar(item).is_ok_and(|key| !gone.contains(&key)));
    Ok(kept.collect())
}

fn merge_scalars(
    original: Vec<Value>,
    patch: Vec<Value>,
    merge_key: &str,
) -> Result<Merged, PatchError> {
    let live = keys(&original, "")?;
    let wanted = keys(&patch, "")?;
    let mut merged = original;
    merged.extend(patch);
    remove_repeated(&mut merged)?;
    let list = arrange(merged, merge_key, &wanted, &live)?;
    Ok(Merged { list, live })
}

fn merge_objects(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    found: Found<'_>,
    mode: Mode,
) -> Result<Merged, PatchError> {
    let key = found.merge_key;
    if key.is_empty() {
        return Err(bad(PatchFault::NoMergeKey));
    }
    let (directives, mut patch) = split_directives(patch);
    let length_before = original.len();
    if obey(&directives, &mut original, key)? {
        original = std::mem::take(&mut patch);
    }
    let live = keys(&original, key)?;
    let wanted = keys(&patch, key)?;
    let mut known = live.clone();
    for (index, (element, wanted)) in patch.into_iter().zip(&wanted).enumerate() {
        merge_element(&mut original, &mut known, element, wanted, found, mode)
            .map_err(|error| error.below_element(index))?;
    }
    let list = arrange(original, key, &wanted, &live)?;
    // The original appends to the list it just deleted from, and so comes to see some new elements in the old one.
    known.truncate(length_before.max(live.len()));
    Ok(Merged { list, live: known })
}

fn merge_element(
    merged: &mut Vec<Value>,
    known: &mut Vec<Key>,
    element: Value,
    key: &Key,
    found: Found<'_>,
    mode: Mode,
) -> Result<(), PatchError> {
    let place = known
        .iter()
        .position(|other| other == key)
        .and_then(|index| merged.get_mut(index));
    match (place, element) {
        (Some(Value::Object(old)), Value::Object(patch)) => {
            *old = objects::merge(std::mem::take(old), patch, found.schema, mode)?;
        }
        (_, element) => {
            merged.push(element);
            known.push(key.clone());
        }
    }
    Ok(())
}

/// Obeys the directives of list elements; answers whether the list is to be replaced.
fn obey(
    directives: &[Value],
    original: &mut Vec<Value>,
    merge_key: &str,
) -> Result<bool, PatchError> {
    let mut replace = false;
    for element in directives {
        match element_directive(element)? {
            ElementDirective::Replace => replace = true,
            ElementDirective::Delete => {
                let gone = Key::of_element(element, merge_key)?;
                original
                    .retain(|item| !Key::of_element(item, merge_key).is_ok_and(|key| key == gone));
            }
        }
    }
    Ok(replace)
}
