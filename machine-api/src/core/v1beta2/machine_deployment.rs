//! The kind MachineDeployment.

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use super::{
    DeletionOrderSpec, DeprecatedStatus, MachineNamingSpec, MachineSetDeletionOrder,
    MachineTemplateSpec, StatusVersion, V1Beta1Condition,
};
use crate::IntOrString;
use crate::kind::kind;
use crate::meta::{Condition, LabelSelector};
use crate::omit;
use crate::open_enum::open_enum;

kind! {
    /// Machines that are replaced by a strategy when their template changes.
    pub struct MachineDeployment = "cluster.x-k8s.io", "v1beta2", "MachineDeployment" {
        /// What is wanted.
        [omit required] spec: MachineDeploymentSpec,
        /// What is.
        [omit] status: MachineDeploymentStatus,
    }
}

/// How machines of a MachineDeployment are deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentMachineDeletionSpec {
    /// Which machines go first.
    #[serde(skip_serializing_if = "MachineSetDeletionOrder::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Random", "Newest", "Oldest"]))))]
    pub order: MachineSetDeletionOrder,
    /// How many seconds a node may be drained before its machine goes anyway; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub node_drain_timeout_seconds: Option<i32>,
    /// How many seconds volumes may take to detach; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub node_volume_detach_timeout_seconds: Option<i32>,
    /// How many seconds the deletion of the node is tried; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub node_deletion_timeout_seconds: Option<i32>,
}

/// When and how machines are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentRolloutSpec {
    /// A point in time: what was made before it is replaced once it has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Time>,
    /// How machines are replaced.
    #[serde(skip_serializing_if = "omit::zero")]
    pub strategy: MachineDeploymentRolloutStrategy,
}

/// How machines are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["type"]), "minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentRolloutStrategy {
    /// By which rule machines are replaced.
    #[serde(skip_serializing_if = "MachineDeploymentRolloutStrategyType::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["RollingUpdate", "OnDelete"]))))]
    pub r#type: MachineDeploymentRolloutStrategyType,
    /// The bounds of a rolling update.
    #[serde(skip_serializing_if = "omit::zero")]
    pub rolling_update: MachineDeploymentRolloutStrategyRollingUpdate,
}

/// The bounds of a rolling update.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentRolloutStrategyRollingUpdate {
    /// How many machines may be missing; a number or a percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<IntOrString>,
    /// How many machines there may be besides; a number or a percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_surge: Option<IntOrString>,
}

open_enum! {
    /// By which rule machines are replaced.
    pub enum MachineDeploymentRolloutStrategyType {
        /// Some at a time, within bounds.
        RollingUpdate = "RollingUpdate",
        /// When somebody deletes the old ones.
        OnDelete = "OnDelete",
    }
}

/// What a MachineDeployment is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterName", "selector", "template"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentSpec {
    /// The Cluster that it belongs to.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub cluster_name: String,
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// How changes are rolled out.
    #[serde(skip_serializing_if = "omit::zero")]
    pub rollout: MachineDeploymentRolloutSpec,
    /// Which machines belong to it.
    #[serde(skip_serializing_if = "omit::zero")]
    pub selector: LabelSelector,
    /// Template of the object.
    #[serde(skip_serializing_if = "omit::zero")]
    pub template: MachineTemplateSpec,
    /// How machines are named.
    #[serde(skip_serializing_if = "omit::zero")]
    pub machine_naming: MachineNamingSpec,
    /// What is done about unhealthy machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub remediation: MachineDeploymentRemediationSpec,
    /// How machines are deleted.
    #[serde(skip_serializing_if = "omit::zero")]
    pub deletion: DeletionOrderSpec,
    /// Whether controllers leave the object alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
}

/// How unhealthy machines are remediated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentRemediationSpec {
    /// How many machines are remediated at a time; a number or a percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_in_flight: Option<IntOrString>,
}

/// What a MachineDeployment is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["type"]), "maxItems" = 32)))]
    pub conditions: Vec<Condition>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1)))]
    pub observed_generation: i64,
    /// The label selector of the machines, as text.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 4096)))]
    pub selector: String,
    /// How many machines there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// How many machines are ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_replicas: Option<i32>,
    /// How many machines are available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_replicas: Option<i32>,
    /// How many machines match what is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to_date_replicas: Option<i32>,
    /// How many machines run which version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["version"]), "minItems" = 1, "maxItems" = 100)))]
    pub versions: Vec<StatusVersion>,
    /// Where it stands, in one word.
    #[serde(skip_serializing_if = "MachineDeploymentPhase::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["ScalingUp", "ScalingDown", "Running", "Failed", "Unknown"]))))]
    pub phase: MachineDeploymentPhase,
    /// Parts of the status that will go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<DeprecatedStatus<MachineDeploymentV1Beta1DeprecatedStatus>>,
}

/// The parts of a MachineDeployment's status that only v1beta1 has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentV1Beta1DeprecatedStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<V1Beta1Condition>,
    /// How many machines match what is wanted.
    pub updated_replicas: i32,
    /// How many machines are ready.
    pub ready_replicas: i32,
    /// How many machines are available.
    pub available_replicas: i32,
    /// How many machines are missing.
    pub unavailable_replicas: i32,
}

open_enum! {
    /// Where a MachineDeployment stands.
    pub enum MachineDeploymentPhase {
        /// There are fewer machines than wanted.
        ScalingUp = "ScalingUp",
        /// There are more machines than wanted.
        ScalingDown = "ScalingDown",
        /// It runs.
        Running = "Running",
        /// There is no way on without a person.
        Failed = "Failed",
        /// It is not known.
        Unknown = "Unknown",
    }
}
