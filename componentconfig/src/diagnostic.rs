//! What is said about a document: classes, positions, reports, and a renderer with source lines.

mod render;
mod report;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::field::Path;

pub use render::Source;
pub use report::Report;

/// What sort of thing a [`Diagnostic`] reports. The names in JSON are those of the variants in kebab-case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Class {
    /// An unknown or a duplicate field.
    Strict,
    /// Bad syntax, a value of the wrong type, a scalar that cannot be parsed.
    Decode,
    /// A document without `kind`.
    MissingKind,
    /// A document without `apiVersion`.
    MissingVersion,
    /// A document without `kind` and without `apiVersion`.
    MissingTypeMeta,
    /// A group, version and kind that the reader does not know.
    NotRegistered,
    /// A group, version and kind that nobody in the file's component knows.
    UnknownApi,
    /// A version that existed once, or does not exist yet.
    UnsupportedVersion,
    /// A kind that the file has twice.
    DuplicateKind,
    /// A value that is well-formed and wrong.
    Validation,
    /// A combination of options that makes no sense.
    Usage,
    /// Something referred to is not there.
    NotFound,
    /// The operation cannot be done for this document.
    UnsupportedOperation,
    /// Warning: a version that will go away.
    DeprecatedVersion,
    /// Warning: an unknown or a duplicate field where the component reads on.
    StrictTolerated,
    /// Warning: a value other than the recommended one.
    RecommendedValue,
    /// Warning: a socket without a URL scheme.
    EndpointWithoutScheme,
    /// Warning: a document that is not used.
    IgnoredDocument,
    /// Warning: a certificate that would live longer than its issuer.
    CertificateValidity,
    /// Any other warning.
    Other,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "strict",
            Self::Decode => "decode",
            Self::MissingKind => "missing-kind",
            Self::MissingVersion => "missing-version",
            Self::MissingTypeMeta => "missing-type-meta",
            Self::NotRegistered => "not-registered",
            Self::UnknownApi => "unknown-api",
            Self::UnsupportedVersion => "unsupported-version",
            Self::DuplicateKind => "duplicate-kind",
            Self::Validation => "validation",
            Self::Usage => "usage",
            Self::NotFound => "not-found",
            Self::UnsupportedOperation => "unsupported-operation",
            Self::DeprecatedVersion => "deprecated-version",
            Self::StrictTolerated => "strict-tolerated",
            Self::RecommendedValue => "recommended-value",
            Self::EndpointWithoutScheme => "endpoint-without-scheme",
            Self::IgnoredDocument => "ignored-document",
            Self::CertificateValidity => "certificate-validity",
            Self::Other => "other",
        })
    }
}

/// Whether a [`Diagnostic`] refuses the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The document is refused.
    Error,
    /// The document is taken, but somebody should know.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// A stretch of one line of a file.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Span {
    /// The line of the file, from 1 on.
    pub line: u32,
    /// The first character in that line, from 1 on.
    pub column: u32,
    /// How many characters of that line; 0 for a mere place between characters.
    pub len: u32,
}

impl Span {
    /// A stretch of `len` characters.
    #[must_use]
    pub const fn new(line: u32, column: u32, len: u32) -> Self {
        Self { line, column, len }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One thing said about a document.
///
/// Built with [`error`](Self::error) or [`warning`](Self::warning), then given a place:
///
/// ```
/// use componentconfig::{field::Path, Class, Diagnostic, Span};
///
/// let diagnostic = Diagnostic::error(Class::Decode, "expected an integer, found \"x\"")
///     .at(Path::new("bindPort"))
///     .span(Span::new(4, 11, 1))
///     .source("kubeadm.yaml");
/// assert_eq!(diagnostic.to_string(), "kubeadm.yaml:4:11: bindPort: expected an integer, found \"x\"");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The sort of thing.
    pub class: Class,
    /// Whether it refuses the document.
    pub severity: Severity,
    /// The name of the file, as the caller gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Where in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// Where in the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Path>,
    /// What is wrong: lower-case, no final dot.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Other places that belong to it, each with a remark.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
}

/// A second place of a [`Diagnostic`], in the same file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// The place.
    pub span: Span,
    /// What is there.
    pub message: String,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(class: Class, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, class, message.into())
    }

    /// A warning without a place yet.
    pub fn warning(class: Class, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, class, message.into())
    }

    fn new(severity: Severity, class: Class, message: String) -> Self {
        Self {
            class,
            severity,
            source: None,
            span: None,
            path: None,
            message,
            help: None,
            related: Vec::new(),
        }
    }

    /// Sets the path in the document.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = Some(path);
        self
    }

    /// Sets the place in the file; `None` leaves it unknown.
    #[must_use]
    pub fn span(mut self, span: impl Into<Option<Span>>) -> Self {
        self.span = span.into();
        self
    }

    /// Sets the name of the file.
    #[must_use]
    pub fn source(mut self, name: impl Into<String>) -> Self {
        self.source = Some(name.into());
        self
    }

    /// Sets the advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Related {
            span,
            message: message.into(),
        });
        self
    }

    /// Whether it refuses the document.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `file:line:column: path: message`, without the parts that are not known.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.source, self.span) {
            (Some(source), Some(span)) => write!(f, "{source}:{span}: ")?,
            (Some(source), None) => write!(f, "{source}: ")?,
            (None, Some(span)) => write!(f, "{span}: ")?,
            (None, None) => {}
        }
        if self.severity == Severity::Warning {
            f.write_str("warning: ")?;
        }
        if let Some(path) = self.path.as_ref().filter(|path| !path.is_root()) {
            write!(f, "{path}: ")?;
        }
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_class_is_its_name_in_json() {
        for class in [
            Class::Strict,
            Class::MissingTypeMeta,
            Class::UnknownApi,
            Class::Other,
        ] {
            let json = serde_json::to_value(class).unwrap();
            assert_eq!(json, class.to_string());
        }
    }

    #[test]
    fn unknown_parts_are_left_out() {
        let diagnostic = Diagnostic::warning(Class::Other, "odd").at(Path::root());
        assert_eq!(diagnostic.to_string(), "warning: odd");
        let json = serde_json::to_value(&diagnostic).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"class": "other", "severity": "warning", "path": "", "message": "odd"})
        );
    }
}
