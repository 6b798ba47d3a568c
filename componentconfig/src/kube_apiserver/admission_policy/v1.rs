//! The types of the policy plugins, `apiserver.config.k8s.io/v1`.
//!
//! They mirror `staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/config/apis/policyconfig/v1/types.go`.

use serde::{Deserialize, Serialize};

/// The configuration of validating admission policies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ValidatingAdmissionPolicyConfiguration {
    /// The folder of policies that are always there.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub static_manifests_dir: String,
}

/// The configuration of mutating admission policies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MutatingAdmissionPolicyConfiguration {
    /// The folder of policies that are always there.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub static_manifests_dir: String,
}

crate::kind::kinds!("apiserver.config.k8s.io", "v1": ValidatingAdmissionPolicyConfiguration);
crate::kind::kinds!("apiserver.config.k8s.io", "v1": MutatingAdmissionPolicyConfiguration);
