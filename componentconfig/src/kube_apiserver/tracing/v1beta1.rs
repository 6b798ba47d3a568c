//! The type of tracing in `apiserver.config.k8s.io/v1beta1`, the same as that of v1.

use serde::{Deserialize, Serialize};

/// Where the API server sends its traces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct TracingConfiguration {
    /// The collector, without a scheme. Unset: `localhost:4317`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// How many of a million spans are sampled. Unset: as the parent span is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling_rate_per_million: Option<i32>,
}

crate::kind::kinds!("apiserver.config.k8s.io", "v1beta1": TracingConfiguration);
