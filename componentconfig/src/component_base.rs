//! Parts that the configurations of several components share, as `staging/src/k8s.io/component-base` has them.

#[cfg(any(feature = "kube-scheduler", feature = "kube-controller-manager"))]
mod leader_election;
#[cfg(any(feature = "kubelet", feature = "kube-proxy"))]
mod logging;
#[cfg(any(feature = "kubelet", feature = "kube-apiserver"))]
mod tracing;

use serde::{Deserialize, Serialize};

#[cfg(any(feature = "kube-scheduler", feature = "kube-controller-manager"))]
pub use self::leader_election::{DebuggingConfiguration, LeaderElectionConfiguration};
use crate::{
    omit,
    scalar::{DurationOrNanoseconds, Quantity},
};

/// How a component logs. Upstream: `component-base/logs/api/v1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct LoggingConfiguration {
    /// The format of log lines, `text` or `json`. Default `text`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub format: String,
    /// How long a line may wait before it is written. Default 5 seconds.
    pub flush_frequency: DurationOrNanoseconds,
    /// Which lines are written: those of this level and below.
    pub verbosity: u32,
    /// Verbosity by source file. Only for the format `text`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vmodule: Vec<VModuleItem>,
    /// Options of the formats.
    pub options: FormatOptions,
}

/// The verbosity of some source files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct VModuleItem {
    /// The base name of the files without extension; `*` and `?` are wildcards.
    pub file_pattern: String,
    /// Their verbosity.
    pub verbosity: u32,
}

/// Options of the log formats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct FormatOptions {
    /// Options of the format `text`.
    pub text: TextOptions,
    /// Options of the format `json`.
    pub json: JSONOptions,
}

/// Options of the log format `text`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct TextOptions {
    /// Whether errors go to standard error and the rest to standard output.
    #[serde(skip_serializing_if = "omit::zero")]
    pub split_stream: bool,
    /// The size of the buffer of the information stream, if streams are split. Zero: none.
    pub info_buffer_size: Quantity,
}

/// Options of the log format `json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct JSONOptions {
    /// Whether errors go to standard error and the rest to standard output.
    #[serde(skip_serializing_if = "omit::zero")]
    pub split_stream: bool,
    /// The size of the buffer of the information stream, if streams are split. Zero: none.
    pub info_buffer_size: Quantity,
}

/// Where a component sends its traces. Upstream: `component-base/tracing/api/v1`.
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

/// How a component reaches the API server. Upstream: `component-base/config/v1alpha1`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClientConnectionConfiguration {
    /// The kubeconfig file.
    pub kubeconfig: String,
    /// The Accept header. Empty: the default of the client.
    pub accept_content_types: String,
    /// The content type of requests.
    pub content_type: String,
    /// Requests a second.
    pub qps: f32,
    /// The most requests in a burst.
    pub burst: i32,
}
