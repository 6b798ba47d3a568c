//! The documents of a file.

mod set;
mod split;

use std::fmt;

use serde_json::Value;

use crate::{
    Class, Diagnostic, GroupVersionKind, Report, Span,
    field::{FieldError, Path},
    load::{Loaded, json::JsonEvents, load},
    tree::{Content, Entry, Node},
};

pub use set::DocumentSet;
#[cfg(feature = "yaml")]
pub(crate) use split::split;

/// One document of a file: its data with positions, and the kind it says it is.
#[derive(Clone, PartialEq)]
pub struct Document {
    source: String,
    syntax: Syntax,
    first_line: u32,
    root: Node,
    gvk: Option<GroupVersionKind>,
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

    /// `diagnostic` with both places.
    pub(crate) fn place(&self, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic
            .at(self.path.clone())
            .span(self.again)
            .related(self.first, "first here")
    }
}

impl Document {
    /// Reads a text that is one document, as the components do that are given a file of their own: JSON if it begins
    /// with `{`, else YAML, of which everything behind the first document goes unseen. `source` is the name that
    /// diagnostics carry. [`DocumentSet::read`] reads files of several documents.
    ///
    /// Keys that a map has twice are no errors here: see [`duplicates`](Self::duplicates) and
    /// [`decode`](crate::decode()).
    ///
    /// # Errors
    /// Everything that makes the text unreadable, of class [`Class::Decode`].
    pub fn read(source: &str, text: &str) -> Result<Self, Report> {
        Self::load(source, text, 1)
    }

    fn load(source: &str, text: &str, first_line: u32) -> Result<Self, Report> {
        if text.trim_start().starts_with('{') {
            let loaded = load(JsonEvents::new(text), first_line);
            return Self::from_loaded(source, Syntax::Json, first_line, loaded);
        }
        Self::load_yaml(source, text, first_line)
    }

    #[cfg(feature = "yaml")]
    pub(crate) fn load_yaml(source: &str, text: &str, first_line: u32) -> Result<Self, Report> {
        let loaded = crate::yaml::load_text(text, first_line);
        Self::from_loaded(source, Syntax::Yaml, first_line, loaded)
    }

    #[cfg(not(feature = "yaml"))]
    fn load_yaml(source: &str, _: &str, first_line: u32) -> Result<Self, Report> {
        let message = "the document is not JSON, and YAML is not built in";
        Err(Diagnostic::error(Class::Decode, message)
            .span(Span::new(first_line, 1, 0))
            .source(source)
            .into())
    }

    fn from_loaded(
        source: &str,
        syntax: Syntax,
        first_line: u32,
        loaded: Loaded,
    ) -> Result<Self, Report> {
        if !loaded.errors.is_empty() {
            let errors = loaded.errors.into_iter();
            return Err(errors.map(|error| error.source(source)).collect());
        }
        Ok(Self {
            source: source.to_owned(),
            syntax,
            first_line,
            gvk: gvk_of(&loaded.root),
            root: loaded.root,
            duplicates: loaded.duplicates,
        })
    }

    /// A document from a value: its diagnostics have paths but no places. `source` is the name they carry.
    pub fn from_value(source: &str, value: &Value) -> Self {
        let root = Node::from(value);
        Self {
            source: source.to_owned(),
            syntax: Syntax::Value,
            first_line: 1,
            gvk: gvk_of(&root),
            root,
            duplicates: Vec::new(),
        }
    }

    /// A document inside this one, with the places it has in the file; its keys that come twice are those of the outer one.
    pub(crate) fn part(&self, path: &Path) -> Option<Self> {
        let root = self.root.find(path)?.clone();
        Some(Self {
            source: self.source.clone(),
            syntax: self.syntax,
            first_line: self.first_line,
            gvk: gvk_of(&root),
            root,
            duplicates: Vec::new(),
        })
    }

    /// The same file with other content. What comes twice was in the old one.
    pub(crate) fn with_root(&self, root: Node) -> Self {
        Self {
            source: self.source.clone(),
            syntax: self.syntax,
            first_line: self.first_line,
            gvk: gvk_of(&root),
            root,
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

    /// The kind that the fields `apiVersion` and `kind` name, if both are there and well-formed. Their names are read
    /// without regard to case, as upstream does when it looks for the kind; decoding knows the right ones only.
    pub const fn gvk(&self) -> Option<&GroupVersionKind> {
        self.gvk.as_ref()
    }

    /// The kind, or why there is none.
    ///
    /// # Errors
    /// What is missing or malformed: classes [`Class::MissingKind`], [`Class::MissingVersion`],
    /// [`Class::MissingTypeMeta`] (both) and [`Class::Decode`].
    pub fn type_meta(&self) -> Result<GroupVersionKind, Report> {
        if !matches!(self.root.content(), Content::Map(_) | Content::Null) {
            let message = format!("expected a map, found {}", name_of(&self.root));
            let error = Diagnostic::error(Class::Decode, message).span(self.root.span());
            return Err(error.source(self.source.as_str()).into());
        }
        let (version, kind) = (self.type_field("apiVersion"), self.type_field("kind"));
        match (version, kind) {
            (Ok(None), Ok(None)) => {
                let message = "kind and apiVersion must be specified";
                Err(Diagnostic::error(Class::MissingTypeMeta, message)
                    .span(self.root.span())
                    .source(self.source.as_str())
                    .into())
            }
            (Ok(Some(version)), Ok(Some(kind))) => {
                GroupVersionKind::parse(version, kind).map_err(|error| {
                    self.about_type(Class::Decode, error.to_string(), "apiVersion")
                        .into()
                })
            }
            (version, kind) => Err([
                self.type_error("apiVersion", Class::MissingVersion, version),
                self.type_error("kind", Class::MissingKind, kind),
            ]
            .into_iter()
            .flatten()
            .collect()),
        }
    }

    fn type_error(
        &self,
        name: &'static str,
        missing: Class,
        found: Result<Option<&str>, &Node>,
    ) -> Option<Diagnostic> {
        match found {
            Ok(Some(_)) => None,
            Ok(None) => Some(self.about_type(missing, format!("{name} must be specified"), name)),
            Err(node) => {
                let message = format!("expected a string, found {}", name_of(node));
                Some(self.about_type(Class::Decode, message, name))
            }
        }
    }

    fn type_field(&self, name: &str) -> Result<Option<&str>, &Node> {
        type_field(&self.root, name)
    }

    /// An error about `apiVersion` or `kind`.
    pub(crate) fn about_type(
        &self,
        class: Class,
        message: String,
        name: &'static str,
    ) -> Diagnostic {
        Diagnostic::error(class, message)
            .at(Path::new(name))
            .span(self.type_span(name).or(self.root.span()))
            .source(self.source.as_str())
    }

    fn type_span(&self, name: &str) -> Option<Span> {
        type_entry(&self.root, name)?.value.span()
    }

    /// The error for a document whose group, version and kind the reader does not know: class [`Class::UnknownApi`].
    pub fn unknown_api(&self) -> Diagnostic {
        let gvk = self.gvk.clone().unwrap_or_default();
        let message = format!(
            "no kind \"{}\" is known for version \"{}\"",
            gvk.kind(),
            gvk.api_version()
        );
        let error = self.about_type(Class::UnknownApi, message, "apiVersion");
        match crate::release::advice(&gvk) {
            Some(advice) => error.help(advice),
            None => error,
        }
    }

    /// Where to point for `path` (see [`Node::locate`]).
    pub fn locate(&self, path: &Path) -> Option<Span> {
        self.root.locate(path)
    }

    /// What validation found about a field, with its place in this document: that of the field, or of something inside of
    /// it, or, where the field is not there, of another that asks for it. Class [`Class::Validation`].
    pub fn invalid(&self, error: &FieldError) -> Diagnostic {
        let (path, root) = (error.path.elements(), &self.root);
        let better =
            |place: &&Path| place.elements().starts_with(path) || root.find(&error.path).is_none();
        let place = error.place.as_ref().filter(better);
        Diagnostic::error(Class::Validation, error.body())
            .at(error.path.clone())
            .span(self.locate(place.unwrap_or(&error.path)))
            .source(self.source.as_str())
    }
}

/// Shows the shape only: configuration holds tokens and keys.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("source", &self.source)
            .field("first_line", &self.first_line)
            .field("gvk", &self.gvk)
            .finish_non_exhaustive()
    }
}

/// The field of a root that counts as `name`: the one of exactly that name, or else the last in byte order of those
/// that differ in case only. Upstream has sorted them by then.
fn type_entry<'a>(root: &'a Node, name: &str) -> Option<&'a Entry> {
    root.entries()
        .iter()
        .filter(|entry| entry.key.eq_ignore_ascii_case(name))
        .max_by_key(|entry| (entry.key == name, &entry.key))
}

/// The text of `apiVersion` or `kind`, if it is one; absent, null and empty are the same.
fn type_field<'a>(root: &'a Node, name: &str) -> Result<Option<&'a str>, &'a Node> {
    match type_entry(root, name).map(|entry| (&entry.value, entry.value.content())) {
        None | Some((_, Content::Null)) => Ok(None),
        Some((_, Content::String(text))) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some((node, _)) => Err(node),
    }
}

fn gvk_of(root: &Node) -> Option<GroupVersionKind> {
    let version = type_field(root, "apiVersion").ok()??;
    let kind = type_field(root, "kind").ok()??;
    GroupVersionKind::parse(version, kind).ok()
}

fn name_of(node: &Node) -> &'static str {
    match node.content() {
        Content::Null => "null",
        Content::Bool(_) => "a boolean",
        Content::Number(_) => "a number",
        Content::String(_) => "a string",
        Content::List(_) => "a list",
        Content::Map(_) => "a map",
    }
}
