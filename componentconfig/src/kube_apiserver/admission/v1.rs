//! The types of `apiserver.config.k8s.io/v1` for admission.
//!
//! They mirror `staging/src/k8s.io/apiserver/pkg/apis/apiserver/v1/types.go`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The configurations of admission plugins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AdmissionConfiguration {
    /// One item for each plugin that has a configuration.
    pub plugins: Option<Vec<AdmissionPluginConfiguration>>,
}

/// The configuration of one plugin, inline or in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AdmissionPluginConfiguration {
    /// The name of the plugin, such as `PodSecurity`.
    pub name: String,
    /// The file with its configuration.
    pub path: String,
    /// Its configuration, a document of a kind of its own. Goes before `path`.
    pub configuration: Option<Value>,
}

crate::kind::kinds!("apiserver.config.k8s.io", "v1": AdmissionConfiguration);
