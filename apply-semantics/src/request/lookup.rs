//! Values at paths.

use serde_json::Value;

use crate::{
    path::{KeyFields, PathElement},
    value::equal,
};

/// The value at a path. List elements are found by their keys; a key that an element lacks has its default there.
pub(super) fn find<'a>(value: &'a Value, path: &[PathElement]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, element| match element {
        PathElement::Field(name) => value.get(&**name),
        PathElement::Index(index) => value.get(usize::try_from(*index).ok()?),
        element => value.as_array()?.get(position(value, element)?),
    })
}

/// Takes the value at a path out, and everything above it that is empty then, but for the root. Answers whether there was
/// one.
pub(super) fn remove(value: &mut Value, path: &[PathElement]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return false;
    };
    let Some(below) = step(value, first) else {
        return false;
    };
    if !rest.is_empty() {
        if !remove(below, rest) {
            return false;
        }
        if !is_empty(below) {
            return true;
        }
    }
    drop_step(value, first);
    true
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn step<'a>(value: &'a mut Value, element: &PathElement) -> Option<&'a mut Value> {
    match element {
        PathElement::Field(name) => value.get_mut(&**name),
        element => {
            let at = position(value, element)?;
            value.get_mut(at)
        }
    }
}

fn drop_step(value: &mut Value, element: &PathElement) {
    let at = position(value, element);
    match (value, element) {
        (Value::Object(map), PathElement::Field(name)) => drop(map.remove(&**name)),
        (Value::Array(items), _) => {
            if let Some(at) = at {
                items.remove(at);
            }
        }
        _ => {}
    }
}

fn position(value: &Value, element: &PathElement) -> Option<usize> {
    let items = value.as_array()?;
    match element {
        PathElement::Field(_) => None,
        PathElement::Index(index) => usize::try_from(*index).ok().filter(|at| *at < items.len()),
        PathElement::Value(wanted) => items.iter().position(|item| equal(item, wanted)),
        PathElement::Key(keys) => items
            .iter()
            .position(|item| matches(item, keys, false))
            .or_else(|| items.iter().position(|item| matches(item, keys, true))),
    }
}

fn matches(item: &Value, keys: &KeyFields, lenient: bool) -> bool {
    let mut any = false;
    let all = keys.iter().all(|(name, wanted)| match item.get(name) {
        Some(value) => {
            any = true;
            equal(value, wanted)
        }
        None => lenient,
    });
    all && any
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::path::Path;

    fn port(number: i64, protocol: &str) -> PathElement {
        PathElement::key([("port", json!(number)), ("protocol", json!(protocol))])
    }

    fn field(name: &str) -> PathElement {
        PathElement::field(name)
    }

    #[test]
    fn elements_are_found_by_their_keys() {
        let value = json!({"ports": [{"port": 1, "x": 1}, {"port": 1, "protocol": "UDP", "x": 2}], "set": ["a", 2]});
        let at = |path: Path| find(&value, &path).cloned();
        assert_eq!(
            at(vec![field("ports"), port(1, "UDP"), field("x")]),
            Some(json!(2))
        );
        assert_eq!(
            at(vec![field("ports"), port(1, "TCP"), field("x")]),
            Some(json!(1))
        );
        assert_eq!(at(vec![field("ports"), port(2, "TCP")]), None);
        assert_eq!(
            at(vec![field("set"), PathElement::value(2.0)]),
            Some(json!(2))
        );
        assert_eq!(
            at(vec![field("set"), PathElement::index(0)]),
            Some(json!("a"))
        );
        assert_eq!(at(vec![field("set"), field("a")]), None);
    }

    #[test]
    fn removing_leaves_nothing_empty_behind() {
        let mut value = json!({"a": {"b": {"c": 1}}, "ports": [{"port": 1}], "d": {}});
        assert!(remove(&mut value, &[field("a"), field("b"), field("c")]));
        assert!(remove(&mut value, &[field("ports"), port(1, "TCP")]));
        assert!(!remove(&mut value, &[field("d"), field("e")]));
        assert_eq!(value, json!({"d": {}}));
    }
}
