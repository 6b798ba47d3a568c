//! Tables for people.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::{kinds, registry::Resource};

/// The table of some objects of a resource. Rows carry the metadata of their objects, the whole objects, or nothing, as `include` says.
pub(crate) fn table(
    resource: &Resource,
    objects: &[&Value],
    metadata: &Value,
    include: &str,
    now: &str,
) -> Value {
    let (columns, cells): (Cow<'_, [Value]>, Cells<'_>) = match &resource.custom {
        Some(custom) => custom_columns(custom.columns(), now),
        None => (
            Cow::Borrowed(kinds::table_columns(
                &resource.api_version(),
                &resource.kind,
            )),
            Box::new(|object| kinds::table_row(object, now)),
        ),
    };
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let mut row = json!({"cells": cells(object)});
            if let Some(row) = row.as_object_mut() {
                let shown = match include {
                    "None" => Value::Null,
                    "Object" => Value::clone(object),
                    _ => crate::http::metadata_of(object),
                };
                row.insert("object".to_owned(), shown);
            }
            row
        })
        .collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
        "columnDefinitions": columns, "rows": rows,
    })
}

type Cells<'a> = Box<dyn Fn(&Value) -> Vec<Value> + 'a>;

const NAME: &str = "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
const CREATED: &str = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

fn column(name: &str, kind: &str, format: &str, description: &str, priority: i64) -> Value {
    json!({"name": name, "type": kind, "format": format, "description": description, "priority": priority})
}

/// What a definition wants printed; without wishes, the age.
fn custom_columns<'a>(wanted: &'a [Value], now: &'a str) -> (Cow<'a, [Value]>, Cells<'a>) {
    let age = json!({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp", "description": CREATED});
    let wanted: Vec<Cow<'_, Value>> = if wanted.is_empty() {
        vec![Cow::Owned(age)]
    } else {
        wanted.iter().map(Cow::Borrowed).collect()
    };
    let mut columns = vec![column("Name", "string", "name", NAME, 0)];
    for column_of in &wanted {
        let text = |name: &str| {
            column_of
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let priority = column_of
            .get("priority")
            .and_then(Value::as_i64)
            .unwrap_or_default();
        let path = text("jsonPath");
        let described = format!("Custom resource definition column (in JSONPath format): {path}");
        let description = if text("description").is_empty() {
            &described
        } else {
            text("description")
        };
        columns.push(column(
            text("name"),
            text("type"),
            text("format"),
            description,
            priority,
        ));
    }
    let cells = move |object: &Value| {
        let name = object
            .pointer("/metadata/name")
            .cloned()
            .unwrap_or_default();
        let others = wanted.iter().map(|column| {
            let text = |name: &str| column.get(name).and_then(Value::as_str).unwrap_or_default();
            find(object, text("jsonPath"))
                .first()
                .map_or(Value::Null, |value| cell(value, text("type"), now))
        });
        std::iter::once(name).chain(others).collect()
    };
    (Cow::Owned(columns), Box::new(cells))
}

/// A value as a cell of that type; null if it does not fit.
fn cell(value: &Value, kind: &str, now: &str) -> Value {
    match (kind, value) {
        ("string", Value::Object(_) | Value::Array(_)) => crate::go_text::map(value).into(),
        ("string", Value::String(_))
        | ("boolean", Value::Bool(_))
        | ("number", Value::Number(_)) => value.clone(),
        ("string", Value::Bool(_) | Value::Number(_)) => value.to_string().into(),
        ("date", Value::String(time)) => kinds::since(time, now),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the original cuts fractions off, too"
        )]
        ("integer", Value::Number(number)) => match number.as_f64() {
            Some(float) if number.is_f64() => json!(float as i64),
            _ => value.clone(),
        },
        _ => Value::Null,
    }
}

/// The values at a JSONPath of the simple kind that definitions use: fields, indexes, wildcards, and filters by equality.
fn find<'a>(object: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![object];
    let mut rest = path.trim_start_matches('.');
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (inside, after) = inner.split_once(']').unwrap_or((inner, ""));
            found = found
                .into_iter()
                .flat_map(|value| subscript(value, inside))
                .collect();
            rest = after.trim_start_matches('.');
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            found = found
                .into_iter()
                .filter_map(|value| value.get(name))
                .collect();
            rest = after.strip_prefix('.').unwrap_or(after);
        }
    }
    found
}

fn subscript<'a>(value: &'a Value, inside: &str) -> Vec<&'a Value> {
    let items = value.as_array().map_or(&[][..], Vec::as_slice);
    if inside == "*" {
        return items.iter().collect();
    }
    if let Ok(index) = inside.parse::<usize>() {
        return items.get(index).into_iter().collect();
    }
    let unquoted = inside.trim_matches(['\'', '"']);
    if unquoted != inside {
        return value.get(unquoted).into_iter().collect();
    }
    let filter = inside
        .strip_prefix("?(@.")
        .and_then(|filter| filter.strip_suffix(')'));
    let Some((name, wanted)) = filter.and_then(|filter| filter.split_once("==")) else {
        return Vec::new();
    };
    let wanted = wanted.trim().trim_matches(['\'', '"']);
    let name = name.trim();
    let matches = |item: &&Value| item.get(name).and_then(Value::as_str) == Some(wanted);
    items.iter().filter(matches).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_columns_are_followed() {
        let object = json!({"spec": {"list": [{"a": 1}, {"a": 2}], "k.x": "v"}, "status": {"conditions": [
            {"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"},
        ]}});
        assert_eq!(find(&object, ".spec.list[1].a"), [&json!(2)]);
        assert_eq!(find(&object, ".spec.list[*].a").len(), 2);
        assert_eq!(find(&object, ".spec['k.x']"), [&json!("v")]);
        assert_eq!(
            find(&object, ".status.conditions[?(@.type==\"Ready\")].status"),
            [&json!("True")]
        );
        assert!(find(&object, ".spec.nothing").is_empty());
    }
}
