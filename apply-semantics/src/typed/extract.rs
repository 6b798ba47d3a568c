//! Only the fields of a set.

use serde_json::{Map, Value};

use super::{Kind, is_empty_list, is_empty_map, item, kind_of};
use crate::{
    fieldset::{Element, FieldSet, FieldSetBuilder, Level},
    path::PathElement,
    schema::{ListNode, MapNode, Schema, Target, Type},
};

pub(super) fn extract(ty: &Type, value: &Value, fields: &FieldSet) -> Value {
    node(&ty.schema, ty.root, value, fields.level())
}

/// The keys of all list elements that paths of a set go through, as far as the paths are in the other set.
pub(super) fn key_fields(fields: &FieldSet, all: &FieldSet) -> FieldSet {
    let mut keys = FieldSetBuilder::new();
    for path in fields.paths().filter(|path| all.contains(path)) {
        for (index, element) in path.iter().enumerate() {
            let PathElement::Key(key) = element else {
                continue;
            };
            for (name, _) in key.iter() {
                let mut path = path.get(..=index).unwrap_or_default().to_vec();
                path.push(PathElement::field(name));
                keys.insert(&path);
            }
        }
    }
    keys.finish()
}

/// What the set has of a value. Atomic and empty lists and maps are taken whole.
fn node(schema: &Schema, target: Target, value: &Value, fields: Level<'_>) -> Value {
    match (kind_of(schema, target, Some(value)), value) {
        (Ok(Kind::Scalar(_)), value) => value.clone(),
        (Ok(Kind::Map(map)), Value::Object(_)) if map.atomic || is_empty_map(Some(value)) => {
            value.clone()
        }
        (Ok(Kind::List(list)), Value::Array(_)) if list.atomic || is_empty_list(Some(value)) => {
            value.clone()
        }
        (Ok(Kind::Map(map)), Value::Object(taken)) => entries(schema, map, taken, fields),
        (Ok(Kind::List(list)), Value::Array(taken)) => items(schema, list, taken, fields),
        _ => Value::Null,
    }
}

fn entries(
    schema: &Schema,
    map: &MapNode,
    entries: &Map<String, Value>,
    fields: Level<'_>,
) -> Value {
    let take = |(name, value): (&String, &Value)| {
        let entry = fields.entry(Element::Field(name))?;
        // What is in an entry that is in the set itself is chosen by the set around it, as in the original.
        let below = if entry.member { fields } else { entry.level };
        Some((name.clone(), node(schema, map.entry(name), value, below)))
    };
    let taken: Map<String, Value> = entries.iter().filter_map(take).collect();
    if taken.is_empty() {
        Value::Null
    } else {
        Value::Object(taken)
    }
}

fn items(schema: &Schema, list: &ListNode, items: &[Value], fields: Level<'_>) -> Value {
    let take = |item: &Value| {
        let entry = fields.entry(Element::from(&item::element(schema, list, item).ok()?))?;
        let whole = entry.level.is_empty();
        Some(if whole {
            item.clone()
        } else {
            node(schema, list.element, item, entry.level)
        })
    };
    let taken: Vec<Value> = items.iter().filter_map(take).collect();
    if taken.is_empty() {
        Value::Null
    } else {
        Value::Array(taken)
    }
}
