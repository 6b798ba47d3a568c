//! The error type that serde sees.

use std::fmt;

use serde::de;

/// An error on its way up to the field it belongs to, or one that has arrived.
#[derive(Debug)]
pub(super) enum Error {
    /// Said by a `Deserialize`.
    Custom(String),
    /// A field without default is not there.
    Missing(&'static str),
    /// Noted at its field: only the run has to end.
    Noted,
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Custom(message) => f.write_str(message),
            Self::Missing(field) => write!(f, "missing field \"{field}\""),
            Self::Noted => f.write_str("noted already"),
        }
    }
}

impl std::error::Error for Error {}
