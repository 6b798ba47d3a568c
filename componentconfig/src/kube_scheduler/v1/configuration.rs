//! `KubeSchedulerConfiguration`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::component_base::ClientConnectionConfiguration;
use crate::component_base::LeaderElectionConfiguration;
use crate::omit;
use crate::scalar::Bytes;
use crate::scalar::Duration;

/// The configuration of the scheduler.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeSchedulerConfiguration {
    /// How many nodes are worked on at once. Default 16.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallelism: Option<i32>,
    /// How one of several schedulers becomes the active one.
    pub leader_election: LeaderElectionConfiguration,
    /// How the API server is reached.
    pub client_connection: ClientConnectionConfiguration,
    /// Whether profiles are served. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_profiling: Option<bool>,
    /// Whether profiles of locks are served. Default true, if `enableProfiling` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_contention_profiling: Option<bool>,
    /// How many percent of all nodes have to be found feasible before no more are looked at. Zero: it depends on the size of the cluster. Default 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage_of_nodes_to_score: Option<i32>,
    /// How long a Pod that could not be scheduled waits at first. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_initial_backoff_seconds: Option<i64>,
    /// The longest that a Pod waits. Default 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_max_backoff_seconds: Option<i64>,
    /// The profiles. Empty: the one profile `default-scheduler`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<KubeSchedulerProfile>,
    /// Services that take part in every decision.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extenders: Vec<Extender>,
    /// Whether caches are filled only once the scheduler is the leader.
    #[serde(skip_serializing_if = "omit::zero")]
    pub delay_cache_until_active: bool,
}

/// A service that takes part in decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Extender {
    /// Where it is.
    pub url_prefix: String,
    /// The path for filtering. Empty: it does not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filter_verb: String,
    /// The path for preemption. Empty: it does not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub preempt_verb: String,
    /// The path for scoring. Empty: it does not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prioritize_verb: String,
    /// The weight of its scores: positive, if it scores.
    #[serde(skip_serializing_if = "omit::zero")]
    pub weight: i64,
    /// The path for binding. Empty: it does not. One extender only can.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub bind_verb: String,
    /// Whether it is reached by HTTPS.
    #[serde(rename = "enableHTTPS", skip_serializing_if = "omit::zero")]
    pub enable_https: bool,
    /// The certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_config: Option<ExtenderTLSConfig>,
    /// How long a call may take. Zero: as long as it wants.
    pub http_timeout: Duration,
    /// Whether it knows the nodes itself and is sent their names only.
    #[serde(skip_serializing_if = "omit::zero")]
    pub node_cache_capable: bool,
    /// The resources it decides about. Empty: it is asked for every Pod.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub managed_resources: Vec<ExtenderManagedResource>,
    /// Whether Pods are scheduled though it does not answer.
    #[serde(skip_serializing_if = "omit::zero")]
    pub ignorable: bool,
}

/// A resource that an extender decides about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ExtenderManagedResource {
    /// Its name, with a domain.
    pub name: String,
    /// Whether the scheduler leaves it to the extender.
    #[serde(skip_serializing_if = "omit::zero")]
    pub ignored_by_scheduler: bool,
}

/// Certificates for an extender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ExtenderTLSConfig {
    /// Whether the extender's certificate is not checked.
    #[serde(skip_serializing_if = "omit::zero")]
    pub insecure: bool,
    /// The name expected in it. Empty: that of the URL.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub server_name: String,
    /// The file of the client's certificate.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cert_file: String,
    /// The file of the client's key.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key_file: String,
    /// The file of the authorities.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ca_file: String,
    /// The client's certificate in PEM form. Goes before `certFile`.
    #[serde(skip_serializing_if = "Bytes::is_empty")]
    pub cert_data: Bytes,
    /// The client's key in PEM form. Goes before `keyFile`.
    #[serde(skip_serializing_if = "Bytes::is_empty")]
    pub key_data: Bytes,
    /// The authorities in PEM form. Goes before `caFile`.
    #[serde(skip_serializing_if = "Bytes::is_empty")]
    pub ca_data: Bytes,
}

/// A scheduler with a name of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeSchedulerProfile {
    /// The name by which Pods choose it. Default `default-scheduler`, if there is one profile only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler_name: Option<String>,
    /// As the field of the configuration. Unset: as that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage_of_nodes_to_score: Option<i32>,
    /// The plugins, beside those that are on by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugins: Option<Plugins>,
    /// The arguments of plugins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plugin_config: Vec<PluginConfig>,
}

/// A plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Plugin {
    /// Its name.
    pub name: String,
    /// Its weight among scores. Unset or 0: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<i32>,
}

/// The arguments of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PluginConfig {
    /// The name of the plugin.
    pub name: String,
    /// The arguments: for a plugin of Kubernetes a document of the kind `<name>Args`, else anything.
    pub args: Option<Value>,
}

/// The plugins of a stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PluginSet {
    /// Plugins beside those that are on by default.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enabled: Vec<Plugin>,
    /// Plugins that are not used though they are on by default; `*` stands for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disabled: Vec<Plugin>,
}

/// The plugins of each stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Plugins {
    /// Before a Pod is queued.
    pub pre_enqueue: PluginSet,
    /// Orders the queue. One plugin, the same for all profiles.
    pub queue_sort: PluginSet,
    /// Before nodes are filtered.
    pub pre_filter: PluginSet,
    /// Which nodes can run the Pod.
    pub filter: PluginSet,
    /// When no node can.
    pub post_filter: PluginSet,
    /// Before nodes are scored.
    pub pre_score: PluginSet,
    /// Which node is the best.
    pub score: PluginSet,
    /// Reserves resources.
    pub reserve: PluginSet,
    /// Holds a Pod back, or lets it go.
    pub permit: PluginSet,
    /// Before a Pod is bound.
    pub pre_bind: PluginSet,
    /// Binds the Pod.
    pub bind: PluginSet,
    /// After a Pod was bound.
    pub post_bind: PluginSet,
    /// Plugins for every stage they have something for. Weaker than what a stage says itself.
    pub multi_point: PluginSet,
    /// Proposes placements of groups of Pods.
    pub placement_generate: PluginSet,
    /// Scores placements of groups of Pods.
    pub placement_score: PluginSet,
}

crate::kind::kinds!("kubescheduler.config.k8s.io", "v1": KubeSchedulerConfiguration);
