//! One document of a file.

use std::fmt;

use serde_json::Value;

use crate::{
    Class, Diagnostic, GroupVersionKind, Span,
    field::{FieldError, Path},
    tree::Node,
};

/// One document of a file: its data with positions, and the kind it says it is.
#[derive(Clone, PartialEq)]
pub struct Document {
    source: String,
    syntax: Syntax,
    first_line: u32,
    root: Node,
    duplicates: Vec<Duplicate>,
}

/// What a document was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Syntax {
    /// YAML 1.1.
    Yaml,
    /// JSON text.
    Json,
    /// Nothing: it was made from a value.
    Value,
}

/// A key that a map has twice. The later one counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The field.
    pub path: Path,
    /// The first place.
    pub first: Span,
    /// The place where it comes again.
    pub again: Span,
}

impl Duplicate {
    pub(crate) fn message(&self) -> String {
        format!("duplicate field \"{}\"", self.path)
    }
}

impl Document {
    /// A document from a value: its diagnostics have paths but no places. `source` is the name they carry.
    pub fn from_value(source: &str, value: &Value) -> Self {
        Self {
            source: source.into(),
            syntax: Syntax::Value,
            first_line: 1,
            root: value.into(),
            duplicates: Vec::new(),
        }
    }

    /// The name of the file, as given when it was read.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it was written in.
    pub const fn syntax(&self) -> Syntax {
        self.syntax
    }

    /// The line of the file on which it begins, from 1 on.
    pub const fn first_line(&self) -> u32 {
        self.first_line
    }

    /// The data.
    pub const fn root(&self) -> &Node {
        &self.root
    }

    /// The data without positions.
    pub fn to_value(&self) -> Value {
        self.root.to_value()
    }

    /// Keys that a map has twice, wherever they are, in the order of the document.
    pub fn duplicates(&self) -> &[Duplicate] {
        &self.duplicates
    }

    /// The kind that the fields `apiVersion` and `kind` name, if both are there and well-formed.
    pub fn gvk(&self) -> Option<GroupVersionKind> {
        let field = |name| self.root.get(name)?.as_str();
        GroupVersionKind::parse(field("apiVersion")?, field("kind")?).ok()
    }

    /// Where to point for `path` (see [`Node::locate`]).
    pub fn locate(&self, path: &Path) -> Option<Span> {
        self.root.locate(path)
    }

    /// What validation found about a field, with its place in this document. Class [`Class::Validation`].
    pub fn invalid(&self, error: &FieldError) -> Diagnostic {
        Diagnostic::error(Class::Validation, error.body())
            .at(error.path.clone())
            .span(self.locate(&error.path))
            .source(self.source.as_str())
    }
}

/// Shows the shape only: configuration holds tokens and keys.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("source", &self.source)
            .field("first_line", &self.first_line)
            .field("gvk", &self.gvk())
            .finish_non_exhaustive()
    }
}
