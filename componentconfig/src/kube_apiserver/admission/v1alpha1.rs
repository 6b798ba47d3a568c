//! The type of `apiserver.k8s.io/v1alpha1` for admission, the same as that of v1.

use serde::{Deserialize, Serialize};

pub use super::v1::AdmissionPluginConfiguration;

/// The configurations of admission plugins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AdmissionConfiguration {
    /// One item for each plugin that has a configuration.
    pub plugins: Option<Vec<AdmissionPluginConfiguration>>,
}

crate::kind::kinds!("apiserver.k8s.io", "v1alpha1": AdmissionConfiguration);
