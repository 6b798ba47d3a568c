//! Reading a value into its Go type and writing it out again.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

use super::{
    Quantity, Unreadable, aliases,
    tables::{Presence, presences},
    time,
};
use crate::types::{Leaf, Node, Shape};

/// Rewrites an object in place; what cannot be read is left as it is, and told.
pub(super) fn canonicalise(node: Node<'_>, object: &mut Value, errors: &mut Vec<Unreadable>) {
    let mut walk = Walk {
        path: String::new(),
        errors,
    };
    walk.value(node, object, Resources::No);
}

/// Rewrites a value of a type by itself, and leaves what cannot be read.
pub(super) fn canonicalise_at(node: Node<'_>, value: &mut Value) {
    canonicalise(node, value, &mut Vec::new());
}

/// Whether quantities are those of a list of resources, which are rounded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Resources {
    Yes,
    No,
}

/// The fields of a struct.
struct Fields<'a> {
    node: Node<'a>,
    presences: &'a [(&'static str, Presence)],
    /// The field that is not looked into.
    untouched: &'static str,
    resources: Resources,
}

impl Fields<'_> {
    fn presence(&self, name: &str) -> Presence {
        let known = self.presences.iter().find(|(field, _)| *field == name);
        known.map_or(Presence::Usual, |(_, how)| *how)
    }
}

struct Walk<'e> {
    path: String,
    errors: &'e mut Vec<Unreadable>,
}

impl Walk<'_> {
    fn value(&mut self, node: Node<'_>, value: &mut Value, resources: Resources) {
        match node.shape() {
            Shape::Leaf(leaf) => self.leaf(leaf, value, resources),
            Shape::Struct(name) => self.object(name, node, value),
            Shape::List(element) => self.list(element, value, resources),
            Shape::Map(element) => self.map(element, value, resources),
        }
    }

    fn object(&mut self, name: &str, node: Node<'_>, value: &mut Value) {
        let Value::Object(object) = value else {
            return self.unreadable("an object");
        };
        aliases::read(name, object);
        let fields = Fields {
            node,
            presences: presences(name),
            // Who owns what is not part of what the object says.
            untouched: if name == "meta.v1.ObjectMeta" {
                "managedFields"
            } else {
                ""
            },
            resources: if ["core.", "node."]
                .iter()
                .any(|group| name.starts_with(group))
            {
                Resources::Yes
            } else {
                Resources::No
            },
        };
        let mut left_out: Vec<String> = Vec::new();
        for (name, value) in object.iter_mut() {
            if !self.field(&fields, name, value) {
                left_out.push(name.clone());
            }
        }
        for name in left_out {
            object.remove(&name);
        }
        for (name, how) in fields.presences {
            if matches!(how, Presence::Always | Presence::Null) && !object.contains_key(*name) {
                let mut value = Value::Null;
                if self.field(&fields, name, &mut value) {
                    object.insert((*name).to_owned(), value);
                }
            }
        }
        aliases::write(name, object);
    }

    /// Rewrites a field, and tells whether it is written at all. One that is not there is null.
    fn field(&mut self, fields: &Fields<'_>, name: &str, value: &mut Value) -> bool {
        let Some(field) = fields.node.field(name) else {
            return false;
        };
        if field.name() != name || name == fields.untouched {
            return true;
        }
        let how = fields.presence(name);
        let node = field.node();
        if value.is_null() {
            match absent(node, how) {
                Some(written) => *value = written,
                None => return false,
            }
        }
        if !value.is_null() {
            let length = self.enter(name);
            self.value(node, value, fields.resources);
            self.path.truncate(length);
        }
        is_written(node, how, value)
    }

    fn list(&mut self, element: Node<'_>, value: &mut Value, resources: Resources) {
        let Value::Array(items) = value else {
            return self.unreadable("a list");
        };
        for (index, item) in items.iter_mut().enumerate() {
            let length = self.path.len();
            _ = write!(self.path, "[{index}]");
            zero_for_null(element, item);
            self.value(element, item, resources);
            self.path.truncate(length);
        }
    }

    fn map(&mut self, element: Node<'_>, value: &mut Value, resources: Resources) {
        let Value::Object(entries) = value else {
            return self.unreadable("an object");
        };
        for (key, entry) in entries {
            let length = self.enter(key);
            zero_for_null(element, entry);
            self.value(element, entry, resources);
            self.path.truncate(length);
        }
    }

    fn leaf(&mut self, leaf: Leaf, value: &mut Value, resources: Resources) {
        let written = match (leaf, &*value) {
            (Leaf::Quantity, _) => quantity(value, resources).ok_or("a quantity"),
            (Leaf::Time, Value::String(text)) => {
                time::seconds(text).map(Value::from).ok_or("a time stamp")
            }
            (Leaf::MicroTime, Value::String(text)) => {
                let read = time::micros(text).map(Value::from);
                read.ok_or("a time stamp with six digits of a second")
            }
            (Leaf::Integer, _) => whole(value).ok_or("a whole number"),
            (Leaf::IntOrString, Value::Number(_)) => {
                whole(value).ok_or("a whole number or a string")
            }
            (Leaf::IntOrString, Value::String(_)) | (Leaf::Raw | Leaf::Object | Leaf::Any, _) => {
                return;
            }
            (Leaf::Bytes, Value::String(text)) if !is_base64(text) => Err("bytes in base64"),
            (Leaf::String | Leaf::Bytes, Value::String(_))
            | (Leaf::Boolean, Value::Bool(_))
            | (Leaf::Number, Value::Number(_)) => return,
            (Leaf::String | Leaf::Bytes, _) => Err("a string"),
            (Leaf::Boolean, _) => Err("true or false"),
            (Leaf::Number, _) => Err("a number"),
            (Leaf::IntOrString, _) => Err("a whole number or a string"),
            (Leaf::Time | Leaf::MicroTime, _) => Err("a time stamp"),
        };
        match written {
            Ok(written) => *value = written,
            Err(expected) => self.unreadable(expected),
        }
    }

    /// Adds a field to the path, and returns the length to cut it back to.
    fn enter(&mut self, name: &str) -> usize {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(name);
        length
    }

    fn unreadable(&mut self, expected: &'static str) {
        self.errors.push(Unreadable {
            path: self.path.clone(),
            expected,
        });
    }
}

/// What is written for a field that is not there.
fn absent(node: Node<'_>, how: Presence) -> Option<Value> {
    match how {
        Presence::Null => Some(Value::Null),
        Presence::Always => Some(zero(node)),
        _ => None,
    }
}

/// The zero value of a Go type that is no pointer.
pub(super) fn zero(node: Node<'_>) -> Value {
    match node.shape() {
        Shape::Struct(_) => Map::new().into(),
        Shape::Leaf(Leaf::String) => "".into(),
        Shape::Leaf(Leaf::Integer | Leaf::Number | Leaf::IntOrString) => 0.into(),
        Shape::Leaf(Leaf::Boolean) => false.into(),
        Shape::Leaf(Leaf::Quantity) => "0".into(),
        _ => Value::Null,
    }
}

/// In lists and maps null is the zero value.
fn zero_for_null(element: Node<'_>, value: &mut Value) {
    if value.is_null() {
        *value = zero(element);
    }
}

/// Whether a field with that value is written at all.
fn is_written(node: Node<'_>, how: Presence, value: &Value) -> bool {
    match how {
        Presence::Pointer | Presence::Always | Presence::Null => true,
        Presence::NotZero => {
            !value.is_null() && value.as_object().is_none_or(|object| !object.is_empty())
        }
        Presence::Usual => !is_omitted(node, value),
    }
}

fn is_omitted(node: Node<'_>, value: &Value) -> bool {
    match node.shape() {
        Shape::List(_) | Shape::Map(_) => is_empty(value),
        Shape::Leaf(Leaf::String | Leaf::Bytes | Leaf::Integer | Leaf::Number | Leaf::Boolean) => {
            is_empty(value)
        }
        // All else is a struct in Go, so behind a pointer if nothing else is said.
        Shape::Struct(_) | Shape::Leaf(_) => value.is_null(),
    }
}

/// Whether a text is base64 with its padding; line ends are skipped.
fn is_base64(text: &str) -> bool {
    let text = text.replace(['\r', '\n'], "");
    let digits = text.trim_end_matches('=');
    let fits = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/');
    text.len().is_multiple_of(4) && text.len() - digits.len() <= 2 && digits.bytes().all(fits)
}

/// Whether a value is what Go leaves out.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
    }
}

fn quantity(value: &Value, resources: Resources) -> Option<Value> {
    let quantity = match value {
        Value::String(text) => Quantity::parse(text.trim())?,
        Value::Number(number) => Quantity::parse(&plain(number))?,
        _ => return None,
    };
    let quantity = match resources {
        Resources::Yes => quantity.round_up_to_milli(),
        Resources::No => quantity,
    };
    Some(quantity.to_string().into())
}

/// The text of a number, without a fraction if it is whole.
fn plain(number: &Number) -> String {
    match whole(&Value::Number(number.clone())) {
        Some(whole) => whole.to_string(),
        None => number.to_string(),
    }
}

/// A number without a fraction, as an integer.
#[expect(
    clippy::cast_possible_truncation,
    reason = "only numbers that 64 bits hold exactly are cast"
)]
fn whole(value: &Value) -> Option<Value> {
    let Value::Number(number) = value else {
        return None;
    };
    if number.is_i64() {
        return Some(value.clone());
    }
    let float = number.as_f64()?;
    let exact = float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0;
    exact.then(|| (float as i64).into())
}
