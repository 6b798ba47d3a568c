//! FieldsV1, the JSON form of sets in `metadata.managedFields`.

use std::{error, fmt, str::FromStr, sync::OnceLock};

use serde_json::{Map, Value};

use super::{Entry, FieldSet, Level, Node, canonical};
use crate::{
    path::{PathElement, PathElementError},
    scan::{ScanError, Scanner, write_inside},
};

/// Why a text or value is no set of fields.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldsV1Error {
    /// The JSON is malformed, or not made of objects.
    Json(ScanError),
    /// A key is no path element.
    Element {
        /// The key.
        key: String,
        /// What is wrong with it.
        error: PathElementError,
    },
    /// A value is neither an object nor null.
    NotAnObject {
        /// The key of that value; empty for the whole.
        key: String,
    },
}

impl From<ScanError> for FieldsV1Error {
    fn from(error: ScanError) -> Self {
        Self::Json(error)
    }
}

impl fmt::Display for FieldsV1Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Element { key, error } => write!(f, "{key:?}: {error}"),
            Self::NotAnObject { key } => write!(f, "{key:?}: expected an object or null"),
        }
    }
}

impl error::Error for FieldsV1Error {}

/// Reads FieldsV1. Kinds of path elements that are not known are left out with all below them.
impl FromStr for FieldSet {
    type Err = FieldsV1Error;

    fn from_str(text: &str) -> Result<Self, FieldsV1Error> {
        if canonical::is_canonical(text) {
            return Ok(Self {
                text: Some(text.into()),
                nodes: OnceLock::new(),
            });
        }
        read_all(text).map(Self::from_nodes)
    }
}

pub(super) fn read_all(text: &str) -> Result<Vec<Node>, FieldsV1Error> {
    let mut scanner = Scanner::new(text);
    let mut nodes = Vec::with_capacity(text.len() / 16);
    read(&mut scanner, &mut nodes)?;
    scanner.end()?;
    Ok(nodes)
}

/// Writes FieldsV1, in the canonical form.
impl fmt::Display for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.text {
            return f.write_str(text);
        }
        let mut out = String::with_capacity(self.nodes().len() * 32);
        write(self.level(), &mut out, &mut String::new());
        f.write_str(&out)
    }
}

impl FieldSet {
    /// Reads FieldsV1 from JSON that was parsed already.
    ///
    /// # Errors
    /// A value is neither an object nor null, or a key is no path element.
    pub fn from_value(value: &Value) -> Result<Self, FieldsV1Error> {
        let mut nodes = Vec::new();
        read_value("", value, &mut nodes)?;
        Ok(Self::from_nodes(nodes))
    }

    /// FieldsV1 as a JSON value. The canonical order of keys is kept only if the map type keeps the order it is filled in.
    pub fn to_value(&self) -> Value {
        self.level().to_value()
    }
}

impl Level<'_> {
    fn to_value(self) -> Value {
        let entries = self.entries();
        Value::Object(
            entries
                .map(|entry| (entry.element.serialize(), entry.to_value()))
                .collect(),
        )
    }
}

impl Entry<'_> {
    /// What FieldsV1 has under the element.
    pub(crate) fn to_value(self) -> Value {
        let Value::Object(below) = self.level.to_value() else {
            return Value::Null;
        };
        if !self.member || below.is_empty() {
            return Value::Object(below);
        }
        let mark = (".".to_owned(), Value::Object(Map::new()));
        Value::Object([mark].into_iter().chain(below).collect())
    }
}

/// Reads an object into the entries of a level; answers whether it says that its own path is in the set.
fn read(scanner: &mut Scanner<'_>, out: &mut Vec<Node>) -> Result<bool, FieldsV1Error> {
    let start = out.len();
    let mut member = false;
    let mut last: Option<usize> = None;
    let mut sorted = true;
    scanner.object(|scanner, key| {
        let Some(element) = element(&key)? else {
            member |= key == ".";
            return scanner.skip().map_err(FieldsV1Error::from);
        };
        let at = out.len();
        let previous = last.replace(at).and_then(|last| out.get(last));
        sorted &= previous.is_none_or(|previous| previous.element < element);
        out.push(Node {
            element,
            below: 0,
            member: false,
        });
        let marked = read(scanner, out)?;
        close(out, at, marked);
        Ok::<_, FieldsV1Error>(())
    })?;
    if !sorted {
        sort(start, out);
    }
    Ok(member)
}

fn read_value(key: &str, value: &Value, out: &mut Vec<Node>) -> Result<bool, FieldsV1Error> {
    let map = match value {
        Value::Object(map) => map,
        Value::Null => return Ok(false),
        _ => {
            return Err(FieldsV1Error::NotAnObject {
                key: key.to_owned(),
            });
        }
    };
    let start = out.len();
    let mut member = false;
    for (key, value) in map {
        let Some(element) = element(key)? else {
            member |= key == ".";
            continue;
        };
        let at = out.len();
        out.push(Node {
            element,
            below: 0,
            member: false,
        });
        let marked = read_value(key, value, out)?;
        close(out, at, marked);
    }
    sort(start, out);
    Ok(member)
}

/// The path element of a key; none for the mark of the parent, and for kinds of elements that are not known.
fn element(key: &str) -> Result<Option<PathElement>, FieldsV1Error> {
    if key == "." {
        return Ok(None);
    }
    match PathElement::parse(key) {
        Ok(element) => Ok(Some(element)),
        Err(PathElementError::UnknownKind) => Ok(None),
        Err(error) => Err(FieldsV1Error::Element {
            key: key.to_owned(),
            error,
        }),
    }
}

/// Completes a node whose subtree has been read. One without anything below it is in the set.
fn close(out: &mut [Node], at: usize, marked: bool) {
    let below = out.len() - at - 1;
    if let Some(node) = out.get_mut(at) {
        node.below = below;
        node.member = marked || below == 0;
    }
}

/// Sorts the entries from `start` on. Of doubled ones the marks add up, and the last subtree that is not empty counts.
fn sort(start: usize, out: &mut Vec<Node>) {
    let unsorted = out.split_off(start);
    let mut entries: Vec<_> = Level(&unsorted).entries().collect();
    entries.sort_by(|a, b| a.element.cmp(b.element));
    for same in entries.chunk_by(|a, b| a.element == b.element) {
        let Some(first) = same.first() else { continue };
        let level = same
            .iter()
            .rev()
            .map(|entry| entry.level)
            .find(|level| !level.is_empty());
        let level = level.unwrap_or(Level::EMPTY);
        let member = same.iter().any(|entry| entry.member);
        out.push(Node {
            element: first.element.clone(),
            below: level.0.len(),
            member,
        });
        out.extend_from_slice(level.0);
    }
}

/// Writes the entries of a level between braces; `key` is scratch space.
fn write(level: Level<'_>, out: &mut String, key: &mut String) {
    out.push('{');
    write_entries(level, out, key);
    out.push('}');
}

/// Writes the entries of a level. Pieces are as long as can be: most of the time goes into putting them together.
fn write_entries(level: Level<'_>, out: &mut String, key: &mut String) {
    let mut open = "\"f:";
    for entry in level.entries() {
        if let PathElement::Field(name) = entry.element {
            out.push_str(open);
            write_inside(out, name, false);
        } else {
            key.clear();
            entry.element.write(key);
            out.push_str(open.strip_suffix("f:").unwrap_or(open));
            write_inside(out, key, false);
        }
        open = ",\"f:";
        if entry.level.is_empty() {
            out.push_str("\":{}");
            continue;
        }
        out.push_str(if entry.member {
            "\":{\".\":{},"
        } else {
            "\":{"
        });
        write_entries(entry.level, out, key);
        out.push('}');
    }
}
