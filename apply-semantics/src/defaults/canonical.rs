//! Reading a value into its Go type and writing it out again.

use std::{borrow::Cow, fmt};

use serde_json::{Map, Number, Value};

use super::{
    Quantity, Unreadable,
    facts::{Facts, Resources, facts},
    tables::Presence,
    time,
};
use crate::types::{Leaf, Node, Shape};

/// Rewrites an object in place; what cannot be read is left as it is, and told.
pub(super) fn canonicalise(node: Node<'static>, object: &mut Value, errors: &mut Vec<Unreadable>) {
    let mut walk = Walk { errors };
    walk.value(node, object, Resources::No, &Path::Root);
}

/// Rewrites a value of a type by itself, and leaves what cannot be read.
pub(super) fn canonicalise_at(node: Node<'static>, value: &mut Value) {
    canonicalise(node, value, &mut Vec::new());
}

/// Where the walk is. It is put into words only for errors.
enum Path<'a> {
    Root,
    Field(&'a Self, &'a str),
    Item(&'a Self, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

struct Walk<'e> {
    errors: &'e mut Vec<Unreadable>,
}

impl Walk<'_> {
    fn value(
        &mut self,
        node: Node<'static>,
        value: &mut Value,
        resources: Resources,
        path: &Path<'_>,
    ) {
        match node.shape() {
            Shape::Leaf(leaf) => self.leaf(leaf, value, resources, path),
            Shape::Struct(_) => self.object(node, value, path),
            Shape::List(element) => self.list(element, value, resources, path),
            Shape::Map(element) => self.map(element, value, resources, path),
        }
    }

    fn object(&mut self, node: Node<'static>, value: &mut Value, path: &Path<'_>) {
        let Value::Object(object) = value else {
            return self.unreadable("an object", path);
        };
        let Some(facts) = facts(node) else {
            return;
        };
        if let Some(read) = facts.read {
            read(object);
        }
        let mut left_out: Vec<String> = Vec::new();
        for (name, value) in object.iter_mut() {
            let place = node.position(name);
            if !place.is_some_and(|place| self.field(node, facts, place, name, value, path)) {
                left_out.push(name.clone());
            }
        }
        for name in left_out {
            object.remove(&name);
        }
        for &place in &facts.standing {
            let name = node.field_at(place).map_or("", |field| field.name());
            if object.contains_key(name) {
                continue;
            }
            let mut value = Value::Null;
            if self.field(node, facts, place, name, &mut value, path) {
                object.insert(name.to_owned(), value);
            }
        }
        if let Some(write) = facts.write {
            write(object);
        }
    }

    /// Rewrites a field, and tells whether it is written at all. One that is not there is null.
    fn field(
        &mut self,
        parent: Node<'static>,
        facts: &Facts,
        place: usize,
        name: &str,
        value: &mut Value,
        path: &Path<'_>,
    ) -> bool {
        let Some(field) = parent.field_at(place) else {
            return false;
        };
        if facts.untouched == Some(place) || field.name() != name {
            return true;
        }
        let how = facts.presence(place);
        let node = field.node();
        if value.is_null() {
            match absent(node, how) {
                Some(written) => *value = written,
                None => return false,
            }
        }
        if !value.is_null() {
            self.value(node, value, facts.resources, &Path::Field(path, name));
        }
        is_written(node, how, value)
    }

    fn list(
        &mut self,
        element: Node<'static>,
        value: &mut Value,
        resources: Resources,
        path: &Path<'_>,
    ) {
        let Value::Array(items) = value else {
            return self.unreadable("a list", path);
        };
        for (index, item) in items.iter_mut().enumerate() {
            zero_for_null(element, item);
            self.value(element, item, resources, &Path::Item(path, index));
        }
    }

    fn map(
        &mut self,
        element: Node<'static>,
        value: &mut Value,
        resources: Resources,
        path: &Path<'_>,
    ) {
        let Value::Object(entries) = value else {
            return self.unreadable("an object", path);
        };
        for (key, entry) in entries {
            zero_for_null(element, entry);
            self.value(element, entry, resources, &Path::Field(path, key));
        }
    }

    fn leaf(&mut self, leaf: Leaf, value: &mut Value, resources: Resources, path: &Path<'_>) {
        let written = match (leaf, &*value) {
            (Leaf::Quantity, _) => match quantity(value, resources) {
                Some(Cow::Borrowed(_)) => return,
                Some(Cow::Owned(text)) => Ok(text.into()),
                None => Err("a quantity"),
            },
            (Leaf::Time, Value::String(text)) => match time::seconds(text) {
                Some(Cow::Borrowed(_)) => return,
                Some(Cow::Owned(text)) => Ok(text.into()),
                None => Err("a time stamp"),
            },
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
            Err(expected) => self.unreadable(expected, path),
        }
    }

    fn unreadable(&mut self, expected: &'static str, path: &Path<'_>) {
        self.errors.push(Unreadable {
            path: path.to_string(),
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

/// The canonical text of a quantity.
fn quantity(value: &Value, resources: Resources) -> Option<Cow<'_, str>> {
    let (quantity, text) = match value {
        Value::String(text) => (Quantity::parse(text.trim())?, text.as_str()),
        Value::Number(number) => (Quantity::parse(&plain(number))?, ""),
        _ => return None,
    };
    let quantity = match resources {
        Resources::Yes => quantity.round_up_to_milli(),
        Resources::No => quantity,
    };
    Some(if quantity.is_kept_as(text) {
        text.into()
    } else {
        quantity.to_string().into()
    })
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
