//! The built-in types, embedded as a text of one line a type.
//!
//! `table.txt` is generated from the recorded facts by `tests/builtin_types.rs`, which also fails when it is out of
//! date. A line is `name field:NODE field:NODE ...`, with `!` before the name of an atomic struct; `=kind index` names a
//! kind. NODE is a letter as in the condensed form, `@index` a type by its line, `[NODE]` a list, `{NODE}` a map; then
//! markers, each behind `;`: `m,key,key` list of type map, `s` set, `a` atomic, `g` granular, `pm` `pk` `pmk` `pr` patch
//! strategy, `k,key` patch merge key, `d` and a default as JSON.

use std::{borrow::Cow, sync::OnceLock};

use super::{
    FieldDef, Leaf, ListType, MapType, NodeDef, ShapeDef, Strategy, Text, TypeDef, Types, prefix,
};

static TABLE: &str = include_str!("table.txt");

/// The types of every kind that an API server of Kubernetes 1.36 stores or accepts, alpha and beta ones included.
///
/// The table is read on first use and shared.
pub fn builtin() -> &'static Types {
    static TYPES: OnceLock<Types> = OnceLock::new();
    TYPES.get_or_init(|| read(TABLE))
}

/// Reads a table. The text is ours, so what it does not understand it leaves out; the tests compare with the facts.
fn read(table: &'static str) -> Types {
    let mut types = Types::default();
    for line in table.lines() {
        if let Some((kind, index)) = line.strip_prefix('=').and_then(|line| line.split_once(' ')) {
            types
                .kinds
                .insert(Cow::Borrowed(kind), index.parse().unwrap_or_default());
        } else {
            let def = type_def(line);
            types.names.insert(def.name.clone(), types.defs.len());
            types.defs.push(def);
        }
    }
    types
}

fn type_def(line: &'static str) -> TypeDef {
    let mut parts = line.split(' ');
    let name = parts.next().unwrap_or_default();
    let fields = parts
        .filter_map(|part| part.split_once(':'))
        .filter_map(|(name, node)| field(name, node));
    TypeDef {
        name: Cow::Borrowed(name.trim_start_matches('!')),
        atomic: name.starts_with('!'),
        fields: fields.collect(),
    }
}

fn field(name: &'static str, text: &'static str) -> Option<FieldDef> {
    let mut field = FieldDef {
        name: Cow::Borrowed(name),
        prefix: prefix(name),
        node: NodeDef::plain(ShapeDef::Leaf(Leaf::Any)),
        strategy: Strategy::default(),
        merge_key: Text::default(),
        default: None,
    };
    let (mut node, mut rest) = shape(text)?;
    while let Some(marker) = rest.strip_prefix(';') {
        let end = marker.find(';').unwrap_or(marker.len());
        let (marker, after) = marker.split_at(end);
        field_marker(&mut field, &mut node, marker);
        rest = after;
    }
    field.node = node;
    Some(field)
}

fn field_marker(field: &mut FieldDef, node: &mut NodeDef, marker: &'static str) {
    if let Some(letters) = marker.strip_prefix('p') {
        field.strategy.merge = letters.contains('m');
        field.strategy.retain_keys = letters.contains('k');
        field.strategy.replace = letters.contains('r');
    } else if let Some(key) = marker.strip_prefix("k,") {
        field.merge_key = Cow::Borrowed(key);
    } else if let Some(json) = marker.strip_prefix('d') {
        field.default = serde_json::from_str(json).ok();
    } else {
        node_marker(node, marker);
    }
}

fn node_marker(node: &mut NodeDef, marker: &'static str) {
    let is_list = matches!(node.shape, ShapeDef::List(_));
    match marker {
        "s" => node.list = ListType::Set,
        "a" if is_list => node.list = ListType::Atomic,
        "a" => node.map = MapType::Atomic,
        "g" => node.map = MapType::Granular,
        _ => {
            if let Some(keys) = marker.strip_prefix("m,") {
                node.list = ListType::Map;
                node.keys = keys.split(',').map(Cow::Borrowed).collect();
            }
        }
    }
}

/// Reads what stands before the first marker of this level, and returns the rest.
fn shape(text: &'static str) -> Option<(NodeDef, &'static str)> {
    let (head, rest) = text.split_at_checked(1)?;
    match head {
        "[" => inner(rest, ']')
            .map(|(node, rest)| (NodeDef::plain(ShapeDef::List(Box::new(node))), rest)),
        "{" => inner(rest, '}')
            .map(|(node, rest)| (NodeDef::plain(ShapeDef::Map(Box::new(node))), rest)),
        "@" => {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let (index, rest) = rest.split_at(end);
            Some((NodeDef::plain(ShapeDef::Named(index.parse().ok()?)), rest))
        }
        _ => Some((NodeDef::plain(ShapeDef::Leaf(Leaf::from_code(head)?)), rest)),
    }
}

/// Reads an element type with its markers, up to the bracket that closes it.
fn inner(text: &'static str, close: char) -> Option<(NodeDef, &'static str)> {
    let (mut node, mut rest) = shape(text)?;
    while let Some(marker) = rest.strip_prefix(';') {
        let end = marker.find([';', close])?;
        let (marker, after) = marker.split_at(end);
        node_marker(&mut node, marker);
        rest = after;
    }
    Some((node, rest.strip_prefix(close)?))
}
