//! Bytes, as Go writes them in JSON.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::base64;

/// Bytes that are written as base64. `Debug` shows how many there are and not which: they may be a key.
///
/// ```
/// use componentconfig::scalar::Bytes;
///
/// let bytes: Bytes = serde_json::from_str("\"aGVsbG8=\"")?;
/// assert_eq!(bytes.as_slice(), b"hello");
/// assert_eq!(format!("{bytes:?}"), "Bytes(5)");
/// assert_eq!(serde_json::to_string(&bytes)?, "\"aGVsbG8=\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Bytes(Vec<u8>);

impl Bytes {
    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({})", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes =
            base64::decode(&text).ok_or_else(|| de::Error::custom("illegal base64 data"))?;
        Ok(Self(bytes))
    }
}
