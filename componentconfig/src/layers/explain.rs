//! Where a value came from.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::{Effective, Layer, value_at};
use crate::{
    Span,
    field::{Element, Path},
    tree::{Content, Node},
};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "from")]
#[non_exhaustive]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A document.
    Document {
        /// The name of the file.
        source: String,
        /// The place in it.
        span: Option<Span>,
    },
    /// A flag.
    Flag {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::Document {
                source,
                span: Some(span),
            } => write!(f, "{source}:{span}"),
            Self::Document { source, span: None } => f.write_str(source),
            Self::Flag { name } => write!(f, "the flag {name}"),
        }
    }
}

/// Why a field has the value it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Explanation {
    /// The field.
    pub path: Path,
    /// Its value; `None` if the field has none.
    pub value: Option<Value>,
    /// Where that came from.
    pub origin: Origin,
    /// What lower layers say, the highest first.
    pub overridden: Vec<(Origin, Value)>,
    /// A layer that says something which counts as unset: a zero, or `null`.
    pub unset_by: Option<(Origin, Value)>,
}

/// `path: value, from origin (over value of origin)`.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}: {value}", self.path)?,
            None => write!(f, "{}: unset", self.path)?,
        }
        match &self.origin {
            Origin::Default => f.write_str(", by default")?,
            origin => write!(f, ", from {origin}")?,
        }
        if let Some((origin, value)) = &self.unset_by {
            write!(f, ", because {value} of {origin} means unset")?;
        }
        for (position, (origin, value)) in self.overridden.iter().enumerate() {
            f.write_str(if position == 0 { " (over " } else { ", " })?;
            write!(f, "{value} of {origin}")?;
        }
        if !self.overridden.is_empty() {
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// What a layer does to a path.
enum Word<'a> {
    /// It says nothing.
    Silent,
    /// It says something; layers below count only where maps are merged.
    Says(&'a Node, bool),
    /// It takes away what is below.
    Deletes,
}

impl<T> Effective<T> {
    /// Why the field has the value it has.
    pub fn explain(&self, path: &Path) -> Explanation {
        let value = value_at(&self.complete, path).filter(|value| !value.is_null());
        let mut said: Vec<(Origin, Value)> = Vec::new();
        let mut deleted = None;
        for layer in self.layers.iter().rev() {
            match word(layer.root(), path) {
                Word::Silent => {}
                Word::Deletes => {
                    deleted = Some((layer.origin(path), Value::Null));
                    break;
                }
                Word::Says(node, atomic) => {
                    said.push((layer.origin(path), node.to_value()));
                    if atomic {
                        break;
                    }
                }
            }
        }
        let mut said = said.into_iter();
        let (origin, unset_by) = match said.next() {
            None => (Origin::Default, deleted),
            // A zero that means unset has become the default.
            Some((origin, said)) if is_unset(&said, value) => {
                (Origin::Default, Some((origin, said)))
            }
            Some((origin, _)) => (origin, None),
        };
        Explanation {
            path: path.clone(),
            value: value.cloned(),
            origin,
            overridden: said.collect(),
            unset_by,
        }
    }

    /// Why every field that has a value has it, in the order of their names. Lists count as one value.
    pub fn explain_all(&self) -> Vec<Explanation> {
        let mut paths = Vec::new();
        leaves(&self.complete, &Path::root(), &mut paths);
        paths.iter().map(|path| self.explain(path)).collect()
    }
}

impl Layer {
    fn origin(&self, path: &Path) -> Origin {
        match self {
            Self::Document(document) => Origin::Document {
                source: document.source().to_owned(),
                span: document.locate(path),
            },
            Self::Flag { name, .. } => Origin::Flag { name: name.clone() },
        }
    }
}

fn word<'a>(root: &'a Node, path: &Path) -> Word<'a> {
    let (mut node, mut in_list) = (root, false);
    for element in path.elements() {
        let next = match element {
            Element::Field(name) | Element::Key(name) => node.get(name),
            Element::Index(index) => {
                in_list = true;
                node.items().get(*index)
            }
        };
        node = match (next, node.content()) {
            (Some(next), _) => next,
            // Inside a map that the layer does not speak of: lower layers count.
            (None, Content::Map(_)) if !in_list => return Word::Silent,
            (None, _) => return Word::Deletes,
        };
        if matches!(node.content(), Content::Null) {
            return Word::Deletes;
        }
    }
    let merged = matches!(node.content(), Content::Map(_)) && !in_list;
    Word::Says(node, in_list && !merged)
}

/// Whether something that was said is a zero, and what came of it is not.
fn is_unset(said: &Value, value: Option<&Value>) -> bool {
    let zero = |value: &Value| match value {
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => matches!(text.as_str(), "" | "0s" | "0"),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    zero(said) && value.is_some_and(|value| !zero(value))
}

fn leaves(value: &Value, path: &Path, out: &mut Vec<Path>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, field) in fields {
                leaves(field, &path.child(name.clone()), out);
            }
        }
        Value::Null => {}
        _ if matches!(path.to_string().as_str(), "apiVersion" | "kind") => {}
        _ => out.push(path.clone()),
    }
}
