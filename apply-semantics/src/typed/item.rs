//! Which path element an element of a list is.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::Reason;
use crate::{
    patch::JsonKind,
    path::PathElement,
    schema::{ListNode, Schema},
    value::{equal, write_name, write_path_text},
};

/// The path element of an element of an associative list.
pub(crate) fn element(
    schema: &Schema,
    list: &ListNode,
    item: &Value,
) -> Result<PathElement, Reason> {
    if list.keys.is_empty() {
        return match item {
            Value::Null | Value::Array(_) | Value::Object(_) => {
                Err(Reason::ElementNoScalar(JsonKind::of(item)))
            }
            scalar => Ok(PathElement::value(scalar.clone())),
        };
    }
    let map = item
        .as_object()
        .ok_or_else(|| Reason::ElementNoObject(JsonKind::of(item)))?;
    let mut keys = Vec::with_capacity(list.keys.len());
    for name in list.keys.iter() {
        let value = match map.get(name.as_ref()) {
            Some(value) => Some(value),
            None => default(schema, list, name)?,
        };
        keys.extend(value.map(|value| (Arc::clone(name), value.clone())));
    }
    if keys.is_empty() {
        return Err(Reason::ElementWithoutKeys);
    }
    Ok(PathElement::key(keys))
}

/// The same for elements that may have lost their keys: all of them are one element, without keys.
pub(super) fn element_or_none(schema: &Schema, list: &ListNode, item: &Value) -> PathElement {
    element(schema, list, item).unwrap_or_else(|_| PathElement::key::<Arc<str>>([]))
}

/// Whether an element of a keyed list has a key, or one has a default.
pub(super) fn has_key(schema: &Schema, list: &ListNode, item: &Map<String, Value>) -> bool {
    let mut found = false;
    for name in list.keys.iter() {
        found |= match item.get(name.as_ref()) {
            Some(_) => true,
            None => match default(schema, list, name) {
                Ok(default) => default.is_some(),
                Err(_) => return false,
            },
        };
    }
    found
}

/// The value of a key of an element: what it has, or the default.
fn key<'a>(
    schema: &'a Schema,
    list: &ListNode,
    name: &str,
    item: &'a Map<String, Value>,
) -> Option<&'a Value> {
    item.get(name)
        .or_else(|| default(schema, list, name).ok().flatten())
}

/// Whether two valid elements may be the same. If this says no, they are not.
pub(crate) fn may_be_same(schema: &Schema, list: &ListNode, left: &Value, right: &Value) -> bool {
    if list.keys.is_empty() {
        return equal(left, right);
    }
    let (Value::Object(left), Value::Object(right)) = (left, right) else {
        return true;
    };
    list.keys.iter().all(|name| {
        match (
            key(schema, list, name, left),
            key(schema, list, name, right),
        ) {
            (Some(left), Some(right)) => equal(left, right),
            (left, right) => left.is_none() && right.is_none(),
        }
    })
}

/// Whether two elements are the same, and have names of which there is no doubt ([`write_plain`]).
pub(crate) fn is_same_plain(schema: &Schema, list: &ListNode, left: &Value, right: &Value) -> bool {
    if list.keys.is_empty() {
        return !left.is_null() && is_plain(left) && is_plain(right) && equal(left, right);
    }
    let (Value::Object(left), Value::Object(right)) = (left, right) else {
        return false;
    };
    let mut any = false;
    let same = list.keys.iter().all(|name| {
        match (
            key(schema, list, name, left),
            key(schema, list, name, right),
        ) {
            (Some(left), Some(right)) => {
                any = true;
                is_plain(left) && is_plain(right) && equal(left, right)
            }
            // Whether there may be no default is for the slow way to say.
            _ => false,
        }
    });
    same && any
}

/// What a path element says about its list element, besides its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named {
    /// Whether the list element itself has one of the keys, or is a value.
    pub(crate) explicit: bool,
}

/// Appends the text of the path element of a list element, if elements are the same just if their texts are. This is so for
/// all but numbers that floats do not hold exactly, negative zero, and values that are not scalars.
pub(crate) fn write_plain(
    schema: &Schema,
    list: &ListNode,
    item: &Value,
    out: &mut String,
) -> Option<Named> {
    if list.keys.is_empty() {
        out.push_str("v:");
        let scalar = !matches!(item, Value::Null);
        return (scalar && write_plain_scalar(item, out)).then_some(Named { explicit: true });
    }
    let map = item.as_object()?;
    out.push_str("k:{");
    let (mut any, mut explicit) = (false, false);
    for name in list.keys.iter() {
        let own = map.get(name.as_ref());
        explicit |= own.is_some();
        let value = match own {
            Some(value) => value,
            None => match default(schema, list, name).ok()? {
                Some(value) => value,
                None => continue,
            },
        };
        if any {
            out.push(',');
        }
        any = true;
        write_name(out, name);
        out.push(':');
        if !write_plain_scalar(value, out) {
            return None;
        }
    }
    out.push('}');
    any.then_some(Named { explicit })
}

fn write_plain_scalar(value: &Value, out: &mut String) -> bool {
    let plain = is_plain(value);
    if plain {
        write_path_text(out, value);
    }
    plain
}

fn is_plain(value: &Value) -> bool {
    const EXACT: u64 = 1 << 53;
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(integer) => integer.unsigned_abs() < EXACT,
            None => number
                .as_f64()
                .is_some_and(|float| number.is_f64() && float != 0.0),
        },
        Value::Array(_) | Value::Object(_) => false,
        _ => true,
    }
}

fn default<'a>(
    schema: &'a Schema,
    list: &ListNode,
    name: &str,
) -> Result<Option<&'a Value>, Reason> {
    let node = schema.node(list.element).map_err(Reason::from)?;
    let map = node.map.as_ref().ok_or(Reason::ElementsWithoutFields)?;
    Ok(map
        .fields
        .get(name)
        .and_then(|field| field.default.as_ref()))
}
