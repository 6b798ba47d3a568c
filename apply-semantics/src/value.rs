//! When values are equal, how they are ordered, and how they are written in paths.
//!
//! Numbers are compared by value, so `1` is `1.0`; a float on either side makes the comparison one of floats. This follows
//! the `value` package of structured-merge-diff.

use std::{cmp::Ordering, fmt::Write as _};

use serde_json::{Map, Number, Value};

use crate::{
    go_text,
    scan::{write_html_string, write_string},
};

/// Whether two values are equal.
///
/// ```
/// use apply_semantics::value::equal;
/// use serde_json::json;
/// assert!(equal(&json!({"a": 1, "b": [2.0]}), &json!({"b": [2], "a": 1.0})));
/// ```
pub fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right).is_eq(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| equal(left, right)))
        }
        _ => left == right,
    }
}

/// The order of values: numbers, strings, booleans, lists, maps, null; lists and maps entry by entry.
pub fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right),
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Array(left), Value::Array(right)) => {
            let mut pairs = left
                .iter()
                .zip(right)
                .map(|(left, right)| compare(left, right));
            pairs
                .find(|order| order.is_ne())
                .unwrap_or_else(|| left.len().cmp(&right.len()))
        }
        (Value::Object(left), Value::Object(right)) => compare_maps(left, right),
        _ => rank(left).cmp(&rank(right)),
    }
}

/// The JSON text of a value as it stands in a path element: keys sorted, characters that matter in HTML escaped.
pub fn path_text(value: &Value) -> String {
    let mut out = String::new();
    write_path_text(&mut out, value);
    out
}

/// The text of a value in messages: strings as Go quotes them, `[a,b]` for a list, `a=1b=2` for a map.
pub fn display(value: &Value) -> String {
    let mut out = String::new();
    write_display(&mut out, value);
    out
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
        Value::Null => 5,
    }
}

fn compare_numbers(left: &Number, right: &Number) -> Ordering {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        return left.cmp(&right);
    }
    let float = |number: &Number| number.as_f64().unwrap_or_default();
    float(left)
        .partial_cmp(&float(right))
        .unwrap_or(Ordering::Equal)
}

/// Walks the sorted union of keys; the map that is used up first is less, and so is the one that has a key the other lacks.
fn compare_maps(left: &Map<String, Value>, right: &Map<String, Value>) -> Ordering {
    let mut keys: Vec<&String> = left
        .keys()
        .chain(right.keys().filter(|key| !left.contains_key(*key)))
        .collect();
    keys.sort();
    for (step, key) in keys.into_iter().enumerate() {
        if step == left.len() {
            return Ordering::Less;
        }
        if step == right.len() {
            return Ordering::Greater;
        }
        let order = match (left.get(key), right.get(key)) {
            (Some(left), Some(right)) => compare(left, right),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

pub(crate) fn write_path_text(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => write_number(out, number, -6, 21),
        Value::String(text) => write_html_string(out, text),
        Value::Array(items) => {
            out.push('[');
            separated(out, items.iter(), write_path_text);
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            separated(out, sorted(map).into_iter(), |out, (key, value)| {
                write_html_string(out, key);
                out.push(':');
                write_path_text(out, value);
            });
            out.push('}');
        }
    }
}

pub(crate) fn write_display(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => write_number(out, number, -4, 6),
        Value::String(text) => go_text::write_quoted(out, text),
        Value::Array(items) => {
            out.push('[');
            separated(out, items.iter(), write_display);
            out.push(']');
        }
        Value::Object(map) => {
            for (key, value) in sorted(map) {
                out.push_str(key);
                out.push('=');
                write_display(out, value);
            }
        }
    }
}

fn separated<T>(out: &mut String, items: impl Iterator<Item = T>, write: impl Fn(&mut String, T)) {
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(out, item);
    }
}

fn sorted(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    entries
}

fn write_number(out: &mut String, number: &Number, low: i32, high: i32) {
    match number.as_i64() {
        Some(integer) => {
            let _ = write!(out, "{integer}");
        }
        None => out.push_str(&go_text::float(
            number.as_f64().unwrap_or_default(),
            low,
            high,
        )),
    }
}

/// Appends the key of a key field, which is escaped less than a string value.
pub(crate) fn write_name(out: &mut String, name: &str) {
    write_string(out, name);
}
