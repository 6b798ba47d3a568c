//! Which path element an element of a list is.

use std::sync::Arc;

use serde_json::Value;

use super::error::Reason;
use crate::{
    patch::JsonKind,
    path::PathElement,
    schema::{ListNode, Schema},
};

/// The path element of an element of an associative list.
pub(super) fn element(
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
