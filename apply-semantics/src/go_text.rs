//! How Go prints JSON values: the orders and identities of the originals hang on these texts.

use std::fmt::Write as _;

use serde_json::{Number, Value};

/// The text of a value under Go's `%v`.
pub(crate) fn display(value: &Value) -> String {
    let mut out = String::new();
    write_display(&mut out, value);
    out
}

fn write_display(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => out.push_str(text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                write_display(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push_str("map[");
            for (index, (key, item)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                out.push_str(key);
                out.push(':');
                write_display(out, item);
            }
            out.push(']');
        }
    }
}

fn write_number(out: &mut String, number: &Number) {
    if let Some(integer) = number.as_i64() {
        let _ = write!(out, "{integer}");
    } else {
        out.push_str(&float(number.as_f64().unwrap_or_default(), -4, 6));
    }
}

/// A float with the fewest digits that read back the same; with an exponent below `low` and from `high` on.
pub(crate) fn float(value: f64, low: i32, high: i32) -> String {
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if exponent >= low && exponent < high {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_print_as_go_prints_them() {
        assert_eq!(
            display(&json!({"b": [1, null], "a": {"x": true}})),
            "map[a:map[x:true] b:[1 <nil>]]"
        );
        assert_eq!(display(&json!(0.5)), "0.5");
        assert_eq!(display(&json!(1e20)), "1e+20");
        assert_eq!(display(&json!(123_456.789)), "123456.789");
        assert_eq!(display(&json!(1_000_000.0)), "1e+06");
        assert_eq!(display(&json!(0.00001)), "1e-05");
        assert_eq!(display(&json!(-0.0)), "-0");
    }
}
