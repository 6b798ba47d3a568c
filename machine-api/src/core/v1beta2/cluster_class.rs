//! The kind ClusterClass.

use serde::{Deserialize, Serialize};

use super::{
    ClusterAvailabilityGate, ClusterClassPatch, ClusterClassStatusVariable, ClusterClassVariable,
    DeprecatedStatus, MachineDeletionSpec, MachineDeploymentHealthCheckRemediation,
    MachineDeploymentMachineDeletionSpec, MachineDeploymentRolloutStrategy,
    MachineHealthCheckChecks, MachineHealthCheckRemediation, MachineReadinessGate, MachineTaint,
    ObjectMeta, V1Beta1Conditions,
};
use crate::kind::kind;
use crate::meta::Condition;
use crate::omit;

kind! {
    /// What Clusters of one class have in common.
    pub struct ClusterClass = "cluster.x-k8s.io", "v1beta2", "ClusterClass" {
        /// What is wanted.
        [omit required] spec: ClusterClassSpec,
        /// What is.
        [omit] status: ClusterClassStatus,
    }
}

/// What a ClusterClass is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["infrastructure", "controlPlane"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterClassSpec {
    /// Conditions that count, besides the built-in ones, for the condition Available.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["conditionType"]), "minItems" = 1, "maxItems" = 32)))]
    pub availability_gates: Vec<ClusterAvailabilityGate>,
    /// The template of the infrastructure object.
    #[serde(skip_serializing_if = "omit::zero")]
    pub infrastructure: InfrastructureClass,
    /// The control plane.
    #[serde(skip_serializing_if = "omit::zero")]
    pub control_plane: ControlPlaneClass,
    /// The worker machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub workers: WorkersClass,
    /// The variables and their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 1000)))]
    pub variables: Vec<ClusterClassVariable>,
    /// Changes to the templates, in the order they are made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 1000)))]
    pub patches: Vec<ClusterClassPatch>,
    /// How Clusters of this class are upgraded.
    #[serde(skip_serializing_if = "omit::zero")]
    pub upgrade: ClusterClassUpgrade,
    /// The versions that Clusters of this class may have, ascending; they are gone through one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub kubernetes_versions: Vec<String>,
}

/// The template of the infrastructure cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["templateRef"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct InfrastructureClass {
    /// The template.
    #[serde(skip_serializing_if = "omit::zero")]
    pub template_ref: ClusterClassTemplateReference,
    /// How objects made from this are named.
    #[serde(skip_serializing_if = "omit::zero")]
    pub naming: ClassNamingSpec,
}

/// The class of control planes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["templateRef"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ControlPlaneClass {
    /// Labels and annotations of what is made from this.
    #[serde(skip_serializing_if = "omit::zero")]
    pub metadata: ObjectMeta,
    /// The template.
    #[serde(skip_serializing_if = "omit::zero")]
    pub template_ref: ClusterClassTemplateReference,
    /// The template of the machines' infrastructure, if the control plane has machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub machine_infrastructure: ClassTemplate,
    /// Which machines are unhealthy, and what is done about them.
    #[serde(skip_serializing_if = "omit::zero")]
    pub health_check: ControlPlaneClassHealthCheck,
    /// How objects made from this are named.
    #[serde(skip_serializing_if = "omit::zero")]
    pub naming: ClassNamingSpec,
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
}

/// A MachineHealthCheck for the control plane of every Cluster of the class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ControlPlaneClassHealthCheck {
    /// What makes a machine unhealthy.
    #[serde(skip_serializing_if = "omit::zero")]
    pub checks: MachineHealthCheckChecks,
    /// What is done about unhealthy machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub remediation: MachineHealthCheckRemediation,
}

/// How objects made from a class are named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ClassNamingSpec {
    /// A Go template; `{{ .cluster.name }}`, `{{ .random }}` and the name in the topology are given.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 1024)))]
    pub template: String,
}

/// The classes of workers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct WorkersClass {
    /// The MachineDeployments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["class"]), "minItems" = 1, "maxItems" = 100)))]
    pub machine_deployments: Vec<MachineDeploymentClass>,
    /// The MachinePools.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["class"]), "minItems" = 1, "maxItems" = 100)))]
    pub machine_pools: Vec<MachinePoolClass>,
}

/// A class of MachineDeployments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["class", "bootstrap", "infrastructure"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentClass {
    /// Labels and annotations of what is made from this.
    #[serde(skip_serializing_if = "omit::zero")]
    pub metadata: ObjectMeta,
    /// Name of the class.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub class: String,
    /// Where the bootstrap data comes from.
    #[serde(skip_serializing_if = "omit::zero")]
    pub bootstrap: ClassTemplate,
    /// The template of the infrastructure object.
    #[serde(skip_serializing_if = "omit::zero")]
    pub infrastructure: ClassTemplate,
    /// Which machines are unhealthy, and what is done about them.
    #[serde(skip_serializing_if = "omit::zero")]
    pub health_check: MachineDeploymentClassHealthCheck,
    /// The failure domain that machines are placed in.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub failure_domain: String,
    /// How objects made from this are named.
    #[serde(skip_serializing_if = "omit::zero")]
    pub naming: ClassNamingSpec,
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
    pub rollout: MachineDeploymentClassRolloutSpec,
}

/// A MachineHealthCheck for every MachineDeployment of the class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentClassHealthCheck {
    /// What makes a machine unhealthy.
    #[serde(skip_serializing_if = "omit::zero")]
    pub checks: MachineHealthCheckChecks,
    /// What is done about unhealthy machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub remediation: MachineDeploymentHealthCheckRemediation,
}

/// How machines are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentClassRolloutSpec {
    /// How machines are replaced.
    #[serde(skip_serializing_if = "omit::zero")]
    pub strategy: MachineDeploymentRolloutStrategy,
}

/// A class of MachinePools.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["class", "bootstrap", "infrastructure"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachinePoolClass {
    /// Labels and annotations of what is made from this.
    #[serde(skip_serializing_if = "omit::zero")]
    pub metadata: ObjectMeta,
    /// Name of the class.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub class: String,
    /// Where the bootstrap data comes from.
    #[serde(skip_serializing_if = "omit::zero")]
    pub bootstrap: ClassTemplate,
    /// The template of the infrastructure object.
    #[serde(skip_serializing_if = "omit::zero")]
    pub infrastructure: ClassTemplate,
    /// The failure domains that machines are placed in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub failure_domains: Vec<String>,
    /// How objects made from this are named.
    #[serde(skip_serializing_if = "omit::zero")]
    pub naming: ClassNamingSpec,
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
}

/// How Clusters of a class are upgraded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterClassUpgrade {
    /// The extension that plans upgrades.
    #[serde(skip_serializing_if = "omit::zero")]
    pub external: ClusterClassUpgradeExternal,
}

/// Extensions that take part in an upgrade.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterClassUpgradeExternal {
    /// The extension that gives the versions to go through.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub generate_upgrade_plan_extension: String,
}

/// A template of a class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["templateRef"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ClassTemplate {
    /// The template.
    #[serde(skip_serializing_if = "omit::zero")]
    pub template_ref: ClusterClassTemplateReference,
}

/// A template, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["kind", "name", "apiVersion"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterClassTemplateReference {
    /// Its kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63, "pattern" = "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$")))]
    pub kind: String,
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253, "pattern" = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")))]
    pub name: String,
    /// Group and version.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 317, "pattern" = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[a-z]([-a-z0-9]*[a-z0-9])?$")))]
    pub api_version: String,
}

/// What a ClusterClass is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterClassStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["type"]), "maxItems" = 32)))]
    pub conditions: Vec<Condition>,
    /// The variables and their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 1000)))]
    pub variables: Vec<ClusterClassStatusVariable>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1)))]
    pub observed_generation: i64,
    /// Parts of the status that will go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<DeprecatedStatus<V1Beta1Conditions>>,
}
