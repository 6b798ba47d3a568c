//! The type of the plugin `ResourceQuota` in `resourcequota.admission.k8s.io/v1alpha1`, the same as that of v1.

use serde::{Deserialize, Serialize};

pub use super::v1::{LimitedResource, ScopedResourceSelectorRequirement};

/// The configuration of the admission plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Configuration {
    /// The resources.
    pub limited_resources: Option<Vec<LimitedResource>>,
}

crate::kind::kinds!("resourcequota.admission.k8s.io", "v1alpha1": Configuration);
