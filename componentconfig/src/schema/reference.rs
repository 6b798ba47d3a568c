//! Reference documentation in Markdown.

use std::fmt::Write;

use serde_json::Value;

use super::is_something;
use crate::GroupVersionKind;

/// A page about a kind: its own fields first, then those of every type in it.
pub(super) fn write(kind: &GroupVersionKind, schema: &Value, defaults: &Value) -> String {
    let mut page = format!("# {}\n\n", kind.kind());
    // Writing to a String cannot fail.
    let _ = writeln!(
        page,
        "`apiVersion: {}`, `kind: {}`\n",
        kind.api_version(),
        kind.kind()
    );
    section(&mut page, schema, Some(defaults));
    let definitions = schema.get("$defs").and_then(Value::as_object);
    for (name, definition) in definitions.into_iter().flatten() {
        let _ = writeln!(page, "\n## {name}\n");
        section(&mut page, definition, None);
    }
    page
}

fn section(page: &mut String, schema: &Value, defaults: Option<&Value>) {
    if let Some(description) = schema.get("description").and_then(Value::as_str) {
        let _ = writeln!(page, "{description}\n");
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let fields = properties.into_iter().flatten();
    let fields: Vec<_> = fields
        .filter(|(_, field)| field.get("const").is_none())
        .collect();
    if fields.is_empty() {
        page.push_str("No fields.\n");
        return;
    }
    page.push_str("| field | type | meaning |\n| --- | --- | --- |\n");
    for (name, field) in fields {
        let default = defaults
            .and_then(|defaults| defaults.get(name))
            .filter(|value| is_something(value) && !value.is_object());
        let meaning = field
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let _ = write!(page, "| `{name}` | {} | {}", type_of(field), cell(meaning));
        if let Some(default) = default.filter(|_| !meaning.contains("efault")) {
            let _ = write!(page, " Default `{}`.", cell(&default.to_string()));
        }
        page.push_str(" |\n");
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn type_of(schema: &Value) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next().unwrap_or_default();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
        let all = any.iter().map(type_of).filter(|name| name != "null");
        return all.collect::<Vec<_>>().join(" or ");
    }
    match schema.get("type") {
        Some(Value::String(name)) => named(name, schema),
        Some(Value::Array(names)) => {
            let names = names
                .iter()
                .filter_map(Value::as_str)
                .filter(|name| *name != "null");
            names
                .map(|name| named(name, schema))
                .collect::<Vec<_>>()
                .join(" or ")
        }
        _ => "anything".to_owned(),
    }
}

fn named(name: &str, schema: &Value) -> String {
    let pattern = schema
        .get("pattern")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let format = schema
        .get("format")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match name {
        "array" => format!(
            "list of {}",
            schema.get("items").map_or("anything".to_owned(), type_of)
        ),
        "object" => match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) => format!("map of {}", type_of(values)),
            _ => "map".to_owned(),
        },
        "string" if pattern.contains("ns|us") => "duration".to_owned(),
        "string" if format == "date-time" => "time".to_owned(),
        "integer" if !format.is_empty() => format.to_owned(),
        other => other.to_owned(),
    }
}
