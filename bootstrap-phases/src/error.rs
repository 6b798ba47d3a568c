//! Why a phase could not plan or could not be carried out.

use std::{borrow::Cow, error::Error, fmt};

use serde::{Deserialize, Serialize};

use crate::{FileError, FileErrorKind};

/// A phase's failure: what kind it is, a code for machines, a sentence for people, and the field it is about.
///
/// Its text is never secret: it goes into events and the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PhaseError {
    /// What may be done about it.
    pub class: ErrorClass,
    /// For machines, dotted and stable: `pki.ca.not-a-ca`.
    pub code: Cow<'static, str>,
    /// For people: lower-case, no dot at the end.
    pub message: String,
    /// Path of the configuration field it is about, such as `networking.podSubnet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// What may be done about a failure. It decides whether a run tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ErrorClass {
    /// Trying again may help: a timeout, an overloaded server. Counts as an attempt.
    Transient,
    /// What is waited for is not there yet. Asked again until the phase's deadline; does not count as an attempt.
    NotYet,
    /// Something else is there, or changed in between.
    Conflict,
    /// Refused for lack of rights.
    Denied,
    /// The configuration or the input is wrong.
    Invalid,
    /// Nothing helps.
    Fatal,
    /// The run was cancelled.
    Cancelled,
}

impl PhaseError {
    /// An error of a class.
    pub fn new(
        class: ErrorClass,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            class,
            code: code.into(),
            message: message.into(),
            field: None,
        }
    }

    /// Trying again may help.
    pub fn transient(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Transient, code, message)
    }

    /// What is waited for is not there yet.
    pub fn not_yet(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::NotYet, code, message)
    }

    /// Something else is there.
    pub fn conflict(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Conflict, code, message)
    }

    /// The configuration or the input is wrong.
    pub fn invalid(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Invalid, code, message)
    }

    /// Nothing helps.
    pub fn fatal(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Fatal, code, message)
    }

    /// The run was cancelled.
    pub fn cancelled() -> Self {
        Self::new(ErrorClass::Cancelled, "run.cancelled", "cancelled")
    }

    /// Names the configuration field it is about.
    #[must_use]
    pub fn field(mut self, path: impl Into<String>) -> Self {
        self.field = Some(path.into());
        self
    }
}

impl fmt::Display for PhaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Error for PhaseError {}

impl From<FileError> for PhaseError {
    fn from(error: FileError) -> Self {
        let (class, code) = match &error.kind {
            FileErrorKind::NotFound => (ErrorClass::Fatal, "file.not-found"),
            FileErrorKind::AlreadyExists => (ErrorClass::Conflict, "file.already-exists"),
            FileErrorKind::NotADirectory => (ErrorClass::Conflict, "file.not-a-directory"),
            FileErrorKind::IsADirectory => (ErrorClass::Conflict, "file.is-a-directory"),
            FileErrorKind::NotEmpty => (ErrorClass::Conflict, "file.not-empty"),
            FileErrorKind::Denied => (ErrorClass::Denied, "file.denied"),
            FileErrorKind::LinkLoop => (ErrorClass::Fatal, "file.link-loop"),
            FileErrorKind::InvalidPath => (ErrorClass::Invalid, "file.invalid-path"),
            FileErrorKind::Transient(_) => (ErrorClass::Transient, "file.transient"),
            FileErrorKind::Other(_) => (ErrorClass::Fatal, "file.io"),
        };
        Self::new(class, code, error.to_string())
    }
}
