//! Errors with the path of a field, as the API server words them.

use std::{error, fmt};

use serde_json::Value;

use crate::go_text;

/// What is wrong with a field. The names are those of the causes of a Status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// The value is not allowed.
    Invalid,
    /// The value is of another type than it must be.
    TypeInvalid,
    /// There must be a value.
    Required,
    /// The value is none of those that there are.
    NotSupported,
    /// The value is there already.
    Duplicate,
    /// There may be no value.
    Forbidden,
    /// The text is too long.
    TooLong,
    /// There are too many items.
    TooMany,
}

/// An error of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The path, such as `spec.ports[0].port`; empty where the server names none.
    pub field: String,
    /// What kind of error it is.
    pub reason: Reason,
    /// What is wrong, such as `Invalid value: 4: spec.size in body should be less than or equal to 3`.
    pub message: String,
}

impl Reason {
    /// The name, such as `FieldValueInvalid`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "FieldValueInvalid",
            Self::TypeInvalid => "FieldValueTypeInvalid",
            Self::Required => "FieldValueRequired",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Duplicate => "FieldValueDuplicate",
            Self::Forbidden => "FieldValueForbidden",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Invalid | Self::TypeInvalid => "Invalid value",
            Self::Required => "Required value",
            Self::NotSupported => "Unsupported value",
            Self::Duplicate => "Duplicate value",
            Self::Forbidden => "Forbidden",
            Self::TooLong => "Too long",
            Self::TooMany => "Too many",
        }
    }
}

impl FieldError {
    /// An error without a value.
    pub(super) fn new(field: impl Into<String>, reason: Reason, detail: &str) -> Self {
        let words = reason.words();
        let message = if detail.is_empty() {
            words.to_owned()
        } else {
            format!("{words}: {detail}")
        };
        Self {
            field: field.into(),
            reason,
            message,
        }
    }

    /// An error with the value that is wrong.
    pub(super) fn with_value(
        field: impl Into<String>,
        reason: Reason,
        value: &Value,
        detail: &str,
    ) -> Self {
        let value = text(value);
        let detail = if detail.is_empty() {
            value
        } else {
            format!("{value}: {detail}")
        };
        Self::new(field, reason, &detail)
    }

    /// What the server says where rules were left out.
    pub(super) fn unchecked_rules() -> Self {
        let detail = "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
        Self::with_value("", Reason::Invalid, &Value::Null, detail)
    }

    /// Whether rules are not run with such an error.
    pub(super) fn blocks_rules(&self) -> bool {
        matches!(
            self.reason,
            Reason::NotSupported
                | Reason::Required
                | Reason::TooLong
                | Reason::TooMany
                | Reason::TypeInvalid
        )
    }

    /// The same error of a field below that path. Errors without a path stay so.
    pub(super) fn below(mut self, path: &str) -> Self {
        if !path.is_empty() && !self.field.is_empty() {
            let dot = if self.field.starts_with('[') { "" } else { "." };
            self.field = format!("{path}{dot}{}", self.field.trim_start_matches('.'));
        }
        self
    }
}

/// The text of a value in a message: JSON, with strings as Go quotes them.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let mut quoted = String::new();
            go_text::write_quoted(&mut quoted, text);
            quoted
        }
        other => other.to_string(),
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = if self.field.is_empty() {
            "<nil>"
        } else {
            &self.field
        };
        write!(f, "{field}: {}", self.message)
    }
}

impl error::Error for FieldError {}

/// Several errors; there is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    pub(super) fn check(errors: Vec<FieldError>) -> Result<(), Self> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self(errors))
        }
    }

    /// The errors.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }

    pub(super) fn below(self, path: &str) -> impl Iterator<Item = FieldError> {
        self.0.into_iter().map(move |error| error.below(path))
    }
}

/// All of them, as a server puts them into one message.
impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.0.as_slice() {
            return only.fmt(f);
        }
        let errors: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "[{}]", errors.join(", "))
    }
}

impl error::Error for FieldErrors {}
