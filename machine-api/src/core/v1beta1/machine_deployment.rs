//! The kind MachineDeployment.

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use super::{MachineNamingStrategy, MachineTemplateSpec, V1Beta2ReplicasStatus};
use crate::IntOrString;
use crate::core::v1beta2::{
    MachineDeploymentPhase, MachineDeploymentRolloutStrategyType, StatusVersion, V1Beta1Condition,
};
use crate::kind::kind;
use crate::meta::LabelSelector;
use crate::omit;

kind! {
    /// Machines that are replaced by a strategy when their template changes.
    pub struct MachineDeployment = "cluster.x-k8s.io", "v1beta1", "MachineDeployment" {
        /// What is wanted.
        spec: MachineDeploymentSpec,
        /// What is.
        status: MachineDeploymentStatus,
    }
}

/// When and how machines are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentRolloutSpec {
    /// A point in time: what was made before it is replaced once it has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Time>,
}

/// What a MachineDeployment is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterName", "selector", "template"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentSpec {
    /// The Cluster that it belongs to.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub cluster_name: String,
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// A point in time: what was made before it is replaced once it has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout_after: Option<Time>,
    /// Which machines belong to it.
    pub selector: LabelSelector,
    /// Template of the object.
    pub template: MachineTemplateSpec,
    /// How machines are replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<MachineDeploymentStrategy>,
    /// How machines are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_naming_strategy: Option<MachineNamingStrategy>,
    /// How many seconds a machine has to be ready before it counts as available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_ready_seconds: Option<i32>,
    /// Unused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_history_limit: Option<i32>,
    /// Whether controllers leave the object alone.
    #[serde(skip_serializing_if = "omit::zero")]
    pub paused: bool,
    /// Unused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress_deadline_seconds: Option<i32>,
}

/// How machines are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentStrategy {
    /// By which rule machines are replaced.
    #[serde(skip_serializing_if = "MachineDeploymentRolloutStrategyType::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["RollingUpdate", "OnDelete"]))))]
    pub r#type: MachineDeploymentRolloutStrategyType,
    /// The bounds of a rolling update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolling_update: Option<MachineRollingUpdateDeployment>,
    /// What is done about unhealthy machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation: Option<RemediationStrategy>,
}

/// The bounds of a rolling update.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineRollingUpdateDeployment {
    /// How many machines may be missing; a number or a percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<IntOrString>,
    /// How many machines there may be besides; a number or a percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_surge: Option<IntOrString>,
    /// Which machines go first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Random", "Newest", "Oldest"]))))]
    pub delete_policy: Option<String>,
}

/// How unhealthy machines are remediated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RemediationStrategy {
    /// How many machines are remediated at a time; a number or a percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_in_flight: Option<IntOrString>,
}

/// What a MachineDeployment is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentStatus {
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    pub observed_generation: i64,
    /// The label selector of the machines, as text.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 4096)))]
    pub selector: String,
    /// How many machines there are.
    pub replicas: i32,
    /// How many machines match what is wanted.
    pub updated_replicas: i32,
    /// How many machines are ready.
    pub ready_replicas: i32,
    /// How many machines are available.
    pub available_replicas: i32,
    /// How many machines are missing.
    pub unavailable_replicas: i32,
    /// Where it stands, in one word.
    #[serde(skip_serializing_if = "MachineDeploymentPhase::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["ScalingUp", "ScalingDown", "Running", "Failed", "Unknown"]))))]
    pub phase: MachineDeploymentPhase,
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<V1Beta1Condition>,
    /// How many machines run which version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["version"]), "minItems" = 1, "maxItems" = 100)))]
    pub versions: Vec<StatusVersion>,
    /// The parts of the status that only v1beta2 has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v1beta2: Option<V1Beta2ReplicasStatus>,
}
