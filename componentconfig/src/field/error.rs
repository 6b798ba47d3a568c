//! What is wrong with a field.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Path;
use crate::quote::{float, quote, quote_all};

/// Why a value is refused, with the names that the Kubernetes API uses for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FieldErrorKind {
    /// A value that the field refers to does not exist.
    #[serde(rename = "FieldValueNotFound")]
    NotFound,
    /// A value must be there and is not.
    #[serde(rename = "FieldValueRequired")]
    Required,
    /// A value that must be unique is there twice.
    #[serde(rename = "FieldValueDuplicate")]
    Duplicate,
    /// A value is malformed or out of bounds.
    #[serde(rename = "FieldValueInvalid")]
    Invalid,
    /// A value is none of the known ones.
    #[serde(rename = "FieldValueNotSupported")]
    NotSupported,
    /// A well-formed value is not permitted here and now.
    #[serde(rename = "FieldValueForbidden")]
    Forbidden,
    /// A value is too long; it is not repeated in the message.
    #[serde(rename = "FieldValueTooLong")]
    TooLong,
    /// A list has too many items.
    #[serde(rename = "FieldValueTooMany")]
    TooMany,
    /// Something failed that is not the value's fault.
    #[serde(rename = "InternalError")]
    Internal,
    /// A value is not of the type that the field has.
    #[serde(rename = "FieldValueTypeInvalid")]
    TypeInvalid,
}

impl FieldErrorKind {
    /// Whether messages of this kind repeat the refused value.
    const fn shows_value(self) -> bool {
        !matches!(
            self,
            Self::Required | Self::Forbidden | Self::TooLong | Self::Internal
        )
    }
}

impl fmt::Display for FieldErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "Not found",
            Self::Required => "Required value",
            Self::Duplicate => "Duplicate value",
            Self::Invalid | Self::TypeInvalid => "Invalid value",
            Self::NotSupported => "Unsupported value",
            Self::Forbidden => "Forbidden",
            Self::TooLong => "Too long",
            Self::TooMany => "Too many",
            Self::Internal => "Internal error",
        })
    }
}

/// One refused value: `path: Invalid value: "x": detail`.
///
/// ```
/// use componentconfig::field::{FieldError, Path};
///
/// let error = FieldError::invalid(Path::new("bindPort"), 70000, "must be between 1 and 65535");
/// assert_eq!(error.to_string(), "bindPort: Invalid value: 70000: must be between 1 and 65535");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FieldError {
    /// Why it is refused.
    pub kind: FieldErrorKind,
    /// Where it is.
    pub path: Path,
    /// What was there. Not part of the message for the kinds `Required`, `Forbidden`, `TooLong` and `Internal`,
    /// which is how a secret is refused without being repeated; null for those of them that have no value.
    pub bad_value: Value,
    /// What was expected; may be empty.
    pub detail: String,
    /// Where to point: something inside of what the path names, or, where nothing is there, the field that asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Path>,
}

impl FieldError {
    /// A field error of any kind.
    pub fn new(
        kind: FieldErrorKind,
        path: Path,
        bad_value: impl Into<Value>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            path,
            bad_value: bad_value.into(),
            detail: detail.into(),
            place: None,
        }
    }

    /// The same, with another place to point to.
    #[must_use]
    pub fn pointing_at(mut self, place: Path) -> Self {
        self.place = Some(place);
        self
    }

    /// The value is missing.
    pub fn required(path: Path, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Required, path, Value::Null, detail)
    }

    /// The value is malformed or out of bounds.
    pub fn invalid(path: Path, bad_value: impl Into<Value>, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Invalid, path, bad_value, detail)
    }

    /// The value is none of `supported`, which are listed in the order given.
    pub fn not_supported(path: Path, bad_value: impl Into<Value>, supported: &[&str]) -> Self {
        let detail = if supported.is_empty() {
            String::new()
        } else {
            format!("supported values: {}", quote_all(supported.iter().copied()))
        };
        Self::new(FieldErrorKind::NotSupported, path, bad_value, detail)
    }

    /// The value is there twice.
    pub fn duplicate(path: Path, bad_value: impl Into<Value>) -> Self {
        Self::new(FieldErrorKind::Duplicate, path, bad_value, "")
    }

    /// What the value refers to does not exist.
    pub fn not_found(path: Path, bad_value: impl Into<Value>) -> Self {
        Self::new(FieldErrorKind::NotFound, path, bad_value, "")
    }

    /// The value is not permitted.
    pub fn forbidden(path: Path, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Forbidden, path, Value::Null, detail)
    }

    /// The value has more than `max_bytes` bytes.
    pub fn too_long(path: Path, bad_value: impl Into<Value>, max_bytes: usize) -> Self {
        let detail = format!("may not be more than {max_bytes} bytes");
        Self::new(FieldErrorKind::TooLong, path, bad_value, detail)
    }

    /// The list has `actual` items, more than `max_items`.
    pub fn too_many(path: Path, actual: usize, max_items: usize) -> Self {
        let detail = format!("must have at most {max_items} items");
        Self::new(FieldErrorKind::TooMany, path, actual, detail)
    }

    /// The value has not the type of the field.
    pub fn type_invalid(
        path: Path,
        bad_value: impl Into<Value>,
        detail: impl Into<String>,
    ) -> Self {
        Self::new(FieldErrorKind::TypeInvalid, path, bad_value, detail)
    }

    /// Something failed that is not the value's fault.
    pub fn internal(path: Path, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Internal, path, Value::Null, detail)
    }

    /// The message without the path: `Invalid value: "x": detail`.
    pub fn body(&self) -> String {
        let mut body = self.kind.to_string();
        if self.kind.shows_value() {
            body.push_str(": ");
            body.push_str(&shown(&self.bad_value));
        }
        if !self.detail.is_empty() {
            body.push_str(": ");
            body.push_str(&self.detail);
        }
        body
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.body())
    }
}

impl std::error::Error for FieldError {}

/// A value as apimachinery prints it: strings as Go quotes them, an absent one as the word in quotes.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "\"null\"".to_owned(),
        Value::String(text) => quote(text),
        Value::Number(number) if number.is_f64() => number.as_f64().map_or_else(String::new, float),
        other => other.to_string(),
    }
}

/// Collects what a validator finds.
///
/// ```
/// use componentconfig::field::{Errors, Path};
///
/// let mut errors = Errors::new();
/// let path = Path::new("etcd");
/// errors.required(&path.child("endpoints"), "at least one");
/// errors.not_supported(&path.child("mode"), "x", &["a", "b"]);
/// assert_eq!(errors.len(), 2);
/// assert_eq!(
///     errors.to_string(),
///     "[etcd.endpoints: Required value: at least one, \
///      etcd.mode: Unsupported value: \"x\": supported values: \"a\", \"b\"]",
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Errors(Vec<FieldError>);

impl Errors {
    /// Nothing found yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds an error.
    pub fn push(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// Adds a [`FieldError::required`].
    pub fn required(&mut self, path: &Path, detail: impl Into<String>) {
        self.push(FieldError::required(path.clone(), detail));
    }

    /// Adds a [`FieldError::invalid`].
    pub fn invalid(&mut self, path: &Path, bad_value: impl Into<Value>, detail: impl Into<String>) {
        self.push(FieldError::invalid(path.clone(), bad_value, detail));
    }

    /// Adds a [`FieldError::not_supported`].
    pub fn not_supported(&mut self, path: &Path, bad_value: impl Into<Value>, supported: &[&str]) {
        self.push(FieldError::not_supported(
            path.clone(),
            bad_value,
            supported,
        ));
    }

    /// Adds a [`FieldError::duplicate`].
    pub fn duplicate(&mut self, path: &Path, bad_value: impl Into<Value>) {
        self.push(FieldError::duplicate(path.clone(), bad_value));
    }

    /// Adds a [`FieldError::not_found`].
    pub fn not_found(&mut self, path: &Path, bad_value: impl Into<Value>) {
        self.push(FieldError::not_found(path.clone(), bad_value));
    }

    /// Adds a [`FieldError::forbidden`].
    pub fn forbidden(&mut self, path: &Path, detail: impl Into<String>) {
        self.push(FieldError::forbidden(path.clone(), detail));
    }

    /// How many were found.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The errors in the order found.
    pub fn iter(&self) -> std::slice::Iter<'_, FieldError> {
        self.0.iter()
    }

    /// `Ok` if none was found.
    ///
    /// # Errors
    /// Itself, if there are any.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The errors in the order found.
    pub fn into_vec(self) -> Vec<FieldError> {
        self.0
    }
}

impl Extend<FieldError> for Errors {
    fn extend<I: IntoIterator<Item = FieldError>>(&mut self, errors: I) {
        self.0.extend(errors);
    }
}

impl FromIterator<FieldError> for Errors {
    fn from_iter<I: IntoIterator<Item = FieldError>>(errors: I) -> Self {
        Self(errors.into_iter().collect())
    }
}

impl IntoIterator for Errors {
    type Item = FieldError;
    type IntoIter = std::vec::IntoIter<FieldError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Errors {
    type Item = &'a FieldError;
    type IntoIter = std::slice::Iter<'a, FieldError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// As an aggregate of apimachinery prints: one message as it is, several in brackets with commas, each only once.
impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut messages: Vec<String> = Vec::with_capacity(self.0.len());
        for error in &self.0 {
            let message = error.to_string();
            if !messages.contains(&message) {
                messages.push(message);
            }
        }
        match messages.as_slice() {
            [one] => f.write_str(one),
            several => write!(f, "[{}]", several.join(", ")),
        }
    }
}

impl std::error::Error for Errors {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn messages_are_those_of_apimachinery() {
        let path = || Path::new("a");
        for (error, text) in [
            (FieldError::required(path(), ""), "a: Required value"),
            (FieldError::forbidden(path(), "no"), "a: Forbidden: no"),
            (
                FieldError::duplicate(path(), "x"),
                "a: Duplicate value: \"x\"",
            ),
            (FieldError::not_found(path(), 3), "a: Not found: 3"),
            (
                FieldError::too_long(path(), "secret", 4),
                "a: Too long: may not be more than 4 bytes",
            ),
            (
                FieldError::too_many(path(), 5, 4),
                "a: Too many: 5: must have at most 4 items",
            ),
            (
                FieldError::invalid(path(), Value::Null, "d"),
                "a: Invalid value: \"null\": d",
            ),
            (
                FieldError::type_invalid(path(), json!({"b": [1]}), "d"),
                "a: Invalid value: {\"b\":[1]}: d",
            ),
            (FieldError::internal(path(), "d"), "a: Internal error: d"),
            (
                FieldError::invalid(path(), 1.5, "d"),
                "a: Invalid value: 1.5: d",
            ),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn an_aggregate_says_everything_once() {
        let mut errors = Errors::new();
        errors.required(&Path::new("a"), "");
        assert_eq!(errors.to_string(), "a: Required value");
        errors.required(&Path::new("a"), "");
        errors.required(&Path::new("b"), "");
        assert_eq!(errors.to_string(), "[a: Required value, b: Required value]");
    }
}
