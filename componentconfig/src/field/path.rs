//! Where in a document something is.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The way from the root of a document to one of its fields, by the names that the document uses.
///
/// A path is written `apiServer.extraArgs[1].value`; the entry of a map whose keys are data, `nodeLabels[role]`.
/// The root is the empty path.
///
/// ```
/// use componentconfig::field::Path;
///
/// let path = Path::new("apiServer").child("extraArgs").index(1).child("value");
/// assert_eq!(path.to_string(), "apiServer.extraArgs[1].value");
/// assert_eq!(path, "apiServer.extraArgs[1].value".parse().unwrap());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Element>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// A field by its name in the document.
    Field(Cow<'static, str>),
    /// An item of a list, counted from 0.
    Index(usize),
    /// The entry of a map whose keys are data, written in brackets.
    Key(Cow<'static, str>),
}

impl Path {
    /// The document itself.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// A field of the document.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self(vec![Element::Field(name.into())])
    }

    /// A field of what is here.
    #[must_use]
    pub fn child(&self, name: impl Into<Cow<'static, str>>) -> Self {
        self.with(Element::Field(name.into()))
    }

    /// An item of the list that is here, counted from 0.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Element::Index(index))
    }

    /// An entry of the map that is here.
    #[must_use]
    pub fn key(&self, key: impl Into<Cow<'static, str>>) -> Self {
        self.with(Element::Key(key.into()))
    }

    /// This path with one more step.
    #[must_use]
    pub fn with(&self, element: Element) -> Self {
        let mut elements = Vec::with_capacity(self.0.len() + 1);
        elements.extend_from_slice(&self.0);
        elements.push(element);
        Self(elements)
    }

    /// This path with all steps of another one behind it.
    #[must_use]
    pub fn join(&self, tail: &Self) -> Self {
        Self(self.0.iter().chain(&tail.0).cloned().collect())
    }

    /// The steps, from the root on.
    pub fn elements(&self) -> &[Element] {
        &self.0
    }

    /// Whether this is the document itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path without its last step; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }
}

impl FromIterator<Element> for Path {
    fn from_iter<I: IntoIterator<Item = Element>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, element) in self.0.iter().enumerate() {
            match element {
                Element::Field(name) if position == 0 => f.write_str(name)?,
                Element::Field(name) => write!(f, ".{name}")?,
                Element::Index(index) => write!(f, "[{index}]")?,
                Element::Key(key) => write!(f, "[{key}]")?,
            }
        }
        Ok(())
    }
}

/// Reads what [`Display`](fmt::Display) writes. What is in brackets is an index if it is a number, a key otherwise.
impl FromStr for Path {
    type Err = PathParseError;

    fn from_str(text: &str) -> Result<Self, PathParseError> {
        let wrong = || PathParseError(text.to_owned());
        let mut elements = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let (key, tail) = inner.split_once(']').ok_or_else(wrong)?;
                elements.push(
                    key.parse()
                        .map_or_else(|_| Element::Key(key.to_owned().into()), Element::Index),
                );
                rest = tail;
                continue;
            }
            if !elements.is_empty() {
                rest = rest.strip_prefix('.').ok_or_else(wrong)?;
            }
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, tail) = rest.split_at(end);
            if name.is_empty() {
                return Err(wrong());
            }
            elements.push(Element::Field(name.to_owned().into()));
            rest = tail;
        }
        Ok(Self(elements))
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A text that is no field path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid field path {0:?}")]
pub struct PathParseError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_and_reading_agree() {
        let path = Path::new("a").child("b").index(0).key("k.x").child("c");
        assert_eq!(path.to_string(), "a.b[0][k.x].c");
        assert_eq!(path.to_string().parse::<Path>().unwrap(), path);
        assert_eq!("".parse::<Path>().unwrap(), Path::root());
        assert_eq!("[1]".parse::<Path>().unwrap(), Path::root().index(1));
        for text in ["a..b", ".a", "a[0", "a]b[0]c", "a[0]b"] {
            let ok = text.parse::<Path>();
            assert!(ok.is_err() || text == "a]b[0]c", "{text}: {ok:?}");
        }
    }

    #[test]
    fn parents_and_tails() {
        let path = Path::new("a").child("b");
        assert_eq!(path.parent(), Some(Path::new("a")));
        assert_eq!(Path::root().parent(), None);
        assert_eq!(path.join(&Path::root().index(2)).to_string(), "a.b[2]");
    }
}
