//! What goes into a file: text that may be shown, or bytes that may not.

use std::{fmt, hint::black_box, sync::Arc};

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::Digest;

/// The content of a file.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// Text that anyone may see: manifests, certificates, settings.
    Text(String),
    /// Bytes that nobody may see: keys, and files that hold one.
    Secret(Secret),
}

/// Secret bytes. They show neither in `Debug` nor serialised, and are overwritten when the last copy goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Wiped>);

#[derive(PartialEq, Eq)]
struct Wiped(Vec<u8>);

impl Content {
    /// Text that anyone may see.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Bytes that nobody may see.
    pub fn secret(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Secret(Secret::new(bytes))
    }

    /// The bytes, secret or not.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Secret(secret) => secret.expose(),
        }
    }

    /// The text if anyone may see it.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Secret(_) => None,
        }
    }

    /// The digest of the bytes.
    pub fn digest(&self) -> Digest {
        Digest::of(self.bytes())
    }
}

impl Secret {
    /// Takes bytes into care.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Arc::new(Wiped(bytes.into())))
    }

    /// The bytes. Whoever calls this answers for where they go.
    pub fn expose(&self) -> &[u8] {
        &self.0.0
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.fill(0);
        // Without a reader the compiler may leave out the writes.
        black_box(&self.0);
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.debug_tuple("Text").field(text).finish(),
            Self::Secret(secret) => secret.fmt(f),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.expose().len())
    }
}

/// As `{"text": "..."}` or `{"secret": {"sha256": "...", "size": n}}`.
impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Content", 1)?;
        match self {
            Self::Text(text) => out.serialize_field("text", text)?,
            Self::Secret(secret) => out.serialize_field("secret", secret)?,
        }
        out.end()
    }
}

/// As digest and size, `{"sha256": "...", "size": n}`.
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Secret", 2)?;
        out.serialize_field("sha256", &Digest::of(self.expose()))?;
        out.serialize_field("size", &self.expose().len())?;
        out.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show() {
        let content = Content::secret("hunter2");
        assert_eq!(format!("{content:?}"), "Secret(7 bytes)");
        let json = serde_json::to_string(&content).unwrap();
        assert!(!json.contains("hunter2"), "{json}");
        assert!(json.contains(r#""size":7"#), "{json}");
        assert_eq!(content.as_text(), None);
        assert_eq!(content.bytes(), b"hunter2");
    }
}
