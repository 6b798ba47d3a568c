//! When values mean the same to a server: amounts however they are written, and nothing like something empty.

use serde_json::{Map, Value};

use crate::{
    defaults::Quantity,
    types::{Leaf, Node, Shape},
    value,
};

/// Whether two values of a type mean the same, as `Semantic.DeepEqual` of apimachinery tells.
pub(super) fn same(node: Node<'_>, left: Option<&Value>, right: Option<&Value>) -> bool {
    let (left, right) = (
        left.filter(|left| !is_nothing(left)),
        right.filter(|right| !is_nothing(right)),
    );
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => same_values(node, left, right),
        _ => false,
    }
}

/// Null and empty lists are nothing; an empty map or struct may be more than none.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn same_values(node: Node<'_>, left: &Value, right: &Value) -> bool {
    match (node.shape(), left, right) {
        (Shape::Struct(_), Value::Object(left), Value::Object(right)) => {
            keys(left, right).all(|key| {
                let entries = (left.get(key), right.get(key));
                node.field(key).map_or(entries.0 == entries.1, |field| {
                    same(field.node(), entries.0, entries.1)
                })
            })
        }
        (Shape::Map(of), Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && keys(left, right).all(|key| same(of, left.get(key), right.get(key)))
        }
        (Shape::List(of), Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same(of, Some(left), Some(right)))
        }
        (Shape::Leaf(Leaf::Quantity), Value::String(left), Value::String(right)) => {
            left == right
                || Quantity::parse(left).is_some_and(|left| Some(left) == Quantity::parse(right))
        }
        _ => value::equal(left, right),
    }
}

fn keys<'a>(
    left: &'a Map<String, Value>,
    right: &'a Map<String, Value>,
) -> impl Iterator<Item = &'a String> {
    left.keys()
        .chain(right.keys().filter(|key| !left.contains_key(*key)))
}

/// The place of a field in a type, by names with dots between them.
pub(super) fn place<'a>(node: Node<'a>, path: &str) -> Option<Node<'a>> {
    path.split('.')
        .try_fold(node, |node, name| Some(node.field(name)?.node()))
}

/// The value of a field, by names with dots between them.
pub(super) fn at<'v>(object: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.')
        .try_fold(object, |value, name| value.get(name))
}

/// The value of a field, to change it.
pub(super) fn at_mut<'v>(object: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    path.split('.')
        .try_fold(object, |value, name| value.get_mut(name))
}

/// Puts into one object what another has in a field, or that it has nothing there.
pub(super) fn copy(from: &Value, to: &mut Value, path: &str) {
    let value = at(from, path).cloned();
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = if parent.is_empty() {
        Some(to)
    } else {
        at_mut(to, parent)
    };
    let Some(parent) = parent.and_then(Value::as_object_mut) else {
        return;
    };
    match value {
        Some(value) => drop(parent.insert(name.to_owned(), value)),
        None => drop(parent.remove(name)),
    }
}

/// The elements of a list that may not be there.
pub(super) fn items<'v>(object: &'v Value, path: &str) -> &'v [Value] {
    at(object, path)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The text of a field, or nothing.
pub(super) fn text<'v>(object: &'v Value, path: &str) -> &'v str {
    at(object, path).and_then(Value::as_str).unwrap_or_default()
}
