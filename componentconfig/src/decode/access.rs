//! The ways into maps, lists and enums. Here errors of a value meet the path and place of that value.

use serde::de::{
    DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
    value::BorrowedStrDeserializer,
};
use serde_json::Value;

use super::{
    context::{Context, Step},
    deserializer::{Input, NodeDeserializer},
    error::Error,
};
use crate::{Span, tree};

/// One entry of a map of either form.
#[derive(Clone, Copy, Debug)]
struct Field<'a> {
    key: &'a str,
    key_span: Option<Span>,
    value: Input<'a>,
}

#[derive(Debug)]
enum FieldIter<'a> {
    Nodes(std::slice::Iter<'a, tree::Entry>),
    Values(serde_json::map::Iter<'a>),
}

impl<'a> FieldIter<'a> {
    fn new(map: Input<'a>) -> Self {
        match map {
            Input::Node(node) => Self::Nodes(node.entries().iter()),
            Input::Value(Value::Object(map)) => Self::Values(map.iter()),
            Input::Value(_) => Self::empty(),
        }
    }

    fn empty() -> Self {
        Self::Nodes([].iter())
    }
}

impl<'a> Iterator for FieldIter<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        match self {
            Self::Nodes(entries) => entries.next().map(|entry| Field {
                key: &entry.key,
                key_span: (entry.key_span.line > 0).then_some(entry.key_span),
                value: Input::Node(&entry.value),
            }),
            Self::Values(entries) => entries.next().map(|(key, value)| Field {
                key,
                key_span: None,
                value: Input::Value(value),
            }),
        }
    }
}

/// The entries of a map.
#[derive(Debug)]
pub(super) struct Fields<'a, 'c> {
    entries: FieldIter<'a>,
    current: Option<Field<'a>>,
    known: &'static [&'static str],
    context: &'c Context<'a>,
}

impl<'a, 'c> Fields<'a, 'c> {
    pub(super) fn new(
        map: Input<'a>,
        known: &'static [&'static str],
        context: &'c Context<'a>,
    ) -> Self {
        Self {
            entries: FieldIter::new(map),
            current: None,
            known,
            context,
        }
    }

    pub(super) fn empty(context: &'c Context<'a>) -> Self {
        Self {
            entries: FieldIter::empty(),
            current: None,
            known: &[],
            context,
        }
    }
}

impl<'de> MapAccess<'de> for Fields<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let context = self.context;
        self.current = self
            .entries
            .find(|field| !context.is_poisoned(Step::Field(field.key)));
        let Some(field) = self.current else {
            return Ok(None);
        };
        let key = BorrowedStrDeserializer::new(field.key);
        inside(context, Step::Field(field.key), field.key_span, || {
            seed.deserialize(key)
        })
        .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Some(field) = self.current.take() else {
            return Err(serde::de::Error::custom(
                "a value was asked for before its key",
            ));
        };
        let value = NodeDeserializer::field(field.value, field.key_span, self.known, self.context);
        let span = field.value.span().or(field.key_span);
        inside(self.context, Step::Field(field.key), span, || {
            seed.deserialize(value)
        })
    }
}

/// The items of a list.
#[derive(Debug)]
pub(super) struct Items<'a, 'c> {
    iter: ItemIter<'a>,
    next: usize,
    context: &'c Context<'a>,
}

#[derive(Debug)]
enum ItemIter<'a> {
    Nodes(std::slice::Iter<'a, tree::Node>),
    Values(std::slice::Iter<'a, Value>),
}

impl<'a, 'c> Items<'a, 'c> {
    pub(super) fn new(list: Input<'a>, context: &'c Context<'a>) -> Self {
        let items = match list {
            Input::Node(node) => ItemIter::Nodes(node.items().iter()),
            Input::Value(Value::Array(items)) => ItemIter::Values(items.iter()),
            Input::Value(_) => ItemIter::Nodes([].iter()),
        };
        Self {
            iter: items,
            next: 0,
            context,
        }
    }

    pub(super) fn empty(context: &'c Context<'a>) -> Self {
        Self {
            iter: ItemIter::Nodes([].iter()),
            next: 0,
            context,
        }
    }

    fn advance(&mut self) -> Option<(usize, Input<'a>)> {
        let item = match &mut self.iter {
            ItemIter::Nodes(items) => Input::Node(items.next()?),
            ItemIter::Values(items) => Input::Value(items.next()?),
        };
        let index = self.next;
        self.next += 1;
        Some((index, item))
    }
}

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let context = self.context;
        while let Some((index, item)) = self.advance() {
            if context.is_poisoned(Step::Index(index)) {
                continue;
            }
            let value = NodeDeserializer::new(item, context);
            return inside(context, Step::Index(index), item.span(), || {
                seed.deserialize(value)
            })
            .map(Some);
        }
        Ok(None)
    }
}

/// The single entry of a map that stands for a variant with data.
#[derive(Debug)]
pub(super) struct Variant<'a, 'c> {
    field: Field<'a>,
    context: &'c Context<'a>,
}

impl<'a, 'c> Variant<'a, 'c> {
    pub(super) fn new(map: Input<'a>, context: &'c Context<'a>) -> Option<Self> {
        let mut entries = FieldIter::new(map);
        let field = entries.next()?;
        entries.next().is_none().then_some(Self { field, context })
    }

    fn value<T>(
        &self,
        read: impl FnOnce(NodeDeserializer<'a, 'c>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let value = NodeDeserializer::new(self.field.value, self.context);
        let step = Step::Field(self.field.key);
        inside(self.context, step, self.field.value.span(), || read(value))
    }
}

impl<'de> EnumAccess<'de> for Variant<'de, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name = seed.deserialize(BorrowedStrDeserializer::new(self.field.key))?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.value(serde::Deserialize::deserialize)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.value(|value| seed.deserialize(value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.value(|value| serde::Deserializer::deserialize_seq(value, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.value(|value| serde::Deserializer::deserialize_struct(value, "", fields, visitor))
    }
}

/// Reads one step further in; an error that comes back belongs there.
fn inside<'a, T>(
    context: &Context<'a>,
    step: Step<'a>,
    span: Option<Span>,
    read: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    context.enter(step);
    let outcome = read().map_err(|error| context.fail(span, error));
    context.leave();
    outcome
}
