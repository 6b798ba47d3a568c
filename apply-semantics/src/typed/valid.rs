//! Validation that finds no errors: most objects are valid, and what is wrong with others can be looked for then.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Duplicates, Kind, item, kind_of, validate::check_scalar};
use crate::schema::{ListNode, MapNode, Schema, Target};

/// Up to this many elements of a list are compared with each other.
const FEW: usize = 12;

/// Whether a value is valid. One that is not plain may be called invalid.
pub(crate) fn is_valid(
    schema: &Schema,
    target: Target,
    value: &Value,
    duplicates: Duplicates,
) -> bool {
    let walk = Walk { schema, duplicates };
    walk.node(target, value)
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    schema: &'a Schema,
    duplicates: Duplicates,
}

impl Walk<'_> {
    fn node(self, target: Target, value: &Value) -> bool {
        match (kind_of(self.schema, target, Some(value)), value) {
            (Ok(_), Value::Null) => true,
            (Ok(Kind::Scalar(scalar)), _) => check_scalar(scalar, Some(value)).is_none(),
            (Ok(Kind::Map(map)), Value::Object(entries)) => self.entries(map, entries),
            (Ok(Kind::List(list)), Value::Array(items)) => self.items(list, items),
            _ => false,
        }
    }

    fn entries(self, map: &MapNode, entries: &Map<String, Value>) -> bool {
        entries.iter().all(|(name, value)| match map.lookup(name) {
            (Target::Absent, false) => false,
            (target, _) => self.node(target, value),
        })
    }

    fn items(self, list: &ListNode, items: &[Value]) -> bool {
        items.iter().all(|item| self.node(list.element, item))
            && (list.atomic || self.elements(list, items))
    }

    /// Whether the elements of an associative list can be told apart.
    fn elements(self, list: &ListNode, items: &[Value]) -> bool {
        let named = |item: &Value| is_named(self.schema, list, item);
        if !items.iter().all(named) {
            return false;
        }
        self.duplicates == Duplicates::Allow || are_unique(self.schema, list, items)
    }
}

fn is_named(schema: &Schema, list: &ListNode, item: &Value) -> bool {
    if list.keys.is_empty() {
        return !matches!(item, Value::Null | Value::Array(_) | Value::Object(_));
    }
    item.as_object()
        .is_some_and(|map| item::has_key(schema, list, map))
}

/// Whether no element is there more than once. Without a doubt: else it says no.
pub(crate) fn are_unique(schema: &Schema, list: &ListNode, items: &[Value]) -> bool {
    if items.len() <= FEW {
        let mut rest = items;
        while let Some((first, others)) = rest.split_first() {
            if others
                .iter()
                .any(|other| item::may_be_same(schema, list, first, other))
            {
                return false;
            }
            rest = others;
        }
        return true;
    }
    let mut seen = HashSet::with_capacity(items.len());
    items.iter().all(|item| {
        let mut text = String::new();
        item::write_plain(schema, list, item, &mut text).is_some() && seen.insert(text)
    })
}
