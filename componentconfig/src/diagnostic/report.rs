//! Everything said about a file.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Class, Diagnostic};

/// Everything said about one or more documents, as an error: all of it, not the first of it.
///
/// Prints one line for each, `file:line:column: path: message`; [`render`](Self::render) shows the source lines too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// An empty report.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            diagnostics: Vec::new(),
        }
    }

    /// Adds something.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// What was said, in the order it was found.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// What was said, in the order it was found.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// What refuses the document.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|d| d.is_error())
    }

    /// What does not refuse the document.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|d| !d.is_error())
    }

    /// Whether anything refuses the document.
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// Whether anything of this class was said.
    pub fn has(&self, class: Class) -> bool {
        self.diagnostics.iter().any(|d| d.class == class)
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// How much was said.
    pub fn len(&self) -> usize {
        self.diagnostics.len()
    }

    /// Puts what was said in the order of the file; what has no place comes first.
    pub fn sort(&mut self) {
        self.diagnostics
            .sort_by(|a, b| (&a.source, a.span).cmp(&(&b.source, b.span)));
    }

    /// `value` with the warnings, unless something refuses the document.
    ///
    /// # Errors
    /// The whole report, warnings included, if it has errors.
    pub fn unless_errors<T>(self, value: T) -> Result<(T, Vec<Diagnostic>), Self> {
        if self.has_errors() {
            Err(self)
        } else {
            Ok((value, self.diagnostics))
        }
    }
}

impl From<Diagnostic> for Report {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            diagnostics: vec![diagnostic],
        }
    }
}

impl From<Vec<Diagnostic>> for Report {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics }
    }
}

impl Extend<Diagnostic> for Report {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.diagnostics.extend(diagnostics);
    }
}

impl FromIterator<Diagnostic> for Report {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        diagnostics.into_iter().collect::<Vec<_>>().into()
    }
}

impl IntoIterator for Report {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.diagnostics.into_iter()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, diagnostic) in self.diagnostics.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Report {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;

    #[test]
    fn errors_refuse_and_warnings_do_not() {
        let warning = Diagnostic::warning(Class::Other, "odd");
        let (value, warnings) = Report::from(warning.clone()).unless_errors(1).unwrap();
        assert_eq!((value, warnings.len()), (1, 1));
        let error = Diagnostic::error(Class::Decode, "bad").span(Span::new(2, 1, 0));
        let mut report: Report = [error, warning].into_iter().collect();
        report.sort();
        let report = report.unless_errors(1).unwrap_err();
        assert_eq!(report.to_string(), "warning: odd\n2:1: bad");
        assert!(report.has(Class::Other) && report.has(Class::Decode));
    }
}
