//! The places of an object, by its type, with their owners.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value};

use super::{field::Shape, infer::infer_place, owned::Owned};
use crate::{
    path::PathElement,
    schema::{ListNode, MapNode, Schema, Target, Type},
};

/// A place of an object.
#[derive(Clone)]
pub(super) struct Node<'a> {
    /// What it is in the place around it; none for the object itself.
    pub(super) element: Option<PathElement>,
    pub(super) token: Token<'a>,
    pub(super) value: &'a Value,
    pub(super) shape: Shape,
    pub(super) owners: Vec<usize>,
    /// The place around it.
    pub(super) parent: usize,
    /// The index behind the last place in it.
    pub(super) end: usize,
}

/// Where a value is in the JSON around it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Token<'a> {
    Root,
    Name(&'a str),
    Index(usize),
}

pub(super) fn walk<'a>(ty: &Type, object: &'a Value, owned: &Owned) -> Vec<Node<'a>> {
    let mut nodes = Vec::new();
    let root = Start {
        element: None,
        token: Token::Root,
        parent: 0,
        whole: false,
    };
    place(&ty.schema, ty.root, object, Some(owned), root, &mut nodes);
    nodes
}

struct Start<'a> {
    element: Option<PathElement>,
    token: Token<'a>,
    parent: usize,
    /// Whether it is owned as a whole, whatever its type says.
    whole: bool,
}

fn place<'a>(
    schema: &Schema,
    target: Target,
    value: &'a Value,
    owned: Option<&Owned>,
    start: Start<'a>,
    nodes: &mut Vec<Node<'a>>,
) {
    let inferred;
    let (schema, kind) = match Kind::of(schema, target, value, owned) {
        _ if start.whole => (schema, Kind::Whole),
        Kind::Unknown(owned) => {
            inferred = infer_place(owned);
            let kind = Kind::of(&inferred.schema, inferred.root, value, Some(owned));
            (&*inferred.schema, kind)
        }
        kind => (schema, kind),
    };
    let at = nodes.len();
    nodes.push(Node {
        element: start.element,
        token: start.token,
        value,
        shape: kind.shape(),
        owners: owned.map(|owned| owned.owners.clone()).unwrap_or_default(),
        parent: start.parent,
        end: at + 1,
    });
    match kind {
        Kind::Leaf | Kind::Whole | Kind::Unknown(_) => {}
        Kind::Map(map, entries) => map_entries(schema, map, entries, owned, at, nodes),
        Kind::List(list, items) => list_items(schema, list, items, owned, at, nodes),
    }
    let end = nodes.len();
    if let Some(node) = nodes.get_mut(at) {
        node.end = end;
    }
}

/// What a value is, as far as ownership goes.
enum Kind<'s, 'a, 'o> {
    Leaf,
    Whole,
    Map(&'s MapNode, &'a Map<String, Value>),
    List(&'s ListNode, &'a [Value]),
    /// The type says nothing about it, and yet something in it is owned.
    Unknown(&'o Owned),
}

impl<'s, 'a, 'o> Kind<'s, 'a, 'o> {
    fn of(schema: &'s Schema, target: Target, value: &'a Value, owned: Option<&'o Owned>) -> Self {
        let node = schema.node(target).ok();
        let known = match value {
            Value::Object(entries) if entries.is_empty() => return Self::Leaf,
            Value::Array(items) if items.is_empty() => return Self::Leaf,
            Value::Object(entries) => node.and_then(|node| node.map.as_ref()).map(|map| {
                if map.atomic {
                    Self::Whole
                } else {
                    Self::Map(map, entries)
                }
            }),
            Value::Array(items) => node.and_then(|node| node.list.as_ref()).map(|list| {
                if list.atomic {
                    Self::Whole
                } else {
                    Self::List(list, items)
                }
            }),
            _ => return Self::Leaf,
        };
        known.unwrap_or(match owned {
            Some(owned) if !owned.children.is_empty() => Self::Unknown(owned),
            _ => Self::Whole,
        })
    }

    fn shape(&self) -> Shape {
        match self {
            Self::Leaf => Shape::Leaf,
            Self::Whole | Self::Unknown(_) => Shape::Atomic,
            Self::Map(..) => Shape::Map,
            Self::List(..) => Shape::List,
        }
    }
}

fn map_entries<'a>(
    schema: &Schema,
    map: &MapNode,
    entries: &'a Map<String, Value>,
    owned: Option<&Owned>,
    parent: usize,
    nodes: &mut Vec<Node<'a>>,
) {
    for (name, value) in entries {
        if name == "managedFields" && is_metadata(nodes, parent) {
            continue;
        }
        let element = PathElement::field(name.as_str());
        let below = owned.and_then(|owned| owned.child(&element));
        let start = Start {
            element: Some(element),
            token: Token::Name(name),
            parent,
            whole: false,
        };
        place(schema, map.entry(name), value, below, start, nodes);
    }
}

fn is_metadata(nodes: &[Node<'_>], index: usize) -> bool {
    let node = nodes.get(index);
    node.is_some_and(|node| {
        index > 0 && node.parent == 0 && matches!(node.token, Token::Name("metadata"))
    })
}

/// An element that is there more than once is owned as it is, and one that has no keys is counted.
fn list_items<'a>(
    schema: &Schema,
    list: &ListNode,
    items: &'a [Value],
    owned: Option<&Owned>,
    parent: usize,
    nodes: &mut Vec<Node<'a>>,
) {
    let element = |(index, item)| {
        element(schema, list, item)
            .unwrap_or_else(|| PathElement::index(i64::try_from(index).unwrap_or(i64::MAX)))
    };
    let elements: Vec<PathElement> = items.iter().enumerate().map(element).collect();
    let mut copies: BTreeMap<&PathElement, usize> = BTreeMap::new();
    for element in &elements {
        *copies.entry(element).or_default() += 1;
    }
    for (index, (element, item)) in elements.iter().zip(items).enumerate() {
        let inner = item.is_object() || item.is_array();
        let start = Start {
            element: Some(element.clone()),
            token: Token::Index(index),
            parent,
            whole: inner && copies.get(element).is_some_and(|copies| *copies > 1),
        };
        let below = owned.and_then(|owned| owned.child(element));
        place(schema, list.element, item, below, start, nodes);
    }
}

/// What tells an element of an associative list apart.
fn element(schema: &Schema, list: &ListNode, item: &Value) -> Option<PathElement> {
    if list.keys.is_empty() {
        let scalar = item.is_string() || item.is_number() || item.is_boolean();
        return scalar.then(|| PathElement::value(item.clone()));
    }
    let entries = item.as_object()?;
    let keys = list.keys.iter().filter_map(|name| {
        let value = entries.get(name.as_ref());
        let value = value.or_else(|| default(schema, list, name))?;
        Some((Arc::clone(name), value.clone()))
    });
    let keys: Vec<_> = keys.collect();
    (!keys.is_empty()).then(|| PathElement::key(keys))
}

fn default<'s>(schema: &'s Schema, list: &ListNode, name: &str) -> Option<&'s Value> {
    let element = schema.node(list.element).ok()?;
    element.map.as_ref()?.fields.get(name)?.default.as_ref()
}
