//! Values as Go prints them.

use std::fmt::Write as _;

use serde_json::Value;

/// A value under `%v`: `map[spec:map[replicas:3]]`.
pub(crate) fn map(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::String(text) => out.push_str(text),
        // A whole number is written as one, whatever it was before.
        Value::Number(number) if !number.is_i64() && number.as_f64().is_some_and(is_whole) => {
            let _ = write!(out, "{:.0}", number.as_f64().unwrap_or_default());
        }
        Value::Bool(_) | Value::Number(_) => {
            let _ = write!(out, "{value}");
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                write(out, item);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push_str("map[");
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            for (index, (name, value)) in fields.into_iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                let _ = write!(out, "{name}:");
                write(out, value);
            }
            out.push(']');
        }
    }
}

/// Whether Go writes a float without fraction and exponent.
fn is_whole(number: f64) -> bool {
    number.fract() == 0.0 && number.abs() < 1e21
}
