//! FieldsV1 as it stands in objects: checked, looked into and changed without reading it into a set.

use serde_json::{Map, Value};

use super::{Fields, maps_are_sorted};
use crate::{
    fieldset::{Element, FieldSet, Level, canonical::is_canonical_element},
    path::PathElement,
    schema::{MapNode, Schema, Target},
    typed::{Kind, kind_of},
};

/// Whether FieldsV1 is as it would be written again, and in line with the schema: then a set need not be read to be kept.
/// An empty set is not.
pub(crate) fn is_settled(schema: &Schema, root: Target, fields: &Fields) -> bool {
    let check = Check {
        schema,
        sorted: maps_are_sorted(),
    };
    !fields.is_empty() && !fields.contains_key(".") && check.level(Some(root), fields)
}

struct Check<'a> {
    schema: &'a Schema,
    sorted: bool,
}

impl Check<'_> {
    /// Checks a level with entries. Without a type the schema does not say anything about it.
    fn level(&self, target: Option<Target>, level: &Fields) -> bool {
        let Some(kind) = target.map(|target| kind_of(self.schema, target, None)) else {
            return self.entries(level, |_| None);
        };
        match kind {
            Err(_) => false,
            Ok(Kind::Map(map)) if map.deduced => self.entries(level, |_| None),
            // What is owned as a whole has nothing below it.
            Ok(Kind::Map(map)) if map.atomic => false,
            Ok(Kind::List(list)) if list.atomic => false,
            Ok(Kind::Map(map)) => self.entries(level, |key| entry(map, key)),
            Ok(Kind::List(list)) => self.entries(level, |_| known(list.element)),
            Ok(Kind::Scalar(_)) => self.entries(level, |_| None),
        }
    }

    fn exists(&self, target: Option<Target>) -> bool {
        target.is_none_or(|target| kind_of(self.schema, target, None).is_ok())
    }

    fn entries(&self, level: &Fields, target: impl Fn(&str) -> Option<Target>) -> bool {
        let in_order = self.sorted || is_ordered(level);
        in_order
            && level.iter().all(|(key, value)| {
                let Value::Object(below) = value else {
                    return false;
                };
                match (key.as_str(), below.is_empty()) {
                    (".", empty) => empty && level.len() > 1,
                    (key, true) => is_canonical_element(key) && self.exists(target(key)),
                    (key, false) => is_canonical_element(key) && self.level(target(key), below),
                }
            })
    }
}

fn known(target: Target) -> Option<Target> {
    (target != Target::Absent).then_some(target)
}

fn entry(map: &MapNode, key: &str) -> Option<Target> {
    known(match key.strip_prefix("f:") {
        Some(name) => map.entry(name),
        None => map.element,
    })
}

/// Whether the entries of a level are in the order in which they are written, behind the mark of the level itself.
fn is_ordered(level: &Fields) -> bool {
    let elements = level
        .keys()
        .enumerate()
        .map(|(index, key)| match key.as_str() {
            "." => (index == 0).then_some(None),
            key => PathElement::parse(key).ok().map(Some),
        });
    let elements: Option<Vec<_>> = elements.collect();
    elements.is_some_and(|elements| elements.is_sorted())
}

/// Whether the path to this level is in the set.
pub(crate) fn is_member(level: &Fields) -> bool {
    level.is_empty() || level.contains_key(".")
}

/// Whether the paths of a set are the same as those in settled FieldsV1 just if their texts are.
pub(crate) fn is_plain(set: &FieldSet) -> bool {
    is_plain_level(set.level())
}

fn is_plain_level(level: Level<'_>) -> bool {
    level.entries().all(|entry| {
        let plain =
            matches!(entry.element(), Element::Field(_)) || is_canonical_element(&entry.key());
        plain && is_plain_level(entry.level)
    })
}

/// Takes the paths of a set out, which is [plain](is_plain).
pub(crate) fn subtract(level: &mut Fields, set: &FieldSet) {
    subtract_level(level, set.level());
}

fn subtract_level(level: &mut Fields, set: Level<'_>) {
    for entry in set.entries() {
        let key = entry.key();
        let Some(Value::Object(below)) = level.get_mut(&*key) else {
            continue;
        };
        let member = unmark(below) && !entry.member;
        subtract_level(below, entry.level);
        if below.is_empty() && !member {
            level.remove(&*key);
        } else if member {
            mark(below);
        }
    }
}

/// Adds the paths of a set.
pub(crate) fn unite(level: &mut Fields, set: &FieldSet) {
    unite_level(level, set.level());
}

fn unite_level(level: &mut Fields, set: Level<'_>) {
    for entry in set.entries() {
        let key = entry.key();
        match level.get_mut(&*key) {
            Some(Value::Object(below)) => {
                let member = unmark(below) || entry.member;
                unite_level(below, entry.level);
                if member {
                    mark(below);
                }
            }
            _ => drop(level.insert(key.into_owned(), entry.to_value())),
        }
    }
}

/// Takes the mark off that says that the path to this level is in the set; answers whether it is.
fn unmark(level: &mut Fields) -> bool {
    level.is_empty() || level.remove(".").is_some()
}

/// Says that the path to this level is in the set.
fn mark(level: &mut Fields) {
    if !level.is_empty() {
        level.insert(".".to_owned(), Value::Object(Map::new()));
    }
}

/// Whether a set has any of the paths of another.
pub(crate) fn meets(level: &Fields, set: &FieldSet) -> bool {
    meets_level(level, set.level())
}

fn meets_level(level: &Fields, set: Level<'_>) -> bool {
    set.entries().any(|entry| {
        let below = level.get(&*entry.key());
        below.and_then(Value::as_object).is_some_and(|below| {
            (entry.member && is_member(below)) || meets_level(below, entry.level)
        })
    })
}

/// Steps to take, from the last to the first, to have a set again as it was: a path, and what was there.
pub(crate) type Undo = Vec<(Vec<String>, Option<Value>)>;

/// Adds or takes out what a level has at a key. Answers what it had.
pub(crate) fn put(level: &mut Fields, key: String, below: Option<Value>) -> Option<Value> {
    if let Some(below) = below {
        mark_leaf(level);
        return level.insert(key, below);
    }
    let before = level.remove(&*key);
    if level.len() == 1 {
        level.remove(".");
    }
    before
}

/// Takes the steps back.
pub(crate) fn undo(fields: &mut Fields, steps: &Undo) {
    for (path, below) in steps.iter().rev() {
        let Some((last, way)) = path.split_last() else {
            continue;
        };
        let level = way.iter().try_fold(&mut *fields, |level, key| {
            level.get_mut(key)?.as_object_mut()
        });
        if let Some(level) = level {
            put(level, last.clone(), below.clone());
        }
    }
}

/// Marks a level that has been a leaf so far.
fn mark_leaf(level: &mut Fields) {
    if level.is_empty() {
        level.insert(".".to_owned(), Value::Object(Map::new()));
    }
}

/// Puts the entries of changed FieldsV1 in order, where maps do not do that themselves.
pub(crate) fn reorder(fields: &mut Value) {
    if maps_are_sorted() {
        return;
    }
    order(fields);
}

/// Sorts the entries of a set, and keeps how they are written.
fn order(fields: &mut Value) {
    let Value::Object(level) = fields else {
        return;
    };
    let mut entries: Vec<_> = std::mem::take(level)
        .into_iter()
        .map(|(key, below)| (PathElement::parse(&key).ok(), key, below))
        .collect();
    entries.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    level.extend(entries.into_iter().map(|(_, key, mut below)| {
        order(&mut below);
        (key, below)
    }));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(text: &str) -> FieldSet {
        text.parse().unwrap()
    }

    #[test]
    fn sets_are_changed_in_place() {
        let texts = [
            "{}",
            r#"{"f:a":{}}"#,
            r#"{"f:a":{".":{},"f:b":{}}}"#,
            r#"{"f:a":{"f:b":{}}}"#,
            r#"{"f:a":{"f:b":{".":{},"f:c":{}},"f:d":{}},"f:e":{}}"#,
            r#"{"f:a":{"f:b":{"f:c":{}}}}"#,
            r#"{"f:a":{".":{},"f:b":{".":{},"f:c":{}}}}"#,
        ];
        for (left, right) in texts
            .iter()
            .flat_map(|left| texts.map(|right| (set(left), set(right))))
        {
            let changed = |change: fn(&mut Fields, &FieldSet)| {
                let mut value = left.to_value();
                change(value.as_object_mut().unwrap(), &right);
                value
            };
            assert_eq!(changed(subtract), left.difference(&right).to_value());
            assert_eq!(changed(unite), left.union(&right).to_value());
        }
    }

    #[test]
    fn only_settled_sets_are_kept() {
        let schema = Schema::from_value(&json!({"types": [{"name": "t", "map": {"fields": [
            {"name": "whole", "type": {"map": {"elementType": {"scalar": "string"}, "elementRelationship": "atomic"}}},
            {"name": "part", "type": {"map": {"elementType": {"scalar": "string"}}}},
            {"name": "list", "type": {"list": {"elementType": {"scalar": "string"}, "elementRelationship": "atomic"}}},
        ]}}]}))
        .unwrap();
        let ty = schema.type_named("t").unwrap();
        for (fields, settled) in [
            (json!({}), false),
            (
                json!({"f:gone": {"f:b": {}}, "f:part": {".": {}, "f:a": {}}, "f:whole": {}}),
                true,
            ),
            (json!({"f:part": {".": {}}}), false),
            (json!({".": {}, "f:part": {}}), false),
            (json!({"f:part": {".": {"f:b": {}}, "f:a": {}}}), false),
            (json!({"f:part": null}), false),
            (json!({"z:part": {}}), false),
            (json!({"f:whole": {"f:a": {}}}), false),
            (json!({"f:list": {"v:\"a\"": {}}}), false),
        ] {
            let fields = fields.as_object().unwrap();
            assert_eq!(is_settled(&schema, ty.root, fields), settled, "{fields:?}");
        }
    }
}
