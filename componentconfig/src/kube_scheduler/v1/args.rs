//! The arguments of plugins.

use serde::{Deserialize, Serialize};

use crate::core::NodeAffinity;
use crate::core::TopologySpreadConstraint;
use crate::omit;
use crate::scalar::Duration;

/// The arguments of the plugin `DefaultPreemption`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DefaultPreemptionArgs {
    /// At least so many percent of the nodes are looked at. Default 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_candidate_nodes_percentage: Option<i32>,
    /// At least so many nodes are looked at. Default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_candidate_nodes_absolute: Option<i32>,
}

/// The arguments of the plugin `DynamicResources`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DynamicResourcesArgs {
    /// How long filtering of one node may take. Zero: as long as it wants. Default 10 seconds.
    pub filter_timeout: Option<Duration>,
    /// How long binding waits for the conditions of a device. Default 10 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding_timeout: Option<Duration>,
}

/// The arguments of the plugin `InterPodAffinity`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct InterPodAffinityArgs {
    /// The score of an existing Pod whose required affinity matches, 0 to 100. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hard_pod_affinity_weight: Option<i32>,
    /// Whether preferred affinity of existing Pods is left out of scores.
    pub ignore_preferred_terms_of_existing_pods: bool,
}

/// The arguments of the plugin `NodeAffinity`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct NodeAffinityArgs {
    /// Affinity that every Pod gets in addition to its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added_affinity: Option<NodeAffinity>,
}

/// The arguments of the plugin `NodeResourcesBalancedAllocation`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct NodeResourcesBalancedAllocationArgs {
    /// The resources that are balanced, each with the weight 1. Default `cpu` and `memory`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceSpec>,
}

/// A resource with its weight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceSpec {
    /// The resource.
    pub name: String,
    /// The weight, 1 to 100. Default 1.
    #[serde(skip_serializing_if = "omit::zero")]
    pub weight: i64,
}

/// The arguments of the plugin `NodeResourcesFit`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct NodeResourcesFitArgs {
    /// Extended resources that are not looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored_resources: Vec<String>,
    /// Domains of extended resources that are not looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored_resource_groups: Vec<String>,
    /// How nodes are scored. Default `LeastAllocated` by `cpu` and `memory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scoring_strategy: Option<ScoringStrategy>,
}

/// A score by utilization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RequestedToCapacityRatioParam {
    /// The points between which the score is linear.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shape: Vec<UtilizationShapePoint>,
}

/// How nodes are scored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ScoringStrategy {
    /// `LeastAllocated`, `MostAllocated` or `RequestedToCapacityRatio`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#type: String,
    /// The resources that count. Default `cpu` and `memory`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceSpec>,
    /// The shape, for `RequestedToCapacityRatio`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_to_capacity_ratio: Option<RequestedToCapacityRatioParam>,
}

/// A point of a shape.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct UtilizationShapePoint {
    /// The utilization in percent; rising from point to point.
    pub utilization: i32,
    /// The score, 0 to 10.
    pub score: i32,
}

/// The arguments of the plugin `PodTopologySpread`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PodTopologySpreadArgs {
    /// Constraints of Pods that have none, without selectors. For the type `List`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub default_constraints: Vec<TopologySpreadConstraint>,
    /// Where the constraints come from: `System` or `List`. Default `System`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub defaulting_type: String,
}

/// The arguments of the plugin `VolumeBinding`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeBindingArgs {
    /// How many seconds binding may take. Default 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind_timeout_seconds: Option<i64>,
    /// The score by utilization of storage. Needs the feature gate StorageCapacityScoring.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shape: Vec<UtilizationShapePoint>,
}

crate::kind::kinds!("kubescheduler.config.k8s.io", "v1": DefaultPreemptionArgs);
crate::kind::kinds!("kubescheduler.config.k8s.io", "v1": DynamicResourcesArgs);
crate::kind::kinds!("kubescheduler.config.k8s.io", "v1": InterPodAffinityArgs);
crate::kind::kinds!("kubescheduler.config.k8s.io", "v1": NodeAffinityArgs);
crate::kind::kinds!("kubescheduler.config.k8s.io", "v1": NodeResourcesBalancedAllocationArgs);
crate::kind::kinds!("kubescheduler.config.k8s.io", "v1": NodeResourcesFitArgs);
crate::kind::kinds!("kubescheduler.config.k8s.io", "v1": PodTopologySpreadArgs);
crate::kind::kinds!("kubescheduler.config.k8s.io", "v1": VolumeBindingArgs);
