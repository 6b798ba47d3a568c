//! The topology of managed Clusters.

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use super::{
    ClusterVariable, MachineDeletionSpec, MachineDeploymentHealthCheckRemediation,
    MachineDeploymentMachineDeletionSpec, MachineDeploymentRolloutSpec, MachineHealthCheckChecks,
    MachineHealthCheckRemediation, MachineReadinessGate, MachineTaint, ObjectMeta,
};
use crate::omit;

/// The shape of a Cluster that is made from a ClusterClass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["classRef", "version"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct Topology {
    /// The ClusterClass.
    #[serde(skip_serializing_if = "omit::zero")]
    pub class_ref: ClusterClassRef,
    /// The Kubernetes version, such as `v1.36.0`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub version: String,
    /// The control plane.
    #[serde(skip_serializing_if = "omit::zero")]
    pub control_plane: ControlPlaneTopology,
    /// The worker machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub workers: WorkersTopology,
    /// The variables and their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name"]), "minItems" = 1, "maxItems" = 1000)))]
    pub variables: Vec<ClusterVariable>,
}

/// A ClusterClass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterClassRef {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253, "pattern" = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")))]
    pub name: String,
    /// Its namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63, "pattern" = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")))]
    pub namespace: String,
}

/// The control plane of a managed Cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ControlPlaneTopology {
    /// Labels and annotations of what is made from this.
    #[serde(skip_serializing_if = "omit::zero")]
    pub metadata: ObjectMeta,
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// How changes are rolled out.
    #[serde(skip_serializing_if = "omit::zero")]
    pub rollout: ControlPlaneTopologyRolloutSpec,
    /// Which machines are unhealthy, and what is done about them.
    #[serde(skip_serializing_if = "omit::zero")]
    pub health_check: ControlPlaneTopologyHealthCheck,
    /// How machines are deleted.
    #[serde(skip_serializing_if = "omit::zero")]
    pub deletion: MachineDeletionSpec,
    /// Taints of the nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["key", "effect"]), "minItems" = 1, "maxItems" = 64)))]
    pub taints: Vec<MachineTaint>,
    /// Conditions that count, besides the built-in ones, for the condition Ready of the machines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["conditionType"]), "minItems" = 1, "maxItems" = 32)))]
    pub readiness_gates: Vec<MachineReadinessGate>,
    /// The variables and their values.
    #[serde(skip_serializing_if = "omit::zero")]
    pub variables: TopologyVariables,
}

/// When control plane machines are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ControlPlaneTopologyRolloutSpec {
    /// A point in time: what was made before it is replaced once it has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Time>,
}

/// Which control plane machines are unhealthy, and what is done about them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ControlPlaneTopologyHealthCheck {
    /// Whether it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// What makes a machine unhealthy.
    #[serde(skip_serializing_if = "omit::zero")]
    pub checks: MachineHealthCheckChecks,
    /// What is done about unhealthy machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub remediation: MachineHealthCheckRemediation,
}

/// The workers of a managed Cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct WorkersTopology {
    /// The MachineDeployments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name"]), "minItems" = 1, "maxItems" = 2000)))]
    pub machine_deployments: Vec<MachineDeploymentTopology>,
    /// The MachinePools.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name"]), "minItems" = 1, "maxItems" = 2000)))]
    pub machine_pools: Vec<MachinePoolTopology>,
}

/// A MachineDeployment of a managed Cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["class", "name"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentTopology {
    /// Labels and annotations of what is made from this.
    #[serde(skip_serializing_if = "omit::zero")]
    pub metadata: ObjectMeta,
    /// Name of the class.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub class: String,
    /// Name of the MachineDeployment in the topology.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63, "pattern" = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")))]
    pub name: String,
    /// The failure domain that machines are placed in.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub failure_domain: String,
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Which machines are unhealthy, and what is done about them.
    #[serde(skip_serializing_if = "omit::zero")]
    pub health_check: MachineDeploymentTopologyHealthCheck,
    /// How machines are deleted.
    #[serde(skip_serializing_if = "omit::zero")]
    pub deletion: MachineDeploymentMachineDeletionSpec,
    /// Taints of the nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["key", "effect"]), "minItems" = 1, "maxItems" = 64)))]
    pub taints: Vec<MachineTaint>,
    /// How many seconds a machine has to be ready before it counts as available.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub min_ready_seconds: Option<i32>,
    /// Conditions that count, besides the built-in ones, for the condition Ready of the machines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["conditionType"]), "minItems" = 1, "maxItems" = 32)))]
    pub readiness_gates: Vec<MachineReadinessGate>,
    /// How changes are rolled out.
    #[serde(skip_serializing_if = "omit::zero")]
    pub rollout: MachineDeploymentRolloutSpec,
    /// The variables and their values.
    #[serde(skip_serializing_if = "omit::zero")]
    pub variables: TopologyVariables,
}

/// Which machines are unhealthy, and what is done about them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentTopologyHealthCheck {
    /// Whether it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// What makes a machine unhealthy.
    #[serde(skip_serializing_if = "omit::zero")]
    pub checks: MachineHealthCheckChecks,
    /// What is done about unhealthy machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub remediation: MachineDeploymentHealthCheckRemediation,
}

/// A MachinePool of a managed Cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["class", "name"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachinePoolTopology {
    /// Labels and annotations of what is made from this.
    #[serde(skip_serializing_if = "omit::zero")]
    pub metadata: ObjectMeta,
    /// Name of the class.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub class: String,
    /// Name of the MachinePool in the topology.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63, "pattern" = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")))]
    pub name: String,
    /// The failure domains that machines are placed in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub failure_domains: Vec<String>,
    /// How machines are deleted.
    #[serde(skip_serializing_if = "omit::zero")]
    pub deletion: MachineDeletionSpec,
    /// Taints of the nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["key", "effect"]), "minItems" = 1, "maxItems" = 64)))]
    pub taints: Vec<MachineTaint>,
    /// How many seconds a machine has to be ready before it counts as available.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub min_ready_seconds: Option<i32>,
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// The variables and their values.
    #[serde(skip_serializing_if = "omit::zero")]
    pub variables: TopologyVariables,
}

/// Values that replace those of the Cluster in one part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct TopologyVariables {
    /// Values that replace those of the Cluster here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name"]), "minItems" = 1, "maxItems" = 1000)))]
    pub overrides: Vec<ClusterVariable>,
}
