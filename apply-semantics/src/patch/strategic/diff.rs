//! Making a patch from two objects.

use serde_json::{Map, Value};

use super::{
    DELETE_FROM_LIST, DIRECTIVE, ELEMENT_ORDER, RETAIN_KEYS, Schema, bad,
    elements::{arrange_patch, common_kind, key_value, keys, remove_repeated},
    schema::Found,
};
use crate::{
    go_text,
    patch::{JsonKind, PatchError, PatchFault},
};

type Object = Map<String, Value>;

/// What goes into the patch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Options {
    /// Whether lists whose elements changed get a `$setElementOrder`.
    pub(super) element_order: bool,
    /// Whether only deletions go into the patch.
    pub(super) ignore_changes: bool,
    /// Whether no deletions go into the patch.
    pub(super) ignore_deletions: bool,
}

pub(super) fn objects(
    original: &Object,
    modified: &Object,
    schema: Schema<'_>,
    options: Options,
) -> Result<Object, PatchError> {
    let mut patch = Object::new();
    for (key, new) in modified {
        match original.get(key) {
            Some(old) => field(&mut patch, key, old, new, schema, options)
                .map_err(|error| error.below(key))?,
            None if options.ignore_changes => {}
            None => drop(patch.insert(key.clone(), new.clone())),
        }
    }
    if !options.ignore_deletions {
        let gone = original.keys().filter(|key| !modified.contains_key(*key));
        patch.extend(gone.map(|key| (key.clone(), Value::Null)));
    }
    Ok(patch)
}

/// The same for an object with the strategy `retainKeys`, whose patch names all fields that are to stay.
fn objects_retaining(
    original: &Object,
    modified: &Object,
    schema: Schema<'_>,
    options: Options,
) -> Result<Object, PatchError> {
    let mut patch = objects(original, modified, schema, options)?;
    let mut kept: Vec<&String> = modified
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, _)| key)
        .collect();
    kept.sort();
    let cleared = || {
        original
            .iter()
            .any(|(key, value)| !value.is_null() && !modified.contains_key(key))
    };
    if !kept.is_empty() && (!patch.is_empty() || cleared()) {
        patch.insert(
            RETAIN_KEYS.to_owned(),
            kept.into_iter().cloned().map(Value::String).collect(),
        );
    }
    Ok(patch)
}

fn field(
    patch: &mut Object,
    key: &str,
    old: &Value,
    new: &Value,
    schema: Schema<'_>,
    options: Options,
) -> Result<(), PatchError> {
    match (old, new) {
        (old, new) if key == DIRECTIVE => {
            if !old.is_string() || !new.is_string() {
                return Err(bad(PatchFault::BadDirective));
            }
            if old != new {
                patch.insert(key.to_owned(), new.clone());
            }
        }
        (Value::Object(old_map), Value::Object(new_map)) => match schema.object_field(key) {
            Ok(found) => object_field(patch, key, old_map, new_map, found, options)?,
            Err(_) if old == new => {}
            Err(fault) => return Err(bad(fault)),
        },
        (Value::Array(old_list), Value::Array(new_list)) => match schema.list_field(key) {
            Ok(found) if found.strategy.merge => {
                list_field(patch, key, old_list, new_list, found, options)?;
            }
            Err(fault) if old != new => return Err(bad(fault)),
            Ok(_) if old != new && !options.ignore_changes => {
                patch.insert(key.to_owned(), new.clone());
            }
            _ => {}
        },
        _ if old == new || options.ignore_changes => {}
        _ => drop(patch.insert(key.to_owned(), new.clone())),
    }
    Ok(())
}

fn object_field(
    patch: &mut Object,
    key: &str,
    old: &Object,
    new: &Object,
    found: Found<'_>,
    options: Options,
) -> Result<(), PatchError> {
    if found.strategy.replace {
        // Also when nothing changed, as the original does.
        if !options.ignore_changes {
            patch.insert(key.to_owned(), Value::Object(new.clone()));
        }
        return Ok(());
    }
    let inner = if found.strategy.retain_keys {
        objects_retaining(old, new, found.schema, options)?
    } else {
        objects(old, new, found.schema, options)?
    };
    if !inner.is_empty() {
        patch.insert(key.to_owned(), Value::Object(inner));
    }
    Ok(())
}

/// What a change of a merging list puts into the patch.
#[derive(Default)]
struct ListPatch {
    elements: Vec<Value>,
    deletions: Vec<Value>,
    order: Vec<Value>,
}

fn list_field(
    patch: &mut Object,
    key: &str,
    old: &[Value],
    new: &[Value],
    found: Found<'_>,
    options: Options,
) -> Result<(), PatchError> {
    let lists = list(old, new, found, options)?;
    let mut put = |key: String, list: Vec<Value>| {
        if !list.is_empty() {
            patch.insert(key, Value::Array(list));
        }
    };
    put(key.to_owned(), lists.elements);
    put(format!("{DELETE_FROM_LIST}/{key}"), lists.deletions);
    put(format!("{ELEMENT_ORDER}/{key}"), lists.order);
    Ok(())
}

fn list(
    old: &[Value],
    new: &[Value],
    found: Found<'_>,
    options: Options,
) -> Result<ListPatch, PatchError> {
    if old.is_empty() {
        let elements = if options.ignore_changes {
            Vec::new()
        } else {
            new.to_vec()
        };
        return Ok(ListPatch {
            elements,
            ..ListPatch::default()
        });
    }
    match common_kind(old.iter().chain(new))? {
        JsonKind::Object => list_of_objects(old, new, found, options),
        _ => list_of_scalars(old, new, options),
    }
}

fn list_of_objects(
    old: &[Value],
    new: &[Value],
    found: Found<'_>,
    options: Options,
) -> Result<ListPatch, PatchError> {
    let (changes, deletions) = object_changes(old, new, found, options)?;
    let new_keys = keys(new, found.merge_key)?;
    let same_order = keys(old, found.merge_key)? == new_keys;
    let mut elements = arrange_patch(changes, found.merge_key, &new_keys)?;
    elements.extend(deletions);
    let changed = !elements.is_empty();
    let reordered = !options.ignore_changes && (changed || !same_order);
    let order = if options.element_order && (reordered || (!options.ignore_deletions && changed)) {
        new.iter()
            .map(|element| {
                Ok(only_key(
                    found.merge_key,
                    key_value(element, found.merge_key)?,
                ))
            })
            .collect()
    } else {
        Ok(Vec::new())
    };
    order.map(|order| ListPatch {
        elements,
        deletions: Vec::new(),
        order,
    })
}

fn only_key(merge_key: &str, value: &Value) -> Value {
    Value::Object(Object::from_iter([(merge_key.to_owned(), value.clone())]))
}

/// An element of a list with what it is matched by.
struct Keyed<'a> {
    text: String,
    key: &'a Value,
    fields: &'a Object,
}

/// The elements in the order of the texts of their keys. Of several with one key the last comes first.
fn sorted<'a>(list: &'a [Value], merge_key: &str) -> Result<Vec<Keyed<'a>>, PatchError> {
    let keyed = |(index, element): (usize, &'a Value)| {
        let key = key_value(element, merge_key).map_err(|error| error.below_element(index))?;
        let fields = element
            .as_object()
            .ok_or_else(|| PatchError::expected("an object", element))?;
        Ok(Keyed {
            text: go_text::display(key),
            key,
            fields,
        })
    };
    let mut sorted = list
        .iter()
        .enumerate()
        .rev()
        .map(keyed)
        .collect::<Result<Vec<_>, PatchError>>()?;
    sorted.sort_by(|a, b| a.text.cmp(&b.text));
    Ok(sorted)
}

/// The additions and changes, and the deletions, of a list of objects.
fn object_changes(
    old: &[Value],
    new: &[Value],
    found: Found<'_>,
    options: Options,
) -> Result<(Vec<Value>, Vec<Value>), PatchError> {
    let (old, new) = (sorted(old, found.merge_key)?, sorted(new, found.merge_key)?);
    let (mut changes, mut deletions) = (Vec::new(), Vec::new());
    for pair in pair_up(&old, &new, |element| element.text.as_str()) {
        match pair {
            Pair::Both(old, new) => {
                let diff = if found.strategy.retain_keys {
                    objects_retaining
                } else {
                    objects
                };
                let mut change = diff(old.fields, new.fields, found.schema, options)
                    .map_err(|error| error.below(&format!("[{}={}]", found.merge_key, new.text)))?;
                if !change.is_empty() {
                    change.insert(found.merge_key.to_owned(), new.key.clone());
                    changes.push(Value::Object(change));
                }
            }
            Pair::New(new) if !options.ignore_changes => {
                changes.push(Value::Object(new.fields.clone()));
            }
            Pair::Old(old) if !options.ignore_deletions => {
                let mut deletion =
                    Object::from_iter([(found.merge_key.to_owned(), old.key.clone())]);
                deletion.insert(DIRECTIVE.to_owned(), "delete".into());
                deletions.push(Value::Object(deletion));
            }
            Pair::New(_) | Pair::Old(_) => {}
        }
    }
    Ok((changes, deletions))
}

fn list_of_scalars(
    old: &[Value],
    new: &[Value],
    options: Options,
) -> Result<ListPatch, PatchError> {
    let texts = |list: &[Value]| {
        let mut texts: Vec<_> = list
            .iter()
            .map(|item| (go_text::display(item), item.clone()))
            .collect();
        texts.sort_by(|a, b| a.0.cmp(&b.0));
        texts
    };
    let (old, sorted_new) = (texts(old), texts(new));
    let (mut additions, mut deletions) = (Vec::new(), Vec::new());
    for pair in pair_up(&old, &sorted_new, |(text, _)| text.as_str()) {
        match pair {
            Pair::New((_, item)) if !options.ignore_changes => additions.push(item.clone()),
            Pair::Old((_, item)) if !options.ignore_deletions => deletions.push(item.clone()),
            _ => {}
        }
    }
    remove_repeated(&mut deletions)?;
    // The original sorts the old list in place, so an unsorted list always counts as reordered.
    let same_order = old.iter().map(|(_, item)| item).eq(new);
    let order = options.element_order
        && (!deletions.is_empty() || (!options.ignore_changes && !same_order));
    Ok(ListPatch {
        elements: arrange_patch(additions, "", &keys(new, "")?)?,
        deletions,
        order: if order { new.to_vec() } else { Vec::new() },
    })
}

enum Pair<'a, T> {
    Both(&'a T, &'a T),
    Old(&'a T),
    New(&'a T),
}

/// Walks two sorted lists side by side.
fn pair_up<'a, T>(old: &'a [T], new: &'a [T], text: impl Fn(&T) -> &str) -> Vec<Pair<'a, T>> {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    let mut pairs = Vec::new();
    loop {
        let order = match (old.peek(), new.peek()) {
            (Some(old), Some(new)) => text(old).cmp(text(new)),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => return pairs,
        };
        let pair = match order {
            std::cmp::Ordering::Equal => old
                .next()
                .zip(new.next())
                .map(|(old, new)| Pair::Both(old, new)),
            std::cmp::Ordering::Less => old.next().map(Pair::Old),
            std::cmp::Ordering::Greater => new.next().map(Pair::New),
        };
        pairs.extend(pair);
    }
}
