//! Lists that are sets or maps have no element twice.

use serde_json::{Map, Value};

use super::{FieldError, ListType, Node, Reason, join};

pub(super) fn validate(node: &Node, value: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    check(node, value, "", &mut errors);
    errors
}

fn check(node: &Node, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    match value {
        Value::Array(items) => {
            match &node.list {
                ListType::Atomic => {}
                ListType::Set => duplicates(items.iter().cloned().map(Some), path, errors),
                ListType::Map(keys) => {
                    let keys = items.iter().map(|item| Some(key(item.as_object()?, keys)));
                    duplicates(keys, path, errors);
                    not_objects(items, path, errors);
                }
            }
            let Some(of) = &node.items else { return };
            for (index, item) in items.iter().enumerate() {
                check(of, item, &format!("{path}[{index}]"), errors);
            }
        }
        Value::Object(entries) => {
            for (name, entry) in entries {
                if let Some(of) = node.properties.get(name) {
                    check(of, entry, &join(path, name), errors);
                } else if let Some(of) = node.entry(name) {
                    check(of, entry, &format!("{path}[{name}]"), errors);
                }
            }
        }
        _ => {}
    }
}

/// The keys of an element, as far as it has them.
fn key(item: &Map<String, Value>, keys: &[String]) -> Value {
    let entries = keys
        .iter()
        .filter_map(|name| Some((name.clone(), item.get(name)?.clone())));
    Value::Object(entries.collect())
}

/// Tells each element that is there before, once.
fn duplicates(
    elements: impl Iterator<Item = Option<Value>>,
    path: &str,
    errors: &mut Vec<FieldError>,
) {
    let mut seen: Vec<(Value, bool)> = Vec::new();
    for (index, element) in elements.enumerate() {
        let Some(element) = element else { continue };
        match seen.iter_mut().find(|(other, _)| *other == element) {
            Some((_, told)) => {
                if !std::mem::replace(told, true) {
                    let path = format!("{path}[{index}]");
                    errors.push(FieldError::with_value(
                        path,
                        Reason::Duplicate,
                        &element,
                        "",
                    ));
                }
            }
            None => seen.push((element, false)),
        }
    }
}

fn not_objects(items: &[Value], path: &str, errors: &mut Vec<FieldError>) {
    for (index, item) in items
        .iter()
        .enumerate()
        .filter(|(_, item)| !item.is_object())
    {
        let detail = "must be an object for an array of list-type map";
        errors.push(FieldError::with_value(
            format!("{path}[{index}]"),
            Reason::Invalid,
            item,
            detail,
        ));
    }
}
