//! The serde side: a value with its place, offered to whatever type wants it.

use serde::{
    Deserializer,
    de::{self, Visitor},
    forward_to_deserialize_any,
};
use serde_json::{Number, Value};

use super::{
    access::{Fields, Items, Variant},
    context::Context,
    error::Error,
};
use crate::{
    Class, Diagnostic, Span,
    quote::{float, quote},
    tree::{Content, Node},
};

/// Either form of a document.
#[derive(Clone, Copy, Debug)]
pub(super) enum Input<'a> {
    Node(&'a Node),
    Value(&'a Value),
}

/// A value of either form, looked at.
#[derive(Clone, Copy, Debug)]
pub(super) enum View<'a> {
    Null,
    Bool(bool),
    Number(&'a Number),
    String(&'a str),
    List(Input<'a>),
    Map(Input<'a>),
}

impl<'a> Input<'a> {
    pub(super) fn view(self) -> View<'a> {
        match self {
            Self::Node(node) => match node.content() {
                Content::Null => View::Null,
                Content::Bool(value) => View::Bool(*value),
                Content::Number(number) => View::Number(number),
                Content::String(text) => View::String(text),
                Content::List(_) => View::List(self),
                Content::Map(_) => View::Map(self),
            },
            Self::Value(value) => match value {
                Value::Null => View::Null,
                Value::Bool(value) => View::Bool(*value),
                Value::Number(number) => View::Number(number),
                Value::String(text) => View::String(text),
                Value::Array(_) => View::List(self),
                Value::Object(_) => View::Map(self),
            },
        }
    }

    pub(super) fn span(self) -> Option<Span> {
        match self {
            Self::Node(node) => node.span(),
            Self::Value(_) => None,
        }
    }
}

/// Offers one value. `siblings` are the fields of the struct around it, for suggestions.
#[derive(Clone, Copy, Debug)]
pub(super) struct NodeDeserializer<'a, 'c> {
    input: Input<'a>,
    key_span: Option<Span>,
    siblings: &'static [&'static str],
    context: &'c Context<'a>,
}

impl<'a, 'c> NodeDeserializer<'a, 'c> {
    pub(super) const fn new(input: Input<'a>, context: &'c Context<'a>) -> Self {
        Self {
            input,
            key_span: None,
            siblings: &[],
            context,
        }
    }

    pub(super) const fn field(
        input: Input<'a>,
        key_span: Option<Span>,
        siblings: &'static [&'static str],
        context: &'c Context<'a>,
    ) -> Self {
        Self {
            input,
            key_span,
            siblings,
            context,
        }
    }

    /// Notes that another type was wanted here.
    fn wrong(&self, wanted: &str) {
        self.context.wrong(self.mismatch(wanted));
    }

    fn wrong_with_help(&self, wanted: &str, help: &str) {
        self.context.wrong(self.mismatch(wanted).help(help));
    }

    fn mismatch(&self, wanted: &str) -> Diagnostic {
        let view = self.input.view();
        let place = match view {
            // A list or map begins somewhere below; what is wrong with it begins at its key.
            View::List(_) | View::Map(_) => self.key_span.or(self.input.span()),
            _ => self.input.span(),
        };
        let message = format!("expected {wanted}, found {}", describe(view));
        Diagnostic::error(Class::Decode, message).span(place)
    }

    /// The integer that is here, if it fits; notes what is wrong and gives 0 otherwise.
    fn integer<T: TryFrom<i128> + Default>(&self) -> T {
        let number = match self.input.view() {
            View::Null => return T::default(),
            View::Number(number) => number,
            _ => {
                self.wrong("an integer");
                return T::default();
            }
        };
        let Some(integer) = as_integer(number, self.context.json()) else {
            self.wrong("an integer");
            return T::default();
        };
        T::try_from(integer).unwrap_or_else(|_| {
            let bits = size_of::<T>() * 8;
            let sign = if T::try_from(-1).is_ok() {
                ""
            } else {
                "unsigned "
            };
            self.wrong(&format!("an {sign}integer of {bits} bits"));
            T::default()
        })
    }

    /// The float that is here; notes what is wrong and gives 0 otherwise.
    fn float(&self) -> f64 {
        match self.input.view() {
            View::Null => 0.0,
            View::Number(number) => number.as_f64().unwrap_or(0.0),
            _ => {
                self.wrong("a number");
                0.0
            }
        }
    }

    fn text(&self) -> &'a str {
        match self.input.view() {
            View::Null => "",
            View::String(text) => text,
            View::Bool(_) | View::Number(_) => {
                self.wrong_with_help("a string", "put it in quotes");
                ""
            }
            _ => {
                self.wrong("a string");
                ""
            }
        }
    }
}

/// Integers from `-2^63` to `2^64 - 1`, and floats that are whole: Kubernetes reads YAML by way of JSON text, in which
/// those below `1e21` are written without exponent. In JSON text itself they keep the form they have.
#[allow(
    clippy::cast_possible_truncation,
    reason = "whole and below 1e21, which an i128 holds exactly"
)]
fn as_integer(number: &Number, json: bool) -> Option<i128> {
    if let Some(integer) = number.as_i128() {
        return Some(integer);
    }
    let float = number.as_f64()?;
    let whole = float.fract() == 0.0 && float.abs() < 1e21;
    (whole && !json).then_some(float as i128)
}

fn describe(view: View<'_>) -> String {
    match view {
        View::Null => "null".to_owned(),
        View::Bool(value) => format!("boolean {value}"),
        View::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(value) => format!("number {}", float(value)),
            None => format!("number {number}"),
        },
        View::String(text) if text.chars().count() > 40 => "a long string".to_owned(),
        View::String(text) => format!("string {}", quote(text)),
        View::List(_) => "a list".to_owned(),
        View::Map(_) => "a map".to_owned(),
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident,)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.integer())
        })*
    };
}

impl<'de> Deserializer<'de> for NodeDeserializer<'de, '_> {
    type Error = Error;

    integers! {
        deserialize_i8 visit_i8,
        deserialize_i16 visit_i16,
        deserialize_i32 visit_i32,
        deserialize_i64 visit_i64,
        deserialize_u8 visit_u8,
        deserialize_u16 visit_u16,
        deserialize_u32 visit_u32,
        deserialize_u64 visit_u64,
        deserialize_i128 visit_i128,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.input.view() {
            View::Null => visitor.visit_unit(),
            View::Bool(value) => visitor.visit_bool(value),
            View::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (_, _, value) => visitor.visit_f64(value.unwrap_or(0.0)),
            },
            View::String(text) => visitor.visit_borrowed_str(text),
            View::List(list) => visitor.visit_seq(Items::new(list, self.context)),
            View::Map(map) => visitor.visit_map(Fields::new(map, &[], self.context)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(match self.input.view() {
            View::Null => false,
            View::Bool(value) => value,
            _ => {
                self.wrong("a boolean");
                false
            }
        })
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = self.float();
        #[allow(
            clippy::cast_possible_truncation,
            reason = "rounding to the nearest is wanted"
        )]
        let narrow = value as f32;
        if narrow.is_infinite() {
            self.wrong("a number of 32 bits");
            return visitor.visit_f32(0.0);
        }
        visitor.visit_f32(narrow)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(self.float())
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text())
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text())
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.input.view() {
            View::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if !matches!(self.input.view(), View::Null) {
            self.wrong("null");
        }
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let items = match self.input.view() {
            View::List(list) => Items::new(list, self.context),
            View::Null => Items::empty(self.context),
            _ => {
                self.wrong("a list");
                Items::empty(self.context)
            }
        };
        visitor.visit_seq(items)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_struct("", &[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let entries = match self.input.view() {
            View::Map(map) => Fields::new(map, fields, self.context),
            View::Null => Fields::empty(self.context),
            _ => {
                self.wrong("a map");
                Fields::empty(self.context)
            }
        };
        visitor.visit_map(entries)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.input.view() {
            View::Map(map) => match Variant::new(map, self.context) {
                Some(variant) => visitor.visit_enum(variant),
                None => Err(de::Error::custom("expected a map with a single key")),
            },
            View::String(text) => visitor.visit_enum(de::value::BorrowedStrDeserializer::new(text)),
            view => Err(de::Error::custom(format_args!(
                "expected a string, found {}",
                describe(view)
            ))),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // This is how a derived struct skips the value of a key that it does not know.
        let span = self.key_span.or(self.input.span());
        self.context.unknown_field(span, self.siblings);
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { bytes byte_buf tuple tuple_struct }
}
