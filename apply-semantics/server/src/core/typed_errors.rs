//! What is not valid about a configuration, in the words of structured-merge-diff.

use apply_semantics::{
    patch::JsonKind,
    typed::{Reason, ValidationErrors},
};
use serde_json::Value;

use crate::go_text;

/// All errors, as the original writes them; `config` is what they are about.
pub(super) fn text(errors: &ValidationErrors, config: &Value) -> String {
    let texts: Vec<String> = errors
        .iter()
        .map(|error| one(&error.path, &error.reason, config))
        .collect();
    texts.join("\n")
}

fn one(path: &str, reason: &Reason, config: &Value) -> String {
    match reason {
        Reason::Duplicate => match split_last(path) {
            Some((list, key)) => format!("{list}: duplicate entries for key {key}"),
            None => format!("{path}: {reason}"),
        },
        Reason::ElementNoScalar(JsonKind::Null) => match split_last(path) {
            Some((list, index)) => format!(
                "{list}: element {}: associative list without keys has an element that's an explicit null",
                index.trim_matches(['[', ']'])
            ),
            None => format!("{path}: {reason}"),
        },
        Reason::Expected {
            wanted,
            found: Some(_),
        } => {
            let value = find(config, path).unwrap_or(&Value::Null);
            format!("{path}: expected {}", expected(wanted, value))
        }
        other => format!("{path}: {other}"),
    }
}

/// What was wanted, and what is there instead.
fn expected(wanted: &str, value: &Value) -> String {
    let text = go_text::map(value);
    match wanted {
        "a number" => format!("numeric (int or float), got {}", go_type(value)),
        "a string" => format!(
            "string, got &value.valueUnstructured{{Value:{}}}",
            literal(value, &text)
        ),
        "a boolean" => format!(
            "boolean, got &value.valueUnstructured{{Value:{}}}",
            literal(value, &text)
        ),
        "a list" => format!("list, got &{{{text}}}"),
        _ => format!("map, got &{{{text}}}"),
    }
}

/// The type of a value under `%T`.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// A value under `%#v`, where it is simple.
fn literal(value: &Value, text: &str) -> String {
    match value {
        Value::String(text) => crate::call::go_quoted(text),
        Value::Null => "interface {}(nil)".to_owned(),
        _ => text.to_owned(),
    }
}

/// The list and the key of an element: `.spec.ports` and `[port=80]`.
fn split_last(path: &str) -> Option<(&str, &str)> {
    let at = path.rfind('[')?;
    path.ends_with(']').then(|| path.split_at(at))
}

/// The value at a path of the engine, such as `.spec.ports[name="a"].port`.
fn find<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let mut value = object;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let (inside, after) = after.split_once(']')?;
            value = element(value, inside)?;
            rest = after;
        } else {
            let after = rest.strip_prefix('.').unwrap_or(rest);
            // Names may have dots in them: the longest one that is there is meant.
            let ends = after
                .match_indices(['.', '['])
                .map(|(at, _)| at)
                .chain([after.len()]);
            let mut names: Vec<usize> = ends.collect();
            names.reverse();
            let end = names.into_iter().find(|end| {
                after
                    .get(..*end)
                    .is_some_and(|name| value.get(name).is_some())
            })?;
            let (name, after) = after.split_at(end);
            value = value.get(name)?;
            rest = after;
        }
    }
    Some(value)
}

fn element<'a>(list: &'a Value, key: &str) -> Option<&'a Value> {
    let items = list.as_array()?;
    if let Ok(index) = key.parse::<usize>() {
        return items.get(index);
    }
    let pairs: Vec<(&str, &str)> = key
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .collect();
    items.iter().find(|item| {
        pairs.iter().all(|(name, wanted)| match item.get(name) {
            Some(found) => serde_json::from_str(wanted).is_ok_and(|wanted: Value| *found == wanted),
            // A key that is left out has its default.
            None => true,
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_found_by_the_paths_of_errors() {
        let object = json!({"metadata": {"annotations": {"a.b/c": 1}}, "spec": {"ports": [{"name": "x"}, {"name": "y", "port": "80"}]}});
        assert_eq!(
            find(&object, ".metadata.annotations.a.b/c"),
            Some(&json!(1))
        );
        assert_eq!(
            find(&object, ".spec.ports[name=\"y\"].port"),
            Some(&json!("80"))
        );
        assert_eq!(
            split_last(".spec.ports[port=80]"),
            Some((".spec.ports", "[port=80]"))
        );
    }
}
