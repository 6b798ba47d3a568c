//! Text that must not be shown.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that is written to documents but never to logs: `Debug` does not show it, and there is no `Display`.
///
/// ```
/// use componentconfig::secret::Secret;
///
/// let key = Secret::from("0123456789abcdef");
/// assert_eq!(format!("{key:?}"), "Secret(..)");
/// assert_eq!(key.expose(), "0123456789abcdef");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() {
            "Secret(\"\")"
        } else {
            "Secret(..)"
        })
    }
}
