//! Paths to fields, and the elements they are made of.

use std::{cmp::Ordering, error, fmt, sync::Arc};

use serde_json::Value;

use crate::{
    scan::{Scanner, is_plain, is_plain_in_html, write_inside},
    value,
};

pub use crate::scan::ScanError;

/// A step of a path: a field, a list element by its keys, an element of a set, or a list element by its index.
///
/// Elements are ordered in this order, and among themselves by bytes, keys, values ([`value::compare`]) and numbers. They
/// are written `f:name`, `k:{"key":"value"}`, `v:value` and `i:0` in field sets, and `.name`, `[key="value"]`, `[=value]` and
/// `[0]` for people. Cloning is cheap.
#[derive(Debug, Clone)]
pub enum PathElement {
    /// A field of a struct, or an entry of a map.
    Field(Arc<str>),
    /// The element of an associative list with these keys.
    Key(KeyFields),
    /// The element of a set with this value.
    Value(Arc<Value>),
    /// The element of a list at this index.
    Index(i64),
}

/// The names and values that tell an element of an associative list apart, sorted by name.
#[derive(Debug, Clone)]
pub struct KeyFields(Arc<[(Arc<str>, Value)]>);

/// A sequence of path elements.
pub type Path = Vec<PathElement>;

/// Why a text is no path element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathElementError {
    /// It is shorter than the letter and the colon.
    TooShort,
    /// There is no colon behind the first letter.
    NoColon,
    /// The letter names no kind of element.
    UnknownKind,
    /// An index is no number of 64 bits.
    BadIndex,
    /// The JSON of a value or of keys is malformed.
    Json(ScanError),
}

impl PathElement {
    /// A field.
    pub fn field(name: impl Into<Arc<str>>) -> Self {
        Self::Field(name.into())
    }

    /// An element of an associative list.
    pub fn key<N: Into<Arc<str>>>(fields: impl IntoIterator<Item = (N, Value)>) -> Self {
        let mut fields: Vec<_> = fields
            .into_iter()
            .map(|(name, value)| (name.into(), value))
            .collect();
        fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self::Key(KeyFields(fields.into()))
    }

    /// An element of a set.
    pub fn value(value: impl Into<Value>) -> Self {
        Self::Value(Arc::new(value.into()))
    }

    /// An element of a list by its index.
    pub fn index(index: i64) -> Self {
        Self::Index(index)
    }

    /// Reads an element as it is written in field sets. Numbers in keys and values become floats.
    ///
    /// # Errors
    /// The text is no path element.
    pub fn parse(text: &str) -> Result<Self, PathElementError> {
        let rest = match text.as_bytes() {
            [] | [_] => return Err(PathElementError::TooShort),
            [_, b':', ..] => text.get(2..).unwrap_or_default(),
            _ => return Err(PathElementError::NoColon),
        };
        match text.as_bytes().first() {
            Some(b'f') => Ok(Self::field(rest)),
            Some(b'k') => Self::parse_key(rest),
            Some(b'v') => {
                let mut scanner = Scanner::new(rest);
                let value = scanner.value()?;
                scanner.end()?;
                Ok(Self::value(value))
            }
            Some(b'i') => rest
                .parse()
                .map(Self::Index)
                .map_err(|_| PathElementError::BadIndex),
            _ => Err(PathElementError::UnknownKind),
        }
    }

    fn parse_key(text: &str) -> Result<Self, PathElementError> {
        let mut scanner = Scanner::new(text);
        let mut fields = Vec::new();
        scanner.object(|scanner, name| {
            fields.push((Arc::from(name), scanner.value()?));
            Ok::<_, ScanError>(())
        })?;
        scanner.end()?;
        Ok(Self::key::<Arc<str>>(fields))
    }

    /// Appends the element as it is written in field sets.
    pub(crate) fn write(&self, out: &mut String) {
        use fmt::Write as _;
        match self {
            Self::Field(name) => {
                out.push_str("f:");
                out.push_str(name);
            }
            Self::Key(fields) => {
                out.push_str("k:{");
                for (index, (name, value)) in fields.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    value::write_name(out, name);
                    out.push(':');
                    value::write_path_text(out, value);
                }
                out.push('}');
            }
            Self::Value(value) => {
                out.push_str("v:");
                value::write_path_text(out, value);
            }
            Self::Index(index) => drop(write!(out, "i:{index}")),
        }
    }

    /// Appends the element as it is written in field sets between the quotes of a JSON string.
    pub(crate) fn write_key(&self, out: &mut String) {
        if let Self::Key(fields) = self
            && fields
                .iter()
                .all(|(name, value)| is_plain_pair(name, value))
        {
            // As below, in one go.
            out.push_str("k:");
            let mut open = "{\\\"";
            for (name, value) in fields.iter() {
                out.push_str(open);
                out.push_str(name);
                if let Value::String(text) = value {
                    out.push_str("\\\":\\\"");
                    out.push_str(text);
                    out.push_str("\\\"");
                } else {
                    out.push_str("\\\":");
                    value::write_path_text(out, value);
                }
                open = ",\\\"";
            }
            out.push_str(if open.starts_with('{') { "{}" } else { "}" });
            return;
        }
        write_inside(out, &self.serialize(), false);
    }

    /// The element as it is written in field sets.
    pub fn serialize(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Field(_) => 0,
            Self::Key(_) => 1,
            Self::Value(_) => 2,
            Self::Index(_) => 3,
        }
    }
}

/// Whether a key field is written without any character that a JSON string escapes, but its quotes.
fn is_plain_pair(name: &str, value: &Value) -> bool {
    let plain = match value {
        Value::String(text) => is_plain_in_html(text),
        value => !value.is_array() && !value.is_object(),
    };
    plain && is_plain(name)
}

impl KeyFields {
    /// The names and values, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }
}

impl Ord for KeyFields {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(other.0.iter());
        let mut orders = pairs.map(|(left, right)| {
            left.0
                .cmp(&right.0)
                .then_with(|| value::compare(&left.1, &right.1))
        });
        orders
            .find(|order| order.is_ne())
            .unwrap_or_else(|| self.0.len().cmp(&other.0.len()))
    }
}

impl Ord for PathElement {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Field(left), Self::Field(right)) => left.cmp(right),
            (Self::Key(left), Self::Key(right)) => left.cmp(right),
            (Self::Value(left), Self::Value(right)) => value::compare(left, right),
            (Self::Index(left), Self::Index(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

macro_rules! order_decides_equality {
    ($($type:ty),*) => {$(
        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other).is_eq()
            }
        }
        impl Eq for $type {}
    )*};
}
order_decides_equality!(PathElement, KeyFields);

impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(fields) => {
                f.write_str("[")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}{name}={}", value::display(value))?;
                }
                f.write_str("]")
            }
            Self::Value(value) => write!(f, "[={}]", value::display(value)),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// The text of a path: that of its elements, one behind the other.
pub fn display(path: &[PathElement]) -> String {
    path.iter().map(ToString::to_string).collect()
}

impl From<ScanError> for PathElementError {
    fn from(error: ScanError) -> Self {
        Self::Json(error)
    }
}

impl fmt::Display for PathElementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "a path element has at least a letter and a colon",
            Self::NoColon => "no colon behind the first letter of the path element",
            Self::UnknownKind => "a path element begins with f:, k:, v: or i:",
            Self::BadIndex => "the index is no number of 64 bits",
            Self::Json(error) => return error.fmt(f),
        })
    }
}

impl error::Error for PathElementError {}
