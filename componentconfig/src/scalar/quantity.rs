//! Kubernetes quantities: `500m`, `1Gi`.

use serde::{Deserialize, Serialize};

/// A quantity as it was written. Zero is `0`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(String);

impl Quantity {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Quantity {
    fn default() -> Self {
        Self("0".to_owned())
    }
}
