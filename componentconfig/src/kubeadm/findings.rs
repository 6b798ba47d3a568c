//! What is found out about documents before it is known where they came from.

use serde_json::Value;

use crate::{
    Class, Diagnostic, Document,
    field::{Errors, FieldError, Path},
};

/// Collects what is wrong with, odd about or unknown of the documents of a set.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) errors: Vec<Found>,
    pub(crate) warnings: Vec<Warning>,
    /// Fields that stay unset for want of facts.
    pub(crate) unset: Vec<Unset>,
}

/// An error in a document.
#[derive(Debug)]
pub(crate) struct Found {
    kind: &'static str,
    error: FieldError,
    /// Where to point, if that is more exact than the path.
    place: Option<Path>,
}

/// A warning about a document.
#[derive(Debug)]
pub(crate) struct Warning {
    kind: &'static str,
    class: Class,
    path: Path,
    message: String,
}

/// A field that is unset because nothing is known that could fill it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unset {
    /// The kind of the document.
    pub kind: &'static str,
    /// The field.
    pub path: Path,
    /// What would have to be known.
    pub fact: &'static str,
}

impl Findings {
    pub(crate) fn of(&mut self, kind: &'static str) -> Scope<'_> {
        Scope {
            kind,
            findings: self,
        }
    }

    /// The errors alone.
    pub(crate) fn into_errors(self) -> Errors {
        self.errors.into_iter().map(|found| found.error).collect()
    }

    /// Everything as diagnostics with their places. Nothing is said about values that are not known.
    pub(crate) fn diagnostics<'a>(
        &self,
        document_of: impl Fn(&str) -> Option<&'a Document>,
    ) -> Vec<Diagnostic> {
        let errors = self
            .errors
            .iter()
            .filter(|found| !self.is_unset(found))
            .map(|found| found.diagnostic(document_of(found.kind)));
        let warnings = self.warnings.iter().map(|warning| {
            let diagnostic = Diagnostic::warning(warning.class, warning.message.clone());
            place(
                diagnostic.at(warning.path.clone()),
                document_of(warning.kind),
                &warning.path,
            )
        });
        errors.chain(warnings).collect()
    }

    fn is_unset(&self, found: &Found) -> bool {
        self.unset
            .iter()
            .any(|unset| unset.kind == found.kind && unset.path == *found.place())
    }
}

impl Found {
    fn place(&self) -> &Path {
        self.place.as_ref().unwrap_or(&self.error.path)
    }

    fn diagnostic(&self, document: Option<&Document>) -> Diagnostic {
        let diagnostic = Diagnostic::error(Class::Validation, self.error.body());
        let diagnostic = diagnostic.at(self.error.path.clone());
        place(diagnostic, document, self.place())
    }
}

fn place(diagnostic: Diagnostic, document: Option<&Document>, path: &Path) -> Diagnostic {
    match document {
        Some(document) => diagnostic
            .span(document.locate(path))
            .source(document.source()),
        None => diagnostic,
    }
}

/// The findings about the document of one kind.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    kind: &'static str,
    findings: &'a mut Findings,
}

impl Scope<'_> {
    pub(crate) fn push(&mut self, error: FieldError) {
        self.found(error, None);
    }

    pub(crate) fn invalid(
        &mut self,
        path: &Path,
        value: impl Into<Value>,
        detail: impl Into<String>,
    ) {
        self.push(FieldError::invalid(path.clone(), value, detail));
    }

    /// An error whose place is inside what its path names.
    pub(crate) fn invalid_at(
        &mut self,
        path: &Path,
        place: Path,
        value: impl Into<Value>,
        detail: impl Into<String>,
    ) {
        self.found(
            FieldError::invalid(path.clone(), value, detail),
            Some(place),
        );
    }

    /// Whether an error was found at a path already.
    pub(crate) fn has_error_at(&self, path: &Path) -> bool {
        let here = |found: &Found| found.kind == self.kind && found.error.path == *path;
        self.findings.errors.iter().any(here)
    }

    /// An error about a secret, which is not repeated.
    pub(crate) fn invalid_secret(&mut self, path: &Path, detail: impl Into<String>) {
        self.invalid(path, "(not shown)", detail);
    }

    /// A required value is missing, by the path of the map that it should be in.
    pub(crate) fn required_at(&mut self, path: &Path, place: Path, detail: impl Into<String>) {
        self.found(FieldError::required(path.clone(), detail), Some(place));
    }

    pub(crate) fn warn(&mut self, class: Class, path: &Path, message: impl Into<String>) {
        self.findings.warnings.push(Warning {
            kind: self.kind,
            class,
            path: path.clone(),
            message: message.into(),
        });
    }

    pub(crate) fn unset(&mut self, path: Path, fact: &'static str) {
        self.findings.unset.push(Unset {
            kind: self.kind,
            path,
            fact,
        });
    }

    fn found(&mut self, error: FieldError, place: Option<Path>) {
        self.findings.errors.push(Found {
            kind: self.kind,
            error,
            place,
        });
    }
}
