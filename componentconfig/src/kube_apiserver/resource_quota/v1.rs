//! The types of the plugin `ResourceQuota`, `apiserver.config.k8s.io/v1`.
//!
//! They mirror `staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/apis/resourcequota/v1/types.go`.

use serde::{Deserialize, Serialize};

/// Resources that cannot be used without a quota for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceQuotaConfiguration {
    /// The resources.
    pub limited_resources: Option<Vec<LimitedResource>>,
}

/// A resource that needs a quota.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct LimitedResource {
    /// Its group; empty for the core group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_group: String,
    /// Its name, such as `pods`.
    pub resource: String,
    /// What is limited of it: names of quota such as `requests.storage`, or parts of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_contains: Vec<String>,
    /// The scopes in which it is limited.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_scopes: Vec<ScopedResourceSelectorRequirement>,
}

/// A scope with its values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ScopedResourceSelectorRequirement {
    /// The scope, such as `PriorityClass`.
    pub scope_name: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// The values, for `In` and `NotIn`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

crate::kind::kinds!("apiserver.config.k8s.io", "v1": ResourceQuotaConfiguration);
