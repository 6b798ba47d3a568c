use std::{error, fmt};

/// An operation, outcome or request does not have the form it must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormError {
    place: String,
    message: String,
}

impl FormError {
    /// Something else was expected at a place: a field, a part of a URL, a line. The place may be empty.
    pub fn expected(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(place, message)
    }

    pub(super) fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
        }
    }

    /// Where: a field, a part of the URL, or a line of a recording.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Says that the place is below that one.
    pub(super) fn below(mut self, place: &str) -> Self {
        self.place = if self.place.is_empty() {
            place.to_owned()
        } else {
            format!("{place}.{}", self.place)
        };
        self
    }
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.place, self.message)
        }
    }
}

impl error::Error for FormError {}
