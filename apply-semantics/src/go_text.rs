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

/// Appends a string as Go's `%q` quotes it.
pub(crate) fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            ' '..='~' => out.push(char),
            '\0'..='\u{7f}' => drop(write!(out, "\\x{:02x}", u32::from(char))),
            char if is_printable(char) => out.push(char),
            '\0'..='\u{ffff}' => drop(write!(out, "\\u{:04x}", u32::from(char))),
            char => drop(write!(out, "\\U{:08x}", u32::from(char))),
        }
    }
    out.push('"');
}

/// Whether a character is a letter, mark, number, punctuation or symbol. Marks show as
/// such only behind another character.
fn is_printable(char: char) -> bool {
    format!("a{char}").escape_debug().count() == 2
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

    #[test]
    fn strings_are_quoted_as_go_quotes_them() {
        let mut out = String::new();
        write_quoted(&mut out, "a\"\\\u{7f}\0\ne\u{301}é\u{2028}😀\u{e0001}");
        assert_eq!(
            out,
            "\"a\\\"\\\\\\x7f\\x00\\ne\u{301}é\\u2028😀\\U000e0001\""
        );
    }
}
