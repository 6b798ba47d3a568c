//! FieldsV1, the JSON form of sets in `metadata.managedFields`.

use std::{error, fmt, str::FromStr};

use serde_json::{Map, Value};

use super::{Element, Entry, FieldSet, Level, Node, canonical};
use crate::{
    path::{PathElement, PathElementError},
    scan::{ScanError, Scanner},
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
        match canonical::read(text) {
            Some(set) => Ok(set),
            None => read_any(text),
        }
    }
}

/// Reads FieldsV1 that may be written in any way.
pub(super) fn read_any(text: &str) -> Result<FieldSet, FieldsV1Error> {
    let mut scanner = Scanner::new(text);
    let mut set = FieldSet::draft(text.len() / 16);
    read(&mut scanner, &mut set)?;
    scanner.end()?;
    Ok(set)
}

/// Writes FieldsV1, in the canonical form.
impl fmt::Display for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.canonical {
            return f.write_str(&self.text);
        }
        f.write_str(&self.to_fields_v1())
    }
}

impl FieldSet {
    /// Reads FieldsV1 from JSON that was parsed already.
    ///
    /// # Errors
    /// A value is neither an object nor null, or a key is no path element.
    pub fn from_value(value: &Value) -> Result<Self, FieldsV1Error> {
        let mut set = Self::draft(0);
        read_value("", value, &mut set)?;
        Ok(set)
    }

    /// FieldsV1, in the canonical form. This is what [`Display`](fmt::Display) writes, made at once.
    pub fn to_fields_v1(&self) -> String {
        if self.canonical {
            return self.text.clone();
        }
        let mut out = String::with_capacity(self.text.len() + self.nodes.len() * AROUND_TEXT + 2);
        write(self, &mut out);
        out
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
                .map(|entry| (entry.key().into_owned(), entry.to_value()))
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
fn read(scanner: &mut Scanner<'_>, out: &mut FieldSet) -> Result<bool, FieldsV1Error> {
    let mut level = Reading::new(out);
    scanner.object(|scanner, key| {
        let Some(at) = level.open(&key, out)? else {
            return scanner.skip().map_err(FieldsV1Error::from);
        };
        let marked = read(scanner, out)?;
        close(out, at, marked);
        Ok::<_, FieldsV1Error>(())
    })?;
    level.finish(out);
    Ok(level.member)
}

fn read_value(key: &str, value: &Value, out: &mut FieldSet) -> Result<bool, FieldsV1Error> {
    let map = match value {
        Value::Object(map) => map,
        Value::Null => return Ok(false),
        _ => {
            return Err(FieldsV1Error::NotAnObject {
                key: key.to_owned(),
            });
        }
    };
    let mut level = Reading::new(out);
    for (key, value) in map {
        if let Some(at) = level.open(key, out)? {
            let marked = read_value(key, value, out)?;
            close(out, at, marked);
        }
    }
    level.finish(out);
    Ok(level.member)
}

/// A level that is being read.
struct Reading {
    start: usize,
    /// Whether the path to it is in the set.
    member: bool,
    last: Option<usize>,
    unsorted: bool,
}

impl Reading {
    fn new(out: &FieldSet) -> Self {
        Self {
            start: out.nodes.len(),
            member: false,
            last: None,
            unsorted: false,
        }
    }

    /// Begins an entry. There is none if the key is the mark of the level itself, or of a kind that is not known.
    fn open(&mut self, key: &str, out: &mut FieldSet) -> Result<Option<usize>, FieldsV1Error> {
        let Some(element) = element(key)? else {
            self.member |= key == ".";
            return Ok(None);
        };
        let at = out.push(Element::from(&element));
        let previous = self.last.replace(at).and_then(|last| out.nodes.get(last));
        self.unsorted |=
            previous.is_some_and(|previous| previous.element(out) >= Element::from(&element));
        Ok(Some(at))
    }

    fn finish(&self, out: &mut FieldSet) {
        if self.unsorted {
            out.rearrange(self.start, sort);
        }
    }
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
fn close(out: &mut FieldSet, at: usize, marked: bool) {
    let below = out.nodes.len() - at - 1;
    if let Some(node) = out.nodes.get_mut(at) {
        node.below = below;
        node.member = marked || below == 0;
    }
}

/// Sorts entries. Of doubled ones the marks add up, and the last subtree that is not empty counts.
fn sort(unsorted: Level<'_>, out: &mut Vec<Node>) {
    let mut entries: Vec<_> = unsorted.entries().collect();
    entries.sort_by(|a, b| a.element().cmp(&b.element()));
    for same in entries.chunk_by(|a, b| a.element() == b.element()) {
        let Some(first) = same.first() else { continue };
        let mut levels = same.iter().rev().map(|entry| entry.level.nodes());
        let below = levels.find(|nodes| !nodes.is_empty()).unwrap_or_default();
        out.push(Node {
            below: below.len(),
            member: same.iter().any(|entry| entry.member),
            ..*first.node
        });
        out.extend_from_slice(below);
    }
}

/// How much is written of a node besides its text, at most: a comma, the mark, and the closing brace.
const AROUND_TEXT: usize = 10;

/// Writes all nodes. What has to be closed before a node is known when it comes.
fn write(set: &FieldSet, out: &mut String) {
    let mut open: Vec<usize> = Vec::new();
    let mut before = "{";
    for (at, node) in set.nodes.iter().enumerate() {
        while open.pop_if(|end| *end == at).is_some() {
            out.push('}');
        }
        out.push_str(before);
        out.push_str(set.text.get(node.start..node.end).unwrap_or_default());
        before = match (node.below, node.member) {
            (0, _) => "},",
            (_, true) => "\".\":{},",
            (_, false) => "",
        };
        if node.below > 0 {
            open.push(at + 1 + node.below);
        }
    }
    out.push_str(if before == "{" { "{" } else { "}" });
    out.extend(open.iter().map(|_| '}'));
    out.push('}');
}
