//! Filling in defaults, from the object down.

use serde_json::{Map, Value};

use super::{
    canonical::is_empty,
    functions,
    tables::{Presence, presence, presences, rules},
};
use crate::types::{Field, Node, Shape};

/// Sets the defaults of a value and of everything in it.
pub(super) fn fill(node: Node<'_>, value: &mut Value) {
    match (node.shape(), value) {
        (Shape::Struct(name), Value::Object(object)) => {
            functions::before(name, object);
            for (field, default) in rules(name) {
                set(name, object, field, default);
            }
            for field in node.fields() {
                declared(name, field, object);
            }
            for (field, value) in object.iter_mut() {
                let declared = node.field(field).filter(|known| known.name() == field);
                if let Some(field) = declared {
                    fill(field.node(), value);
                }
            }
            for (field, how) in presences(name) {
                if let (Presence::Always, Some(field)) = (how, node.field(field)) {
                    always(field, object);
                }
            }
            functions::after(name, object);
        }
        (Shape::List(element), Value::Array(items)) => {
            for item in items {
                fill(element, item);
            }
        }
        (Shape::Map(element), Value::Object(entries)) => {
            for entry in entries.values_mut() {
                fill(element, entry);
            }
        }
        _ => {}
    }
}

/// Sets a field that is not there, or zero where that is the same.
fn set(type_name: &str, object: &mut Map<String, Value>, field: &str, default: &Value) {
    let there = match object.get(field) {
        None | Some(Value::Null) => false,
        Some(value) => {
            value.is_object() || presence(type_name, field) == Presence::Pointer || !is_empty(value)
        }
    };
    if !there {
        object.insert(field.to_owned(), default.clone());
    }
}

/// The default that the schema itself states.
fn declared(type_name: &str, field: Field<'_>, object: &mut Map<String, Value>) {
    if let Some(default) = field.default_value() {
        set(type_name, object, field.name(), default);
    }
}

/// Goes down into a struct that is always there, also if it is not written.
fn always(field: Field<'_>, object: &mut Map<String, Value>) {
    let written = object
        .get(field.name())
        .is_some_and(|value| !value.is_null());
    if written || !matches!(field.node().shape(), Shape::Struct(_)) {
        return;
    }
    let mut value = Value::Object(Map::new());
    fill(field.node(), &mut value);
    if !is_empty(&value) {
        object.insert(field.name().to_owned(), value);
    }
}
