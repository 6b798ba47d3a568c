//! The table of types.

use std::{collections::BTreeMap, sync::LazyLock};

/// A type: its fields by name.
pub(super) type Fields = BTreeMap<&'static str, Field>;

/// A field of a type.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) kind: Kind,
    /// Unset and empty are two things: what is set is kept, however empty.
    pub(super) pointer: bool,
    /// Left out when empty; a struct is never empty.
    pub(super) omit_empty: bool,
    /// Left out when zero, also a struct.
    pub(super) omit_zero: bool,
}

/// What a field holds.
#[derive(Debug)]
pub(super) enum Kind {
    Text,
    Bool,
    Int32,
    Int64,
    Quantity,
    IntOrText,
    Time,
    /// Anything, as it stands.
    Raw,
    Struct(&'static str),
    List(Box<Kind>),
    Map(Box<Kind>),
}

/// The fields of a type of the table.
pub(super) fn fields(name: &str) -> Option<&'static Fields> {
    TYPES.get(name)
}

static TYPES: LazyLock<BTreeMap<&'static str, Fields>> =
    LazyLock::new(|| parse(include_str!("types.txt")));

fn parse(table: &'static str) -> BTreeMap<&'static str, Fields> {
    let mut types = BTreeMap::new();
    let mut current = "";
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        match line
            .strip_prefix("  ")
            .and_then(|line| line.split_once(' '))
        {
            Some((field, kind)) => {
                let fields: &mut Fields = types.entry(current).or_default();
                fields.insert(field, parse_field(kind));
            }
            None => current = line,
        }
    }
    types
}

fn parse_field(text: &'static str) -> Field {
    let (omit_zero, text) = strip_end(text, "0");
    let (omit_empty, text) = strip_end(text, "?");
    let bare = text.strip_prefix('*');
    Field {
        kind: parse_kind(bare.unwrap_or(text)),
        pointer: bare.is_some(),
        omit_empty,
        omit_zero,
    }
}

fn strip_end(text: &'static str, mark: &str) -> (bool, &'static str) {
    let stripped = text.strip_suffix(mark);
    (stripped.is_some(), stripped.unwrap_or(text))
}

fn parse_kind(text: &'static str) -> Kind {
    if let Some(item) = text.strip_prefix("[]") {
        return Kind::List(Box::new(parse_kind(item)));
    }
    if let Some(value) = text.strip_prefix("{}") {
        return Kind::Map(Box::new(parse_kind(value)));
    }
    match text {
        "string" => Kind::Text,
        "bool" => Kind::Bool,
        "int32" => Kind::Int32,
        "int64" => Kind::Int64,
        "Quantity" => Kind::Quantity,
        "IntOrString" => Kind::IntOrText,
        "Time" => Kind::Time,
        "FieldsV1" => Kind::Raw,
        name => Kind::Struct(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(kind: &Kind) -> Option<&'static str> {
        match kind {
            Kind::Struct(name) => Some(name),
            Kind::List(item) | Kind::Map(item) => named(item),
            _ => None,
        }
    }

    #[test]
    fn every_type_that_is_named_is_there() {
        for (name, fields) in TYPES.iter() {
            assert!(!fields.is_empty(), "{name}");
            for (field, Field { kind, .. }) in fields {
                if let Some(other) = named(kind) {
                    assert!(TYPES.contains_key(other), "{name}.{field}: {other}");
                }
            }
        }
        assert!(TYPES.len() > 100);
    }

    #[test]
    fn marks_are_read() {
        let field = &fields("ObjectMeta").unwrap()["creationTimestamp"];
        assert!(field.omit_empty && field.omit_zero && !field.pointer);
        let field = &fields("PodSpec").unwrap()["containers"];
        assert!(!field.omit_empty && matches!(field.kind, Kind::List(_)));
        assert!(fields("Volume").unwrap()["hostPath"].pointer);
    }
}
