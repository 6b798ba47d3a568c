//! The topology of managed Clusters.

use componentconfig::{core::Time, scalar::Duration};
use serde::{Deserialize, Serialize};

use super::{
    ClusterVariable, MachineDeploymentRolloutSpec, MachineDeploymentStrategy, MachineReadinessGate,
    ObjectMeta, UnhealthyCondition, UnhealthyMachineCondition,
};
use crate::IntOrString;
use crate::core::v1beta2::{ControlPlaneTopologyRolloutSpec, MachineTaint};
use crate::meta::ObjectReference;
use crate::omit;

/// The shape of a Cluster that is made from a ClusterClass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["class", "version"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct Topology {
    /// Name of the class.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub class: String,
    /// Namespace of the ClusterClass; that of the Cluster if unset.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63, "pattern" = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")))]
    pub class_namespace: String,
    /// The Kubernetes version, such as `v1.36.0`.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub version: String,
    /// A point in time: what was made before it is replaced once it has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout_after: Option<Time>,
    /// The control plane.
    pub control_plane: ControlPlaneTopology,
    /// The worker machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<WorkersTopology>,
    /// The variables and their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name"]), "maxItems" = 1000)))]
    pub variables: Vec<ClusterVariable>,
}

/// The control plane of a managed Cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ControlPlaneTopology {
    /// Labels and annotations of what is made from this.
    pub metadata: ObjectMeta,
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// How changes are rolled out.
    #[serde(skip_serializing_if = "omit::zero")]
    pub rollout: ControlPlaneTopologyRolloutSpec,
    /// Which machines are unhealthy, and what is done about them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_health_check: Option<MachineHealthCheckTopology>,
    /// How long a node may be drained before its machine goes anyway; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub node_drain_timeout: Option<Duration>,
    /// How long volumes may take to detach; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub node_volume_detach_timeout: Option<Duration>,
    /// How long the deletion of the node is tried; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub node_deletion_timeout: Option<Duration>,
    /// Taints of the nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["key", "effect"]), "minItems" = 1, "maxItems" = 64)))]
    pub taints: Vec<MachineTaint>,
    /// Conditions that count, besides the built-in ones, for the condition Ready of the machines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["conditionType"]), "maxItems" = 32)))]
    pub readiness_gates: Vec<MachineReadinessGate>,
    /// The variables and their values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<TopologyVariables>,
}

/// The workers of a managed Cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct WorkersTopology {
    /// The MachineDeployments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name"]), "maxItems" = 2000)))]
    pub machine_deployments: Vec<MachineDeploymentTopology>,
    /// The MachinePools.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name"]), "maxItems" = 2000)))]
    pub machine_pools: Vec<MachinePoolTopology>,
}

/// A MachineDeployment of a managed Cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["class", "name"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentTopology {
    /// Labels and annotations of what is made from this.
    pub metadata: ObjectMeta,
    /// Name of the class.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub class: String,
    /// Name of the MachineDeployment in the topology.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub name: String,
    /// The failure domain that machines are placed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub failure_domain: Option<String>,
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Which machines are unhealthy, and what is done about them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_health_check: Option<MachineHealthCheckTopology>,
    /// How long a node may be drained before its machine goes anyway; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub node_drain_timeout: Option<Duration>,
    /// How long volumes may take to detach; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub node_volume_detach_timeout: Option<Duration>,
    /// How long the deletion of the node is tried; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub node_deletion_timeout: Option<Duration>,
    /// Taints of the nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["key", "effect"]), "minItems" = 1, "maxItems" = 64)))]
    pub taints: Vec<MachineTaint>,
    /// How many seconds a machine has to be ready before it counts as available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_ready_seconds: Option<i32>,
    /// Conditions that count, besides the built-in ones, for the condition Ready of the machines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["conditionType"]), "maxItems" = 32)))]
    pub readiness_gates: Vec<MachineReadinessGate>,
    /// How changes are rolled out.
    #[serde(skip_serializing_if = "omit::zero")]
    pub rollout: MachineDeploymentRolloutSpec,
    /// How machines are replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<MachineDeploymentStrategy>,
    /// The variables and their values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<TopologyVariables>,
}

/// A MachineHealthCheck of a managed Cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineHealthCheckTopology {
    /// Whether there is a MachineHealthCheck; if unset, whether the class has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
    /// Conditions of the node that make a machine unhealthy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100)))]
    pub unhealthy_conditions: Vec<UnhealthyCondition>,
    /// Conditions of the machine that make it unhealthy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100)))]
    pub unhealthy_machine_conditions: Vec<UnhealthyMachineCondition>,
    /// With how many unhealthy machines remediation goes on; a number or a percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unhealthy: Option<IntOrString>,
    /// With how many unhealthy machines remediation goes on, as `[1-3]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("pattern" = r"^\[[0-9]+-[0-9]+\]$", "minLength" = 1, "maxLength" = 32)))]
    pub unhealthy_range: Option<String>,
    /// How long a machine may take until it has a node; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub node_startup_timeout: Option<Duration>,
    /// Template of the request to an external remediator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation_template: Option<ObjectReference>,
}

/// A MachinePool of a managed Cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["class", "name"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachinePoolTopology {
    /// Labels and annotations of what is made from this.
    pub metadata: ObjectMeta,
    /// Name of the class.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub class: String,
    /// Name of the MachinePool in the topology.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub name: String,
    /// The failure domains that machines are placed in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub failure_domains: Vec<String>,
    /// How long a node may be drained before its machine goes anyway; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub node_drain_timeout: Option<Duration>,
    /// How long volumes may take to detach; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub node_volume_detach_timeout: Option<Duration>,
    /// How long the deletion of the node is tried; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub node_deletion_timeout: Option<Duration>,
    /// Taints of the nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["key", "effect"]), "minItems" = 1, "maxItems" = 64)))]
    pub taints: Vec<MachineTaint>,
    /// How many seconds a machine has to be ready before it counts as available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_ready_seconds: Option<i32>,
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// The variables and their values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<TopologyVariables>,
}

/// Values that replace those of the Cluster in one part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct TopologyVariables {
    /// Values that replace those of the Cluster here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name"]), "maxItems" = 1000)))]
    pub overrides: Vec<ClusterVariable>,
}
