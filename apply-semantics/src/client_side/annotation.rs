//! The annotation in which `kubectl apply` keeps what it applied last.
//!
//! Follows k8s.io/kubectl `pkg/util/apply.go`.

use std::fmt::Write as _;

use serde_json::{Number, Value};

use super::object;
use crate::go_text;

/// The annotation that holds the configuration applied last, as one line of JSON.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The text of the annotation in a live object; `None` if there is none.
pub fn last_applied(live: &Value) -> Option<String> {
    object::string(live, "annotations", LAST_APPLIED)
}

/// A manifest with the annotation that says that it was applied.
///
/// The annotation holds the manifest without the annotation itself, but with its other annotations, and be they none.
///
/// ```
/// use apply_semantics::client_side::{annotated, last_applied};
/// use serde_json::json;
///
/// let manifest = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a"}});
/// assert_eq!(
///     last_applied(&annotated(&manifest)).unwrap(),
///     "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"annotations\":{},\"name\":\"a\"}}\n"
/// );
/// ```
pub fn annotated(manifest: &Value) -> Value {
    let mut manifest = manifest.clone();
    let mut annotations = object::strings(&manifest, "annotations").unwrap_or_default();
    annotations.remove(LAST_APPLIED);
    object::set_strings(&mut manifest, "annotations", annotations.clone());
    annotations.insert(LAST_APPLIED.to_owned(), encode(&manifest));
    object::set_strings(&mut manifest, "annotations", annotations);
    manifest
}

/// A manifest with its annotation brought up to date, if it has one.
pub(super) fn refreshed(manifest: &Value) -> Value {
    if last_applied(manifest).is_some() {
        annotated(manifest)
    } else {
        manifest.clone()
    }
}

/// A manifest without the annotation, and with annotations, be they none.
pub(super) fn bare(manifest: &Value) -> Value {
    let mut manifest = manifest.clone();
    let mut annotations = object::strings(&manifest, "annotations").unwrap_or_default();
    annotations.remove(LAST_APPLIED);
    object::set_strings(&mut manifest, "annotations", annotations);
    manifest
}

/// A value as Kubernetes' encoder for objects without a type writes it: one line of JSON with sorted keys.
///
/// Follows Go's `encoding/json`, which escapes what HTML might take for its own.
pub fn encode(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out.push('\n');
    out
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (index, (key, item)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_string(out, key);
                out.push(':');
                write(out, item);
            }
            out.push('}');
        }
    }
}

/// Whole numbers that fit 64 bits as they are, others as floats; exponents have no leading zero.
fn write_number(out: &mut String, number: &Number) {
    if let Some(integer) = number.as_i64() {
        let _ = write!(out, "{integer}");
        return;
    }
    let text = go_text::float(number.as_f64().unwrap_or_default(), -6, 21);
    match text.split_once("e-0") {
        Some((digits, exponent)) => drop(write!(out, "{digits}e-{exponent}")),
        None => out.push_str(&text),
    }
}

fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            _ => out.push(char),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_go_writes_them() {
        for (value, text) in [
            (
                json!({"b": [1, 1.0, 0.5], "a": null}),
                r#"{"a":null,"b":[1,1,0.5]}"#,
            ),
            (json!(1e-7), "1e-7"),
            (json!(1.5e-12), "1.5e-12"),
            (json!(1e21), "1e+21"),
            (json!(1e20), "100000000000000000000"),
            (json!(u64::MAX), "18446744073709552000"),
            (
                json!("<a & b>\u{1}\u{8}\u{2028}\"\\é"),
                r#""\u003ca \u0026 b\u003e\u0001\b\u2028\"\\é""#,
            ),
        ] {
            assert_eq!(encode(&value), format!("{text}\n"), "{value}");
        }
    }

    #[test]
    fn an_annotation_never_holds_itself() {
        let manifest = json!({"metadata": {"annotations": {"a": "b"}}});
        let once = annotated(&manifest);
        assert_eq!(annotated(&once), once);
        assert_eq!(bare(&once), manifest);
        assert_eq!(refreshed(&manifest), manifest);
        assert_eq!(
            last_applied(&once).unwrap(),
            "{\"metadata\":{\"annotations\":{\"a\":\"b\"}}}\n"
        );
    }
}
