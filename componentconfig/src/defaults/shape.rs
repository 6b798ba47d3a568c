//! Which parts a type has that an empty document has not: found by asking its `Deserialize`.
//!
//! Each question is one run that leads to one place, takes down what the type wants there, and ends.

use std::cell::Cell;

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor,
        value::{BorrowedStrDeserializer, Error},
    },
    forward_to_deserialize_any,
};

use crate::field::Element;

/// One step into a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Field(&'static str),
    /// Any item of a list.
    Item,
    /// Any value of a map.
    Entry,
}

/// The way to an optional struct, or to one in a list or a map.
pub(crate) type Place = Vec<Step>;

impl Step {
    pub(super) fn element(&self) -> Element {
        match self {
            Self::Field(name) => Element::Field((*name).into()),
            Self::Item | Self::Entry => Element::Key("*".into()),
        }
    }
}

/// What a type wants at a place.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Struct {
        name: &'static str,
        fields: &'static [&'static str],
        optional: bool,
    },
    List,
    Map,
    Scalar,
}

/// Every place of a type. A type that contains itself is entered once.
pub(crate) fn places<T: DeserializeOwned>() -> Vec<Place> {
    let mut walk = Walk::default();
    walk.on::<T>();
    walk.found
}

#[derive(Debug, Default)]
struct Walk {
    steps: Vec<Step>,
    /// The structs around the place where we are.
    around: Vec<(&'static str, &'static [&'static str])>,
    found: Vec<Place>,
}

impl Walk {
    fn on<T: DeserializeOwned>(&mut self) {
        match look::<T>(&self.steps) {
            Shape::List => self.into::<T>(Step::Item),
            Shape::Map => self.into::<T>(Step::Entry),
            Shape::Scalar => {}
            Shape::Struct {
                name,
                fields,
                optional,
            } => {
                if self.around.contains(&(name, fields)) {
                    return;
                }
                if optional || matches!(self.steps.last(), Some(Step::Item | Step::Entry)) {
                    self.found.push(self.steps.clone());
                }
                self.around.push((name, fields));
                for field in fields {
                    self.into::<T>(Step::Field(field));
                }
                self.around.pop();
            }
        }
    }

    fn into<T: DeserializeOwned>(&mut self, step: Step) {
        self.steps.push(step);
        self.on::<T>();
        self.steps.pop();
    }
}

fn look<T: DeserializeOwned>(steps: &[Step]) -> Shape {
    let seen = Cell::new(Shape::Scalar);
    let probe = Probe {
        steps,
        optional: false,
        seen: &seen,
    };
    // It always ends with an error: there is no value to give.
    let _ = T::deserialize(probe);
    seen.get()
}

/// Leads to a place and takes down what is wanted there.
#[derive(Clone, Copy, Debug)]
struct Probe<'p> {
    steps: &'p [Step],
    optional: bool,
    seen: &'p Cell<Shape>,
}

impl Probe<'_> {
    /// The next step, and the probe behind it; at the end, what is wanted is taken down.
    fn step(self, shape: Shape) -> Result<(Step, Self), Error> {
        let Some((step, steps)) = self.steps.split_first() else {
            self.seen.set(shape);
            return Err(end());
        };
        let inner = Self {
            steps,
            optional: false,
            ..self
        };
        Ok((*step, inner))
    }
}

fn end() -> Error {
    Error::custom("there is nothing more to see")
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(end())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(Self {
            optional: true,
            ..self
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.step(Shape::List)? {
            (Step::Item, inner) => visitor.visit_seq(One { key: "", inner }),
            _ => Err(end()),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.step(Shape::Map)? {
            (Step::Entry, inner) => visitor.visit_map(One { key: "*", inner }),
            _ => Err(end()),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let shape = Shape::Struct {
            name,
            fields,
            optional: self.optional,
        };
        match self.step(shape)? {
            (Step::Field(key), inner) => visitor.visit_map(One { key, inner }),
            _ => Err(end()),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct tuple tuple_struct enum identifier ignored_any
    }
}

/// A list of one item, or a map of one entry.
#[derive(Debug)]
struct One<'p> {
    key: &'static str,
    inner: Probe<'p>,
}

impl<'de> SeqAccess<'de> for One<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        seed.deserialize(self.inner).map(Some)
    }
}

impl<'de> MapAccess<'de> for One<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        seed.deserialize(BorrowedStrDeserializer::new(self.key))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(self.inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Default, Deserialize)]
    #[serde(default)]
    #[allow(dead_code, reason = "only its shape counts")]
    struct Outer {
        plain: Inner,
        optional: Option<Inner>,
        list: Vec<Inner>,
        optional_list: Option<Vec<Inner>>,
        map: BTreeMap<String, Inner>,
        texts: Vec<String>,
        number: i32,
        itself: Option<Box<Outer>>,
    }

    #[derive(Default, Deserialize)]
    #[serde(default)]
    #[allow(dead_code, reason = "only its shape counts")]
    struct Inner {
        deep: Option<Deepest>,
        time: crate::scalar::Duration,
    }

    #[derive(Default, Deserialize)]
    #[serde(default)]
    #[allow(dead_code, reason = "only its shape counts")]
    struct Deepest {
        name: String,
    }

    #[test]
    fn every_place_is_found_once() {
        let mut found: Vec<String> = places::<Outer>()
            .into_iter()
            .map(|place| {
                let path: crate::field::Path = place.iter().map(Step::element).collect();
                path.to_string()
            })
            .collect();
        found.sort();
        let expected = [
            "list[*]",
            "list[*].deep",
            "map[*]",
            "map[*].deep",
            "optional",
            "optional.deep",
            "optional_list[*]",
            "optional_list[*].deep",
            "plain.deep",
        ];
        assert_eq!(found, expected);
    }
}
