//! A document as data in which every value and every key knows its place in the file.

use std::fmt;

use serde_json::{Map, Number, Value};

use crate::{
    Span,
    field::{Element, Path},
};

/// A value and where it stands.
///
/// Scalars are typed already, by the rules of the syntax they were read from and never by what somebody expects
/// of them. The keys of maps are strings; a map has no key twice.
#[derive(Clone, PartialEq)]
pub struct Node {
    span: Span,
    content: Content,
}

/// What a [`Node`] holds.
#[derive(Clone, PartialEq)]
pub enum Content {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer that fits 64 bits, or a float.
    Number(Number),
    /// A text.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<Entry>),
}

/// A key and a value of a map.
#[derive(Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A value that stands at `span`.
    pub const fn new(span: Span, content: Content) -> Self {
        Self { span, content }
    }

    /// Where the value stands, if it was read from text.
    pub fn span(&self) -> Option<Span> {
        (self.span.line > 0).then_some(self.span)
    }

    /// What it holds.
    pub const fn content(&self) -> &Content {
        &self.content
    }

    pub(crate) fn into_content(self) -> Content {
        self.content
    }

    /// The entries of a map, in the order of the file; nothing for any other value.
    pub fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; nothing for any other value.
    pub fn items(&self) -> &[Self] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key of this map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.content {
            Content::String(text) => Some(text),
            _ => None,
        }
    }

    /// What is at `path`, or `None` if nothing is there.
    pub fn find(&self, path: &Path) -> Option<&Self> {
        path.elements()
            .iter()
            .try_fold(self, |node, element| Some(node.step(element)?.1))
    }

    /// Where to point for `path`: at the key of its last field, at the item of a list, or, where the path leads to
    /// nothing, at the nearest place on the way.
    pub fn locate(&self, path: &Path) -> Option<Span> {
        let mut node = self;
        let mut span = self.span;
        for element in path.elements() {
            match node.step(element) {
                Some((at, next)) => (span, node) = (at, next),
                None => break,
            }
        }
        (span.line > 0).then_some(span)
    }

    /// The same data without places.
    pub fn to_value(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(number) => Value::Number(number.clone()),
            Content::String(text) => Value::String(text.clone()),
            Content::List(items) => items.iter().map(Self::to_value).collect(),
            Content::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_value()))
                .collect::<Map<_, _>>()
                .into(),
        }
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    fn step(&self, element: &Element) -> Option<(Span, &Self)> {
        let item = |index: usize| self.items().get(index).map(|item| (item.span, item));
        match element {
            Element::Index(index) => item(*index),
            Element::Field(key) | Element::Key(key) => match self.entry(key) {
                Some(entry) => Some((entry.key_span, &entry.value)),
                // Some validators of Kubernetes write the index of a list as a field: `tokens.0.groups`.
                None => match key.parse() {
                    Ok(index) => item(index),
                    // Others leave the index out: `providers.name`. Of a single item it is clear which one is meant.
                    Err(_) => match self.items() {
                        [only] => only.step(element),
                        _ => None,
                    },
                },
            },
        }
    }
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        let content = match value {
            Value::Null => Content::Null,
            Value::Bool(value) => Content::Bool(*value),
            Value::Number(number) => Content::Number(number.clone()),
            Value::String(text) => Content::String(text.clone()),
            Value::Array(items) => Content::List(items.iter().map(Self::from).collect()),
            Value::Object(map) => Content::Map(
                map.iter()
                    .map(|(key, value)| Entry {
                        key: key.clone(),
                        key_span: Span::default(),
                        value: value.into(),
                    })
                    .collect(),
            ),
        };
        Self::new(Span::default(), content)
    }
}

/// Shows the shape and the place only: configuration holds tokens and keys.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{}", self.content, self.span)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(_) => f.write_str("bool"),
            Self::Number(_) => f.write_str("number"),
            Self::String(_) => f.write_str("string"),
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Map(entries) => f
                .debug_map()
                .entries(entries.iter().map(|entry| (&entry.key, &entry.value)))
                .finish(),
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.key, self.value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scalar(line: u32, text: &str) -> Node {
        Node::new(Span::new(line, 4, 1), Content::String(text.to_owned()))
    }

    fn tree() -> Node {
        let list = Content::List(vec![scalar(3, "x"), scalar(4, "y")]);
        let entry = |key: &str, line, value| Entry {
            key: key.to_owned(),
            key_span: Span::new(line, 1, 1),
            value,
        };
        Node::new(
            Span::new(1, 1, 0),
            Content::Map(vec![
                entry("a", 1, scalar(1, "secret")),
                entry("l", 2, Node::new(Span::new(3, 1, 0), list)),
            ]),
        )
    }

    #[test]
    fn places_are_found_by_path() {
        let tree = tree();
        let at = |path: &str| tree.locate(&path.parse().unwrap()).unwrap().to_string();
        assert_eq!(at("a"), "1:1");
        assert_eq!(at("l[1]"), "4:4");
        assert_eq!(at("l.1"), "4:4");
        assert_eq!(at("l[7].x"), "2:1");
        assert_eq!(at(""), "1:1");
        assert_eq!(Node::from(&json!({"a": 1})).locate(&Path::new("a")), None);
        assert_eq!(
            tree.find(&Path::new("l").index(0)).unwrap().as_str(),
            Some("x")
        );
        assert_eq!(tree.find(&Path::new("b")), None);
    }

    #[test]
    fn values_survive() {
        let value = json!({"a": [null, true, 1, 1.5, "x"], "b": {}});
        assert_eq!(Node::from(&value).to_value(), value);
    }

    #[test]
    fn debug_keeps_secrets() {
        let debug = format!("{:?}", tree());
        assert!(
            debug.contains("string@1:4") && !debug.contains("secret"),
            "{debug}"
        );
    }
}
