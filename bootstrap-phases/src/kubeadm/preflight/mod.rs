//! Checks before anything is done, with kubeadm's names and severities.
//!
//! Follows `cmd/kubeadm/app/preflight/checks.go`. What a check looks at is a [`Check`], plain data; [`run`] asks a
//! [`Host`](crate::Host) and the files.

mod check;
mod lists;

use std::fmt;

use serde::Serialize;

pub use check::{Check, Facts};
pub use lists::{init, join};

use crate::{Note, PhaseError};

/// The version of Kubernetes whose ways are followed.
pub const OWN_VERSION: &str = "v1.36.2";

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check's name: `Port-6443`.
    pub name: String,
    /// What should be looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What has to be put right.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}

/// What all checks found, after those whose errors are ignored became warnings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings(Vec<Finding>);

/// Runs checks in order. Errors of checks that are ignored are warnings; `all` ignores all.
///
/// Names are ignored in lower case, as the flag and the field `ignorePreflightErrors` are read.
pub fn run(checks: &[Check], facts: &Facts<'_>, ignored: &[String]) -> Findings {
    settle(checks.iter().map(|check| check.look(facts)), ignored)
}

/// What checks found, with errors of ignored ones as warnings.
pub fn settle(found: impl IntoIterator<Item = Finding>, ignored: &[String]) -> Findings {
    let is_ignored = |name: &str| {
        let name = name.to_lowercase();
        ignored
            .iter()
            .any(|ignored| *ignored == name || ignored == "all")
    };
    let settled = found.into_iter().map(|mut finding| {
        if is_ignored(&finding.name) {
            let errors = std::mem::take(&mut finding.errors);
            finding.warnings.extend(errors);
        }
        finding
    });
    Findings(settled.filter(|finding| !finding.is_clean()).collect())
}

impl Finding {
    /// A check that found nothing.
    pub fn clean(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// The same with an error.
    #[must_use]
    pub fn error(mut self, text: impl Into<String>) -> Self {
        self.errors.push(text.into());
        self
    }

    /// The same with a warning.
    #[must_use]
    pub fn warning(mut self, text: impl Into<String>) -> Self {
        self.warnings.push(text.into());
        self
    }

    fn is_clean(&self) -> bool {
        self.warnings.is_empty() && self.errors.is_empty()
    }
}

impl Findings {
    /// Those that found something.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// Whether an error is left.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| !finding.errors.is_empty())
    }

    /// The warnings as remarks of a phase.
    pub fn notes(&self) -> Vec<Note> {
        let warnings = self.0.iter().flat_map(|finding| {
            let text = |warning: &String| format!("{}: {warning}", finding.name);
            finding.warnings.iter().map(text)
        });
        warnings
            .map(|text| Note::warning("preflight", text))
            .collect()
    }

    /// Fails with all errors that are left.
    ///
    /// # Errors
    /// There are some.
    pub fn into_result(self) -> Result<Vec<Note>, PhaseError> {
        if self.has_errors() {
            return Err(PhaseError::fatal("preflight.failed", self.to_string()));
        }
        Ok(self.notes())
    }
}

/// `ERROR name: text` for every error, in one line.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pre-flight checks failed")?;
        for finding in &self.0 {
            for error in &finding.errors {
                write!(f, "; ERROR {}: {error}", finding.name)?;
            }
        }
        Ok(())
    }
}
