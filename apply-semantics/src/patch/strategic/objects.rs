//! Merging a patch into an object, or into another patch.

use std::{collections::HashSet, mem};

use serde_json::{Map, Value};

use super::{
    DELETE_FROM_LIST, DIRECTIVE, ELEMENT_ORDER, RETAIN_KEYS, Schema, bad,
    elements::{self, Key, arrange, common_kind},
    expected_list, has_directive, lists, target,
};
use crate::patch::{JsonKind, PatchError, PatchFault};

type Object = Map<String, Value>;

/// What the patch is merged into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// An object: directives are obeyed and disappear, as do nulls.
    Apply,
    /// Another patch: directives and nulls are kept for later.
    Combine,
}

pub(super) fn merge(
    mut original: Object,
    mut patch: Object,
    schema: Schema<'_>,
    mode: Mode,
) -> Result<Object, PatchError> {
    if let Some(directive) = patch.remove(DIRECTIVE) {
        return match directive.as_str() {
            Some("replace") => Ok(patch),
            Some("delete") => Ok(Object::new()),
            _ => Err(bad(PatchFault::BadDirective)),
        };
    }
    if let Some(keys) = patch.remove(RETAIN_KEYS) {
        retain_keys(&mut original, &patch, keys, mode)?;
    }
    order_lists(&mut original, &mut patch, schema, mode)?;
    let (deletions, fields): (Object, Object) = patch
        .into_iter()
        .partition(|(key, _)| key.starts_with(DELETE_FROM_LIST));
    for (key, value) in deletions {
        if mode == Mode::Combine {
            original.insert(key, value);
        } else if let Some(field) = target(&key, DELETE_FROM_LIST) {
            merge_field(&mut original, field, value, true, schema, mode)?;
        } else {
            return Err(bad(PatchFault::BadDeleteList));
        }
    }
    for (key, value) in fields {
        merge_field(&mut original, &key, value, false, schema, mode)?;
    }
    Ok(original)
}

fn retain_keys(
    original: &mut Object,
    patch: &Object,
    keys: Value,
    mode: Mode,
) -> Result<(), PatchError> {
    if mode == Mode::Combine {
        let kept = original.entry(RETAIN_KEYS).or_insert_with(|| keys.clone());
        return if *kept == keys {
            Ok(())
        } else {
            Err(bad(PatchFault::RetainKeysDiffer))
        };
    }
    let Value::Array(keys) = keys else {
        return Err(bad(PatchFault::BadRetainKeys));
    };
    if keys.iter().any(|key| key.is_array() || key.is_object()) {
        return Err(bad(PatchFault::BadRetainKeys));
    }
    let keys: HashSet<&str> = keys.iter().filter_map(Value::as_str).collect();
    let mut set = patch.iter().filter(|(key, value)| {
        !value.is_null() && !key.starts_with(DELETE_FROM_LIST) && !key.starts_with(ELEMENT_ORDER)
    });
    if set.any(|(key, _)| !keys.contains(key.as_str())) {
        return Err(bad(PatchFault::BadRetainKeys));
    }
    original.retain(|key, _| keys.contains(key.as_str()));
    Ok(())
}

/// Obeys the `$setElementOrder` directives of a patch: merges the lists they are about, and takes both from the patch.
fn order_lists(
    original: &mut Object,
    patch: &mut Object,
    schema: Schema<'_>,
    mode: Mode,
) -> Result<(), PatchError> {
    let directives: Vec<String> = patch
        .keys()
        .filter(|key| key.starts_with(ELEMENT_ORDER))
        .cloned()
        .collect();
    for directive in directives {
        let Some(order) = patch.remove(&directive) else {
            continue;
        };
        if mode == Mode::Combine {
            let kept = original.entry(&directive).or_insert_with(|| order.clone());
            if *kept != order {
                return Err(bad(PatchFault::BadElementOrder).below(&directive));
            }
        }
        let Value::Array(order) = order else {
            return Err(expected_list(&order).below(&directive));
        };
        let field = target(&directive, ELEMENT_ORDER);
        let field = field.ok_or_else(|| bad(PatchFault::BadElementOrder).below(&directive))?;
        let lists = (
            take_list(original.get_mut(field)),
            take_list(patch.remove(field).as_mut()),
        );
        let merged =
            order_list(lists, field, &order, schema, mode).map_err(|error| error.below(field))?;
        if let Some(merged) = merged {
            original.insert(field.to_owned(), Value::Array(merged));
        }
    }
    Ok(())
}

type MaybeList = Result<Option<Vec<Value>>, PatchError>;

fn take_list(value: Option<&mut Value>) -> MaybeList {
    match value {
        None => Ok(None),
        Some(Value::Array(list)) => Ok(Some(mem::take(list))),
        Some(other) => Err(expected_list(other)),
    }
}

fn order_list(
    (original, patch): (MaybeList, MaybeList),
    field: &str,
    order: &[Value],
    schema: Schema<'_>,
    mode: Mode,
) -> MaybeList {
    let (original, patch) = (original?, patch?);
    let found = schema.list_field(field)?;
    if let Some(patch) = &patch {
        check_order(patch, order, found.merge_key)?;
    }
    let kind = common_kind(original.iter().chain(&patch).flatten());
    let merged = match (original, patch) {
        (None, None) => return Ok(None),
        (Some(original), None) => {
            let live = elements::keys(&original, found.merge_key)?;
            lists::Merged {
                list: original,
                live,
            }
        }
        (None, Some(patch)) => lists::Merged {
            list: patch.into_iter().filter_map(without_directives).collect(),
            live: Vec::new(),
        },
        (Some(original), Some(patch)) if !found.strategy.merge => lists::Merged {
            live: elements::keys(&original, found.merge_key)?,
            list: patch,
        },
        (Some(original), Some(patch)) => lists::merge(original, patch, found, mode)?,
    };
    kind?;
    let order = elements::keys(order, found.merge_key)?;
    arrange(merged.list, found.merge_key, &order, &merged.live).map(Some)
}

/// Checks that a patch list is part of its `$setElementOrder`, in the same order. Elements with directives do not count.
fn check_order(patch: &[Value], order: &[Value], merge_key: &str) -> Result<(), PatchError> {
    if order.is_empty() || patch.is_empty() {
        return Ok(());
    }
    let mut order = order.iter();
    for element in patch
        .iter()
        .filter(|element| element.get(DIRECTIVE).is_none())
    {
        let key = Key::of_element(element, merge_key)?;
        loop {
            let next = order.next().ok_or(PatchFault::ElementOrderDiffers)?;
            if Key::of_element(next, merge_key)? == key {
                break;
            }
        }
    }
    Ok(())
}

fn merge_field(
    original: &mut Object,
    key: &str,
    patch: Value,
    deletion: bool,
    schema: Schema<'_>,
    mode: Mode,
) -> Result<(), PatchError> {
    if patch.is_null() {
        original.remove(key);
        if mode == Mode::Apply {
            return Ok(());
        }
    }
    let below = |error: PatchError| error.below(key);
    match (original.get_mut(key), patch) {
        (Some(Value::Object(old)), Value::Object(patch)) => {
            let found = schema
                .object_field(key)
                .map_err(|fault| bad(fault).below(key))?;
            *old = if found.strategy.replace {
                patch
            } else {
                merge(mem::take(old), patch, found.schema, mode).map_err(below)?
            };
        }
        (Some(Value::Array(old)), Value::Array(patch)) => {
            let found = schema
                .list_field(key)
                .map_err(|fault| bad(fault).below(key))?;
            let old_list = mem::take(old);
            *old = if deletion {
                lists::delete(old_list, patch, found, mode).map_err(below)?
            } else {
                lists::merge(old_list, patch, found, mode)
                    .map_err(below)?
                    .list
            };
        }
        (old, patch)
            if deletion && old.as_deref().map(JsonKind::of) != Some(JsonKind::of(&patch)) => {}
        (_, patch) => set_field(original, key, patch, mode),
    }
    Ok(())
}

fn set_field(original: &mut Object, key: &str, mut value: Value, mode: Mode) {
    if mode == Mode::Apply {
        discard_nulls(&mut value);
    }
    match without_directives(value) {
        Some(value) => drop(original.insert(key.to_owned(), value)),
        None => drop(original.remove(key)),
    }
}

/// Removes the null fields of objects, at all depths.
fn discard_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(discard_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(discard_nulls),
        _ => {}
    }
}

/// What a patch sets where there was nothing: objects with a `$patch` directive are left out, at all depths.
fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(map) if map.contains_key(DIRECTIVE) => None,
        Value::Object(map) => {
            let kept = map
                .into_iter()
                .filter_map(|(key, value)| Some((key, without_directives(value)?)));
            Some(Value::Object(kept.collect()))
        }
        Value::Array(items) => Some(Value::Array(
            items.into_iter().filter_map(without_directives).collect(),
        )),
        scalar => Some(scalar),
    }
}

/// Splits the elements of a patch list into those with a `$patch` directive and the others.
pub(super) fn split_directives(patch: Vec<Value>) -> (Vec<Value>, Vec<Value>) {
    patch
        .into_iter()
        .partition(|element| element.get(DIRECTIVE).is_some())
}

/// What the directive of a list element asks for.
pub(super) enum ElementDirective {
    Delete,
    Replace,
}

pub(super) fn element_directive(element: &Value) -> Result<ElementDirective, PatchFault> {
    if has_directive(element, "delete") {
        Ok(ElementDirective::Delete)
    } else if has_directive(element, "replace") {
        Ok(ElementDirective::Replace)
    } else {
        Err(PatchFault::BadDirective)
    }
}
