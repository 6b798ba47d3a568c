//! The types of the plugin `PodTolerationRestriction`, `podtolerationrestriction.admission.k8s.io/v1alpha1`.
//!
//! They mirror `plugin/pkg/admission/podtolerationrestriction/apis/podtolerationrestriction/v1alpha1/types.go`.

use serde::{Deserialize, Serialize};

use crate::core::Toleration;

/// The configuration of the admission plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Configuration {
    /// Tolerations that Pods get in namespaces that name none themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub r#default: Vec<Toleration>,
    /// Tolerations that Pods may have in namespaces that name none themselves. Empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub whitelist: Vec<Toleration>,
}

crate::kind::kinds!("podtolerationrestriction.admission.k8s.io", "v1alpha1": Configuration);
