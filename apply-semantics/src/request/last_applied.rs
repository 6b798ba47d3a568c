//! The annotation in which kubectl keeps what it applied on the client's side.
//!
//! The API server looks at it for the manager `kubectl` alone: so an object that was applied on the client's side can be
//! applied on the server's without conflicts, and back.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::{
    fieldset::FieldSet,
    go_text,
    typed::{Duplicates, Typed},
};

/// The annotation.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The one manager that the annotation means something for.
pub(super) const KUBECTL: &str = "kubectl";

const MAX_ANNOTATIONS: usize = 256 * 1024;

/// The fields that the annotation of a live object says are the manager's own: those that have not changed since.
pub(super) fn own_fields(live: &Typed, version: &str) -> Option<FieldSet> {
    let ty = live.ty();
    let value = live.value()?;
    let text = annotation(value).filter(|text| !text.is_empty())?;
    ty.validate(Some(value)).ok()?;
    let last: Value = serde_json::from_str(text).ok()?;
    last.get("kind")?.as_str().filter(|kind| !kind.is_empty())?;
    if last.get("apiVersion")? != version {
        return None;
    }
    let last = Typed::new(ty.clone(), last, Duplicates::Forbid).ok()?;
    let changes = last.compare(live).ok()?;
    Some(
        last.field_set()
            .ok()?
            .difference(&changes.modified)
            .difference(&changes.added)
            .difference(&changes.removed),
    )
}

/// The text of the annotation for a configuration.
pub(super) fn text(config: &Value) -> String {
    let mut config = config.clone();
    if let Some(metadata) = config.get_mut("metadata").and_then(Value::as_object_mut) {
        // The server reads the annotations as strings; if they are something else it drops them.
        match metadata.get_mut("annotations") {
            Some(Value::Object(annotations)) if annotations.values().all(Value::is_string) => {
                annotations.remove(LAST_APPLIED);
            }
            _ => drop(metadata.remove("annotations")),
        }
    }
    let mut text = String::new();
    write_json(&mut text, &config);
    text.push('\n');
    text
}

/// Brings the annotation of an object up to date, if it has one; answers whether that changes it. It goes away if the
/// annotations get too long with it.
pub(super) fn refresh(object: &mut Value, text: &str) -> bool {
    if annotation(object).is_none_or(|old| old.is_empty() || old == text) {
        return false;
    }
    let annotations = object
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut);
    let Some(annotations) = annotations else {
        return false;
    };
    annotations.insert(LAST_APPLIED.to_owned(), text.into());
    if size(annotations) > MAX_ANNOTATIONS {
        annotations.remove(LAST_APPLIED);
    }
    true
}

fn annotation(object: &Value) -> Option<&str> {
    object
        .pointer("/metadata/annotations")?
        .get(LAST_APPLIED)?
        .as_str()
}

fn size(annotations: &Map<String, Value>) -> usize {
    annotations
        .iter()
        .map(|(name, value)| name.len() + value.as_str().map_or(0, str::len))
        .sum()
}

/// Writes JSON as Go's standard library does: keys sorted, and characters that matter in HTML escaped.
fn write_json(out: &mut String, value: &Value) {
    match value {
        Value::Number(number) if number.as_i64().is_none() => {
            let text = go_text::float(number.as_f64().unwrap_or_default(), -6, 21);
            out.push_str(&text.replace("e-0", "e-").replace("e+0", "e+"));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => drop(write!(out, "{value}")),
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write_json(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (index, (name, value)) in entries.into_iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write_string(out, name);
                out.push(':');
                write_json(out, value);
            }
            out.push('}');
        }
    }
}

fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            char => out.push(char),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_annotation_is_written_as_go_writes_json() {
        let config = json!({
            "metadata": {"annotations": {LAST_APPLIED: "old"}, "name": "<a>\u{8}\u{1}\"é\u{2028}"},
            "a": [1, 2.5e-7, 1e21, 1e20, -0.5, 10e-11, null, true],
        });
        assert_eq!(
            text(&config),
            concat!(
                r#"{"a":[1,2.5e-7,1e+21,100000000000000000000,-0.5,1e-10,null,true],"#,
                r#""metadata":{"annotations":{},"name":"\u003ca\u003e\b\u0001\"é\u2028"}}"#,
                "\n"
            )
        );
    }

    #[test]
    fn the_annotation_is_dropped_when_it_gets_too_long() {
        let mut object = json!({"metadata": {"annotations": {LAST_APPLIED: "old", "a": "b"}}});
        assert!(refresh(&mut object, "new"));
        assert_eq!(object["metadata"]["annotations"][LAST_APPLIED], "new");
        assert!(!refresh(&mut object, "new"));
        assert!(refresh(&mut object, &"x".repeat(MAX_ANNOTATIONS)));
        assert_eq!(object["metadata"]["annotations"], json!({"a": "b"}));
        assert!(!refresh(&mut object, "new"));
    }
}
