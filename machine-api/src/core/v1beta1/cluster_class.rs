//! The kind ClusterClass.

use componentconfig::scalar::Duration;
use serde::{Deserialize, Serialize};

use super::{
    ClusterAvailabilityGate, ClusterClassPatch, ClusterClassStatusVariable, ClusterClassVariable,
    MachineDeploymentStrategy, MachineReadinessGate, ObjectMeta, UnhealthyCondition,
    UnhealthyMachineCondition, V1Beta2Conditions,
};
use crate::IntOrString;
use crate::core::v1beta2::{ClusterClassUpgrade, MachineTaint, V1Beta1Condition};
use crate::kind::kind;
use crate::meta::ObjectReference;
use crate::omit;

kind! {
    /// What Clusters of one class have in common.
    pub struct ClusterClass = "cluster.x-k8s.io", "v1beta1", "ClusterClass" {
        /// What is wanted.
        spec: ClusterClassSpec,
        /// What is.
        status: ClusterClassStatus,
    }
}

/// What a ClusterClass is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterClassSpec {
    /// Conditions that count, besides the built-in ones, for the condition Available.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["conditionType"]), "maxItems" = 32)))]
    pub availability_gates: Vec<ClusterAvailabilityGate>,
    /// The template of the infrastructure object.
    pub infrastructure: LocalObjectTemplate,
    /// How the infrastructure cluster is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure_naming_strategy: Option<ClassNamingStrategy>,
    /// The control plane.
    pub control_plane: ControlPlaneClass,
    /// The worker machines.
    pub workers: WorkersClass,
    /// The variables and their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 1000)))]
    pub variables: Vec<ClusterClassVariable>,
    /// Changes to the templates, in the order they are made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 1000)))]
    pub patches: Vec<ClusterClassPatch>,
    /// How Clusters of this class are upgraded.
    #[serde(skip_serializing_if = "omit::zero")]
    pub upgrade: ClusterClassUpgrade,
    /// The versions that Clusters of this class may have, ascending; they are gone through one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub kubernetes_versions: Vec<String>,
}

/// The class of control planes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["ref"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ControlPlaneClass {
    /// Labels and annotations of what is made from this.
    pub metadata: ObjectMeta,
    /// The object.
    pub r#ref: Option<ObjectReference>,
    /// The template of the machines' infrastructure, if the control plane has machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_infrastructure: Option<LocalObjectTemplate>,
    /// Which machines are unhealthy, and what is done about them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_health_check: Option<MachineHealthCheckClass>,
    /// How objects made from this are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naming_strategy: Option<ClassNamingStrategy>,
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
}

/// How objects made from a class are named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClassNamingStrategy {
    /// A Go template; `{{ .cluster.name }}`, `{{ .random }}` and the name in the topology are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 1024)))]
    pub template: Option<String>,
}

/// The classes of workers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct WorkersClass {
    /// The MachineDeployments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["class"]), "maxItems" = 100)))]
    pub machine_deployments: Vec<MachineDeploymentClass>,
    /// The MachinePools.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["class"]), "maxItems" = 100)))]
    pub machine_pools: Vec<MachinePoolClass>,
}

/// A class of MachineDeployments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["class", "template"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentClass {
    /// Name of the class.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub class: String,
    /// Templates of the machines.
    pub template: WorkerClassTemplate,
    /// Which machines are unhealthy, and what is done about them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_health_check: Option<MachineHealthCheckClass>,
    /// The failure domain that machines are placed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub failure_domain: Option<String>,
    /// How objects made from this are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naming_strategy: Option<ClassNamingStrategy>,
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
    /// How machines are replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<MachineDeploymentStrategy>,
}

/// The templates of a class of workers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["bootstrap", "infrastructure"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct WorkerClassTemplate {
    /// Labels and annotations of what is made from this.
    pub metadata: ObjectMeta,
    /// Where the bootstrap data comes from.
    pub bootstrap: LocalObjectTemplate,
    /// The template of the infrastructure object.
    pub infrastructure: LocalObjectTemplate,
}

/// A MachineHealthCheck for every Cluster of the class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineHealthCheckClass {
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

/// A class of MachinePools.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["class", "template"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachinePoolClass {
    /// Name of the class.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub class: String,
    /// Templates of the machines.
    pub template: WorkerClassTemplate,
    /// The failure domains that machines are placed in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub failure_domains: Vec<String>,
    /// How objects made from this are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naming_strategy: Option<ClassNamingStrategy>,
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
}

/// A template, by reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["ref"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct LocalObjectTemplate {
    /// The object.
    pub r#ref: Option<ObjectReference>,
}

/// What a ClusterClass is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterClassStatus {
    /// The variables and their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 1000)))]
    pub variables: Vec<ClusterClassStatusVariable>,
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<V1Beta1Condition>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    pub observed_generation: i64,
    /// The parts of the status that only v1beta2 has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v1beta2: Option<V1Beta2Conditions>,
}
