//! `EncryptionConfig` of the core group, version v1.

use serde::{Deserialize, Serialize};

pub use super::v1::ResourceConfiguration;

/// The same as `EncryptionConfiguration` under the name that an old documentation gave it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct EncryptionConfig {
    /// Which resources are encrypted with what. At least one item.
    pub resources: Option<Vec<ResourceConfiguration>>,
}

crate::kind::kinds!("", "v1": EncryptionConfig);
