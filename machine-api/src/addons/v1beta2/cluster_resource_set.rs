//! The kinds ClusterResourceSet and ClusterResourceSetBinding.

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use crate::core::v1beta2::{DeprecatedStatus, V1Beta1Conditions};
use crate::kind::kind;
use crate::meta::{Condition, LabelSelector};
use crate::omit;
use crate::open_enum::open_enum;

kind! {
    /// Resources that are applied to Clusters.
    pub struct ClusterResourceSet = "addons.cluster.x-k8s.io", "v1beta2", "ClusterResourceSet" {
        /// What is wanted.
        [omit required] spec: ClusterResourceSetSpec,
        /// What is.
        [omit] status: ClusterResourceSetStatus,
    }
}

kind! {
    /// What was applied to a Cluster.
    pub struct ClusterResourceSetBinding = "addons.cluster.x-k8s.io", "v1beta2", "ClusterResourceSetBinding" {
        /// What is wanted.
        [omit required] spec: ClusterResourceSetBindingSpec,
    }
}

/// What a ClusterResourceSet is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterSelector", "resources"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterResourceSetSpec {
    /// Which Clusters are meant.
    #[serde(skip_serializing_if = "omit::zero")]
    pub cluster_selector: LabelSelector,
    /// The resources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100)))]
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
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Its kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Secret", "ConfigMap"]))))]
    pub kind: String,
}

open_enum! {
    /// Whether resources are applied once or kept.
    pub enum ClusterResourceSetStrategy {
        /// They are applied once.
        ApplyOnce = "ApplyOnce",
        /// They are applied again when they change.
        Reconcile = "Reconcile",
    }
}

/// What a ClusterResourceSet is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterResourceSetStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["type"]), "maxItems" = 32)))]
    pub conditions: Vec<Condition>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1)))]
    pub observed_generation: i64,
    /// Parts of the status that will go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<DeprecatedStatus<V1Beta1Conditions>>,
}

/// What was applied of one ConfigMap or Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "kind", "applied"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceBinding {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// Its kind.
    #[serde(skip_serializing_if = "String::is_empty")]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<bool>,
}

/// What was applied of one ClusterResourceSet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterResourceSetName"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceSetBinding {
    /// The ClusterResourceSet.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub cluster_resource_set_name: String,
    /// The resources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 100)))]
    pub resources: Vec<ResourceBinding>,
}

/// What was applied to a Cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterName"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterResourceSetBindingSpec {
    /// What was applied, by ClusterResourceSet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 100)))]
    pub bindings: Vec<ResourceSetBinding>,
    /// The Cluster that it belongs to.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub cluster_name: String,
}
