//! Filling in defaults, from the object down.

use serde_json::{Map, Value, json};

use super::{
    canonical::is_empty,
    facts::{Facts, facts},
    tables::Presence,
};
use crate::types::{Field, Node, Shape};

type Object = Map<String, Value>;

/// Sets the defaults of a value and of everything in it, and tells whether anything became something else.
pub(super) fn fill(node: Node<'static>, value: &mut Value) -> bool {
    let mut filling = Filling { changed: false };
    filling.value(node, value);
    filling.changed
}

/// Sets defaults, and remembers whether anything became something else.
#[derive(Debug)]
pub(super) struct Filling {
    changed: bool,
}

impl Filling {
    fn value(&mut self, node: Node<'static>, value: &mut Value) {
        match (node.shape(), value) {
            (Shape::Struct(_), Value::Object(object)) => {
                if let Some(facts) = facts(node).filter(|facts| facts.has_defaults) {
                    self.object(node, facts, object);
                }
            }
            (Shape::List(element), Value::Array(items)) => {
                for item in items {
                    self.value(element, item);
                }
            }
            (Shape::Map(element), Value::Object(entries)) => {
                for entry in entries.values_mut() {
                    self.value(element, entry);
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, node: Node<'static>, facts: &Facts, object: &mut Object) {
        if let Some(before) = facts.before {
            before(object, self);
        }
        for (place, default) in &facts.defaults {
            if let Some(field) = node.field_at(*place) {
                self.set(field, facts.presence(*place), object, default);
            }
        }
        for (name, value) in object.iter_mut() {
            let place = node.position(name);
            let place = place.filter(|place| facts.is_filled(*place));
            let declared = place.and_then(|place| node.field_at(place));
            if let Some(field) = declared.filter(|field| field.name() == name) {
                self.value(field.node(), value);
            }
        }
        for place in facts.implied() {
            if let Some(field) = node.field_at(place) {
                self.implied(field, object);
            }
        }
        if let Some(after) = facts.after {
            after(object, self);
        }
    }

    /// Sets a field that is not there, or zero where that is the same.
    fn set(
        &mut self,
        field: Field<'static>,
        presence: Presence,
        object: &mut Object,
        default: &Value,
    ) {
        let there = match object.get(field.name()) {
            None | Some(Value::Null) => false,
            Some(value) => value.is_object() || presence == Presence::Pointer || !is_empty(value),
        };
        if !there {
            self.insert(object, field.name(), default.clone());
        }
    }

    /// Goes down into a struct that is always there, also if it is not written.
    fn implied(&mut self, field: Field<'static>, object: &mut Object) {
        let written = object
            .get(field.name())
            .is_some_and(|value| !value.is_null());
        if written || !matches!(field.node().shape(), Shape::Struct(_)) {
            return;
        }
        let mut value = Value::Object(Map::new());
        fill(field.node(), &mut value);
        if !is_empty(&value) {
            self.insert(object, field.name(), value);
        }
    }

    /// Sets a field, whatever it was.
    pub(super) fn insert(&mut self, object: &mut Object, field: &str, value: Value) {
        if object.get(field) != Some(&value) {
            self.changed = true;
            object.insert(field.to_owned(), value);
        }
    }

    /// Removes a field.
    pub(super) fn remove(&mut self, object: &mut Object, field: &str) {
        self.changed |= object.remove(field).is_some();
    }

    /// Sets a field that is absent or null.
    pub(super) fn default(
        &mut self,
        object: &mut Object,
        field: &str,
        value: impl FnOnce() -> Value,
    ) {
        if object.get(field).is_none_or(Value::is_null) {
            self.insert(object, field, value());
        }
    }

    /// Sets a field that is absent, null or zero.
    pub(super) fn default_if_zero(
        &mut self,
        object: &mut Object,
        field: &str,
        value: impl FnOnce() -> Value,
    ) {
        if object.get(field).is_none_or(is_empty) {
            self.insert(object, field, value());
        }
    }

    /// A field that is an object, made if it is not there.
    pub(super) fn object_at<'a>(
        &mut self,
        object: &'a mut Object,
        field: &str,
    ) -> Option<&'a mut Object> {
        self.default(object, field, || json!({}));
        object.get_mut(field)?.as_object_mut()
    }

    /// Adds the entries of one map to another, as far as they are not there. An empty map is not made.
    pub(super) fn complete(&mut self, object: &mut Object, target: &str, source: &Value) {
        let Some(entries) = source.as_object().filter(|entries| !entries.is_empty()) else {
            return;
        };
        if let Some(target) = self.object_at(object, target) {
            for (key, value) in entries {
                self.default(target, key, || value.clone());
            }
        }
    }
}
