//! A type made from sets of fields.

use super::owned::Owned;
use crate::{
    managed_fields::Entry,
    path::PathElement,
    schema::{
        Atom, Definition, Field, List, Map, Reference, Relationship, Scalar, Schema, Type,
        UNTYPED_ATOMIC, UNTYPED_DEDUCED,
    },
};

const NAME: &str = "inferred";

pub(super) fn infer<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Type {
    infer_place(&Owned::of(entries))
}

/// The type of a place, whatever that is in.
pub(super) fn infer_place(owned: &Owned) -> Type {
    let atom = if owned.children.is_empty() {
        return Type::deduced();
    } else {
        atom(owned)
    };
    let definitions = [
        Definition {
            name: NAME.to_owned(),
            atom,
        },
        Definition::untyped_atomic(),
        Definition::untyped_deduced(),
    ];
    let schema = Schema::compile(&definitions).ok();
    let ty = schema.and_then(|schema| schema.type_named(NAME));
    ty.unwrap_or_else(Type::deduced)
}

/// The type of a place with paths below it. It allows every kind of value, so that no object is invalid for it.
fn atom(owned: &Owned) -> Atom {
    let elements = owned.children.keys();
    let is_list = elements
        .clone()
        .any(|element| matches!(element, PathElement::Key(_) | PathElement::Value(_)));
    Atom {
        scalar: Some(Scalar::Untyped),
        list: Some(Box::new(if is_list { list(owned) } else { atomic_list() })),
        map: Some(Box::new(if is_list { Map::default() } else { map(owned) })),
    }
    .with_entries_deduced()
}

fn reference(owned: &Owned) -> Reference {
    if owned.children.is_empty() {
        return Reference::named(UNTYPED_ATOMIC);
    }
    Reference::inlined(atom(owned))
}

/// All elements have one type.
fn list(owned: &Owned) -> List {
    let keys = owned.children.keys().find_map(|element| match element {
        PathElement::Key(fields) => Some(fields.iter().map(|(name, _)| name.to_owned()).collect()),
        _ => None,
    });
    let mut element = Owned::default();
    for child in owned.children.values() {
        element.merge(child);
    }
    List {
        element: reference(&element),
        relationship: Relationship::Associative,
        keys: keys.unwrap_or_default(),
    }
}

/// What an applier has in its set along with what is below it is the key of a map, not a declared field. All keys have one type.
fn map(owned: &Owned) -> Map {
    let mut fields = Vec::new();
    let mut value: Option<Owned> = None;
    for (element, child) in &owned.children {
        let PathElement::Field(name) = element else {
            continue;
        };
        if child.applied_key && !child.applied_way {
            value.get_or_insert_default().merge(child);
        } else {
            fields.push(Field {
                name: name.to_string(),
                reference: reference(child),
                default: None,
            });
        }
    }
    Map {
        fields,
        element: value.as_ref().map_or_else(deduced, reference),
        relationship: Relationship::Unset,
    }
}

fn atomic_list() -> List {
    List {
        element: Reference::named(UNTYPED_ATOMIC),
        relationship: Relationship::Atomic,
        keys: Vec::new(),
    }
}

fn deduced() -> Reference {
    Reference::named(UNTYPED_DEDUCED)
}

impl Atom {
    /// The same, where a map without a type for its entries has deduced ones.
    fn with_entries_deduced(mut self) -> Self {
        if let Some(map) = &mut self.map
            && map.element.is_empty()
        {
            map.element = deduced();
        }
        self
    }
}
