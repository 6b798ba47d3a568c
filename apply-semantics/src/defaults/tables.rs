//! What is known of the fields of built-in types beyond their schema: how Go writes them, and what they default to.
//!
//! `encoding.txt` has a line a type, `name LETTER:field,field ...`, with the fields that are not written as their shape lets expect.
//! That is: a scalar, a list and a map are left out when they are zero or empty, a struct only when it is not there. The letters:
//! `p` a scalar behind a pointer, so that zero stands; `a` always written, as zero, `{}` or null if it is not there; `n` null if
//! it is not there; `z` a struct that is left out when it is zero. It is derived from the Go types of Kubernetes 1.36.
//!
//! `rules.txt` has a line a default that depends on nothing else, `type field JSON`, from the defaulting functions of 1.36.

use std::{collections::HashMap, sync::OnceLock};

use serde_json::Value;

static ENCODING: &str = include_str!("encoding.txt");
static RULES: &str = include_str!("rules.txt");

/// How a field is written when there is nothing in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Presence {
    /// As its shape lets expect.
    #[default]
    Usual,
    /// A scalar behind a pointer: zero stands.
    Pointer,
    /// Always, as zero, `{}` or null.
    Always,
    /// As null.
    Null,
    /// A struct that is left out when it is zero.
    NotZero,
}

/// How a field of a type is written.
pub(super) fn presence(type_name: &str, field: &str) -> Presence {
    let known = presences(type_name).iter().find(|(name, _)| *name == field);
    known.map_or(Presence::Usual, |(_, how)| *how)
}

/// The fields of a type that are not written as their shape lets expect.
pub(super) fn presences(type_name: &str) -> &'static [(&'static str, Presence)] {
    type Presences = HashMap<&'static str, Vec<(&'static str, Presence)>>;
    static TABLE: OnceLock<Presences> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let lines = ENCODING.lines().filter_map(|line| line.split_once(' '));
        lines
            .map(|(name, groups)| (name, groups.split(' ').flat_map(fields).collect()))
            .collect()
    });
    table.get(type_name).map_or(&[], Vec::as_slice)
}

fn fields(group: &'static str) -> impl Iterator<Item = (&'static str, Presence)> {
    let (letter, fields) = group.split_once(':').unwrap_or_default();
    let presence = match letter {
        "p" => Presence::Pointer,
        "a" => Presence::Always,
        "n" => Presence::Null,
        "z" => Presence::NotZero,
        _ => Presence::Usual,
    };
    fields.split(',').map(move |field| (field, presence))
}

/// The defaults of a type that depend on nothing else: fields and values.
pub(super) fn rules(type_name: &str) -> &'static [(&'static str, Value)] {
    type Rules = HashMap<&'static str, Vec<(&'static str, Value)>>;
    static TABLE: OnceLock<Rules> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut rules = Rules::new();
        for line in RULES.lines() {
            let mut parts = line.splitn(3, ' ');
            if let (Some(name), Some(field), Some(json)) =
                (parts.next(), parts.next(), parts.next())
                && let Ok(value) = serde_json::from_str(json)
            {
                rules.entry(name).or_default().push((field, value));
            }
        }
        rules
    });
    table.get(type_name).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::builtin;

    #[test]
    fn every_line_names_a_field() {
        let known = |name: &str, field: &str| {
            let node = builtin()
                .named(name)
                .unwrap_or_else(|| panic!("no type {name}"));
            assert!(
                node.field(field).is_some_and(|found| found.name() == field),
                "{name} has no {field}"
            );
        };
        for line in ENCODING.lines() {
            let (name, groups) = line.split_once(' ').unwrap();
            for (field, presence) in groups.split(' ').flat_map(fields) {
                known(name, field);
                assert_ne!(presence, Presence::Usual);
            }
        }
        let mut read = 0;
        for line in RULES.lines() {
            let (name, rest) = line.split_once(' ').unwrap();
            let (field, _) = rest.split_once(' ').unwrap();
            known(name, field);
            read += rules(name)
                .iter()
                .filter(|(rule, _)| *rule == field)
                .count();
        }
        assert_eq!(read, RULES.lines().count());
    }
}
