//! The kinds ClusterResourceSet and ClusterResourceSetBinding.

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use crate::addons::v1beta2::ClusterResourceSetStrategy;
use crate::core::v1beta1::V1Beta2Conditions;
use crate::core::v1beta2::V1Beta1Condition;
use crate::kind::kind;
use crate::meta::LabelSelector;
use crate::omit;

kind! {
    /// Resources that are applied to Clusters.
    pub struct ClusterResourceSet = "addons.cluster.x-k8s.io", "v1beta1", "ClusterResourceSet" {
        /// What is wanted.
        spec: ClusterResourceSetSpec,
        /// What is.
        status: ClusterResourceSetStatus,
    }
}

kind! {
    /// What was applied to a Cluster.
    pub struct ClusterResourceSetBinding = "addons.cluster.x-k8s.io", "v1beta1", "ClusterResourceSetBinding" {
        /// What is wanted.
        spec: ClusterResourceSetBindingSpec,
    }
}

/// What a ClusterResourceSet is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterSelector"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterResourceSetSpec {
    /// Which Clusters are meant.
    pub cluster_selector: LabelSelector,
    /// The resources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100)))]
    pub resources: Vec<ResourceRef>,
    /// Whether resources are applied once or kept.
    #[serde(skip_serializing_if = "ClusterResourceSetStrategy::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["ApplyOnce", "Reconcile"]))))]
    pub strategy: ClusterResourceSetStrategy,
}

/// A ConfigMap or Secret with resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "kind"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceRef {
    /// Its name.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Its kind.
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Secret", "ConfigMap"]))))]
    pub kind: String,
}

/// What a ClusterResourceSet is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterResourceSetStatus {
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    pub observed_generation: i64,
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<V1Beta1Condition>,
    /// The parts of the status that only v1beta2 has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v1beta2: Option<V1Beta2Conditions>,
}

/// What was applied of one ConfigMap or Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "kind", "applied"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceBinding {
    /// Its name.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Its kind.
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Secret", "ConfigMap"]))))]
    pub kind: String,
    /// Hash of the data.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub hash: String,
    /// When it was last applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_applied_time: Option<Time>,
    /// Whether it was applied.
    pub applied: bool,
}

/// What was applied of one ClusterResourceSet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterResourceSetName"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceSetBinding {
    /// The ClusterResourceSet.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub cluster_resource_set_name: String,
    /// The resources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100)))]
    pub resources: Vec<ResourceBinding>,
}

/// What was applied to a Cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterResourceSetBindingSpec {
    /// What was applied, by ClusterResourceSet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100)))]
    pub bindings: Vec<ResourceSetBinding>,
    /// The Cluster that it belongs to.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub cluster_name: String,
}
