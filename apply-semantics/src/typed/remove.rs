//! Objects without the fields of a set.

use serde_json::{Map, Value};

use super::{EmptyContainers, Kind, item, kind_of};
use crate::{
    fieldset::{Element, FieldSet, Level},
    schema::{ListNode, MapNode, Schema, Target, Type},
};

pub(super) fn remove(ty: &Type, value: Value, fields: &FieldSet, empty: EmptyContainers) -> Value {
    Walk {
        schema: &ty.schema,
        empty,
    }
    .node(ty.root, value, fields.level())
}

struct Walk<'a> {
    schema: &'a Schema,
    empty: EmptyContainers,
}

impl Walk<'_> {
    /// The value without the fields. An atomic list or map, and an empty one, becomes null.
    fn node(&self, target: Target, value: Value, fields: Level<'_>) -> Value {
        match (kind_of(self.schema, target, Some(&value)), value) {
            (Ok(Kind::Scalar(_)), value) => value,
            (Ok(Kind::Map(map)), Value::Object(entries)) if !map.atomic => {
                self.entries(map, entries, fields)
            }
            (Ok(Kind::List(list)), Value::Array(items)) if !list.atomic => {
                self.items(list, items, fields)
            }
            _ => Value::Null,
        }
    }

    fn entries(&self, map: &MapNode, entries: Map<String, Value>, fields: Level<'_>) -> Value {
        let mut touched = false;
        let keep = |(name, value): (String, Value)| {
            let entry = fields.entry(Element::Field(&name));
            match entry {
                Some(entry) if entry.member => None,
                Some(entry) => {
                    touched = true;
                    let value = self.below(map.entry(&name), value, entry.level);
                    Some((name, value))
                }
                None => Some((name, value)),
            }
        };
        let kept: Map<String, Value> = entries.into_iter().filter_map(keep).collect();
        self.unless_empty(
            kept.is_empty() && !touched,
            kept.is_empty(),
            Value::Object(kept),
        )
    }

    fn items(&self, list: &ListNode, items: Vec<Value>, fields: Level<'_>) -> Value {
        let mut touched = false;
        let keep = |item: Value| match fields.entry(Element::from(&item::element_or_none(
            self.schema,
            list,
            &item,
        ))) {
            Some(entry) if entry.member => None,
            Some(entry) => {
                touched = true;
                Some(self.below(list.element, item, entry.level))
            }
            None => Some(item),
        };
        let kept: Vec<Value> = items.into_iter().filter_map(keep).collect();
        self.unless_empty(
            kept.is_empty() && !touched,
            kept.is_empty(),
            Value::Array(kept),
        )
    }

    /// Removes fields below an entry that stays itself.
    fn below(&self, target: Target, value: Value, fields: Level<'_>) -> Value {
        let emptied = match &value {
            Value::Object(_) => Value::Object(Map::new()),
            Value::Array(_) => Value::Array(Vec::new()),
            _ => Value::Null,
        };
        let left = self.node(target, value, fields);
        if left.is_null() && self.empty == EmptyContainers::Preserve {
            emptied
        } else {
            left
        }
    }

    fn unless_empty(&self, emptied_whole: bool, is_empty: bool, kept: Value) -> Value {
        let collapses = match self.empty {
            EmptyContainers::Collapse => is_empty,
            EmptyContainers::Preserve => emptied_whole,
        };
        if collapses { Value::Null } else { kept }
    }
}
