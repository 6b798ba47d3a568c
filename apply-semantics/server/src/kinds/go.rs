//! How values look in messages of the server: as JSON of its internal Go structs, which have no JSON names, or of the few
//! types that have.
//!
//! `shapes.txt` has a line a type, with its fields in the order of the Go struct: JSON name, `*` for a pointer, `?` for
//! `omitempty`, `0` for `omitzero`, and after `=` the Go name where it is not the JSON name with a capital. What is embedded is written
//! out. The order is that of the internal types where they differ from version 1; a line with `~` before the name has the order of
//! version 1 then, or of a type that has no other line.

use std::{collections::HashMap, sync::LazyLock};

use apply_semantics::types::{Leaf, Node, Shape, builtin};
use serde_json::Value;

use super::read::{at, is_empty};

#[derive(Debug, Clone, Copy)]
struct Field {
    name: &'static str,
    go_name: Option<&'static str>,
    pointer: bool,
    omit_empty: bool,
}

/// Something to print: JSON with an order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Text(String),
    List(Vec<Tree>),
    Struct(Vec<(String, Tree)>),
}

/// A value as compact JSON, its keys sorted, as Go writes it.
pub(super) fn json(value: &Value) -> String {
    plain(value).compact()
}

/// A value of a built-in type as the internal Go type prints it. Types of `meta.v1` keep their JSON names.
pub(super) fn internal(value: &Value, type_name: &str) -> Tree {
    match builtin().named(type_name) {
        Some(node) => structure(value, node, type_name),
        None => plain(value),
    }
}

/// A value of a type of version 1 as the server writes it: the fields that are there, in the order of the Go struct.
pub(super) fn versioned(value: &Value, node: Option<Node<'_>>) -> Tree {
    let shape = node.map(Node::shape);
    match (value, shape) {
        (Value::Object(object), Some(Shape::Struct(name))) => {
            let order = fields(&format!("~{name}")).or_else(|| fields(name));
            let mut names: Vec<&str> = order
                .into_iter()
                .flatten()
                .map(|field| field.name)
                .filter(|name| object.contains_key(*name))
                .collect();
            let rest = object.keys().map(String::as_str);
            let rest: Vec<&str> = rest.filter(|name| !names.contains(name)).collect();
            names.extend(rest);
            let entries = names.into_iter().filter_map(|name| {
                let inner = node.and_then(|node| node.field(name));
                let inner = inner.map(apply_semantics::types::Field::node);
                Some((name.to_owned(), versioned(object.get(name)?, inner)))
            });
            Tree::Struct(entries.collect())
        }
        (Value::Object(object), Some(Shape::Map(inner))) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries = entries.into_iter();
            Tree::Struct(
                entries
                    .map(|(key, value)| (key.clone(), versioned(value, Some(inner))))
                    .collect(),
            )
        }
        (Value::Array(items), Some(Shape::List(element))) => {
            let items = items.iter();
            Tree::List(items.map(|item| versioned(item, Some(element))).collect())
        }
        _ => plain(value),
    }
}

/// As [`internal`], without some fields: for a part that is embedded in a type.
pub(super) fn internal_without(value: &Value, type_name: &str, left_out: &[&str]) -> Tree {
    let mut tree = internal(value, type_name);
    let fields = fields(type_name).unwrap_or_default();
    let left_out = fields.iter().filter(|field| left_out.contains(&field.name));
    let left_out: Vec<String> = left_out.map(|field| go_name(*field)).collect();
    if let Tree::Struct(entries) = &mut tree {
        entries.retain(|(name, _)| !left_out.contains(name));
    }
    tree
}

/// A list of values of a built-in type, or null if there are none.
pub(super) fn internal_list(values: &[Value], type_name: &str) -> Tree {
    if values.is_empty() {
        return Tree::null();
    }
    Tree::List(
        values
            .iter()
            .map(|value| internal(value, type_name))
            .collect(),
    )
}

impl Tree {
    fn null() -> Self {
        Self::Text("null".to_owned())
    }

    /// On one line, without blanks.
    pub(super) fn compact(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, None);
        out
    }

    /// A line a value, indented by one blank a level.
    pub(super) fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, Some(0));
        out
    }

    fn write(&self, out: &mut String, level: Option<usize>) {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::List(items) => {
                let items = items.iter().map(|item| (None, item));
                sequence(out, level, ('[', ']'), items);
            }
            Self::Struct(fields) => {
                let fields = fields.iter().map(|(name, value)| (Some(name), value));
                sequence(out, level, ('{', '}'), fields);
            }
        }
    }
}

fn sequence<'a>(
    out: &mut String,
    level: Option<usize>,
    (open, close): (char, char),
    items: impl ExactSizeIterator<Item = (Option<&'a String>, &'a Tree)>,
) {
    out.push(open);
    let empty = items.len() == 0;
    for (index, (name, item)) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        line(out, level.map(|level| level + 1));
        if let Some(name) = name {
            out.push_str(&string(name));
            out.push_str(if level.is_some() { ": " } else { ":" });
        }
        item.write(out, level.map(|level| level + 1));
    }
    if !empty {
        line(out, level);
    }
    out.push(close);
}

fn line(out: &mut String, level: Option<usize>) {
    if let Some(level) = level {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', level));
    }
}

/// The value of a struct, map, list or scalar that stands at a place of the schema.
fn placed(value: &Value, node: Node<'_>, field: Field) -> Tree {
    match node.shape() {
        Shape::Struct(_) if value.is_null() && field.pointer => Tree::null(),
        Shape::Struct(name) => structure(value, node, name),
        Shape::List(_) | Shape::Map(_) if value.is_null() => Tree::null(),
        Shape::List(element) => {
            let items = value.as_array().into_iter().flatten();
            Tree::List(items.map(|item| placed(item, element, ELEMENT)).collect())
        }
        Shape::Map(inner) => {
            let mut entries: Vec<_> = value.as_object().into_iter().flatten().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries = entries.into_iter();
            Tree::Struct(
                entries
                    .map(|(key, value)| (key.clone(), placed(value, inner, ELEMENT)))
                    .collect(),
            )
        }
        Shape::Leaf(_) if !value.is_null() => plain(value),
        Shape::Leaf(leaf) if !field.pointer => Tree::Text(zero(leaf).to_owned()),
        _ => Tree::null(),
    }
}

const ELEMENT: Field = Field {
    name: "",
    go_name: None,
    pointer: false,
    omit_empty: false,
};

fn structure(value: &Value, node: Node<'_>, name: &str) -> Tree {
    let Some(fields) = fields(name) else {
        return plain(value);
    };
    let has_json_names = name.starts_with("meta.");
    let lifted = lifted(value, name);
    let mut out = Vec::new();
    for field in fields {
        let inner = lifted
            .as_ref()
            .filter(|_| field.name == "securityContext")
            .unwrap_or_else(|| at(value, field.name));
        let node = node
            .field(field.name)
            .map(apply_semantics::types::Field::node);
        if field.name == "metadata" {
            // Embedded, with JSON names.
            if let Some(Tree::Struct(inner)) = node.map(|node| placed(inner, node, ELEMENT)) {
                out.extend(inner);
            }
            continue;
        }
        if has_json_names && field.omit_empty && is_nothing(inner) {
            continue;
        }
        let tree = match node {
            Some(node) => placed(inner, node, *field),
            None if inner.is_null() && !field.pointer => Tree::Text("false".to_owned()),
            None => plain(inner),
        };
        let name = if has_json_names {
            field.name.to_owned()
        } else {
            go_name(*field)
        };
        out.push((name, tree));
    }
    Tree::Struct(out)
}

/// The security context of a pod as the internal type has it, with what stands beside it in version 1; always there.
fn lifted(value: &Value, name: &str) -> Option<Value> {
    if name != "core.v1.PodSpec" {
        return None;
    }
    let mut context = at(value, "securityContext")
        .as_object()
        .cloned()
        .unwrap_or_default();
    for key in [
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "shareProcessNamespace",
        "hostUsers",
    ] {
        if let Some(host) = value.get(key) {
            context.insert(key.to_owned(), host.clone());
        }
    }
    Some(Value::Object(context))
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Bool(flag) => !flag,
        other => is_empty(other),
    }
}

fn zero(leaf: Leaf) -> &'static str {
    match leaf {
        Leaf::String => "\"\"",
        Leaf::Quantity => "\"0\"",
        Leaf::Integer | Leaf::Number | Leaf::IntOrString => "0",
        Leaf::Boolean => "false",
        _ => "null",
    }
}

fn plain(value: &Value) -> Tree {
    match value {
        Value::String(text) => Tree::Text(string(text)),
        Value::Array(items) => Tree::List(items.iter().map(plain).collect()),
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            Tree::Struct(
                entries
                    .into_iter()
                    .map(|(key, value)| (key.clone(), plain(value)))
                    .collect(),
            )
        }
        other => Tree::Text(other.to_string()),
    }
}

/// A text as Go writes it in JSON: what matters in HTML is escaped.
fn string(text: &str) -> String {
    let quoted = Value::String(text.to_owned()).to_string();
    let mut out = String::with_capacity(quoted.len());
    for c in quoted.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out
}

fn go_name(field: Field) -> String {
    if let Some(name) = field.go_name {
        return name.to_owned();
    }
    let mut chars = field.name.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

fn fields(type_name: &str) -> Option<&'static [Field]> {
    static TABLE: LazyLock<HashMap<&'static str, Vec<Field>>> = LazyLock::new(|| {
        let lines = include_str!("shapes.txt").lines();
        let lines = lines.filter_map(|line| line.split_once(' '));
        lines
            .map(|(name, fields)| (name, fields.split(' ').map(field).collect()))
            .collect()
    });
    TABLE.get(type_name).map(Vec::as_slice)
}

fn field(word: &'static str) -> Field {
    let (word, go_name) = match word.split_once('=') {
        Some((word, go_name)) => (word, Some(go_name)),
        None => (word, None),
    };
    let end = word.find(['*', '?', '0']).unwrap_or(word.len());
    let (name, marks) = word.split_at(end);
    Field {
        name,
        go_name,
        pointer: marks.contains('*'),
        omit_empty: marks.contains('?') || marks.contains('0'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn internal_types_print_every_field() {
        let port = json!({"protocol": "UDP", "port": 53});
        assert_eq!(
            internal(&port, "core.v1.ServicePort").compact(),
            r#"{"Name":"","Protocol":"UDP","AppProtocol":null,"Port":53,"TargetPort":0,"NodePort":0}"#
        );
    }

    #[test]
    fn metadata_keeps_its_json_names() {
        let selector = json!({"matchLabels": {"b": "<", "a": "x"}});
        assert_eq!(
            internal(&selector, "meta.v1.LabelSelector").compact(),
            "{\"matchLabels\":{\"a\":\"x\",\"b\":\"\\u003c\"}}"
        );
        let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {}});
        let text = internal(&template, "core.v1.PodTemplateSpec").compact();
        assert!(
            text.starts_with(r#"{"labels":{"a":"b"},"Spec":{"Volumes":null,"InitContainers":null"#),
            "{text}"
        );
        assert!(
            text.contains(r#""SecurityContext":{"HostNetwork":false,"HostPID":false"#),
            "{text}"
        );
    }

    #[test]
    fn pretty_is_indented_by_one() {
        let tree = internal(&json!({"labelSelector": {}, "items": []}), "no.such");
        assert_eq!(
            tree.pretty(),
            "{\n \"items\": [],\n \"labelSelector\": {}\n}"
        );
    }
}
