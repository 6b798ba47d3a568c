//! The kind MachinePool.

use serde::{Deserialize, Serialize};

use super::{
    DeprecatedStatus, MachineInitializationStatus, MachineTemplateSpec, StatusVersion,
    V1Beta1Condition,
};
use crate::kind::kind;
use crate::meta::{Condition, ObjectReference};
use crate::omit;
use crate::open_enum::open_enum;

kind! {
    /// Machines that the infrastructure manages as one.
    pub struct MachinePool = "cluster.x-k8s.io", "v1beta2", "MachinePool" {
        /// What is wanted.
        [omit required] spec: MachinePoolSpec,
        /// What is.
        [omit] status: MachinePoolStatus,
    }
}

/// What a MachinePool is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterName", "template"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachinePoolSpec {
    /// The Cluster that it belongs to.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub cluster_name: String,
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Template of the object.
    #[serde(skip_serializing_if = "omit::zero")]
    pub template: MachineTemplateSpec,
    /// The names that the provider gave the machines.
    #[serde(rename = "providerIDList", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 10000, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 512}))))]
    pub provider_id_list: Vec<String>,
    /// The failure domains that machines are placed in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub failure_domains: Vec<String>,
}

/// What a MachinePool is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachinePoolStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["type"]), "maxItems" = 32)))]
    pub conditions: Vec<Condition>,
    /// How far the first provisioning came.
    #[serde(skip_serializing_if = "omit::zero")]
    pub initialization: MachineInitializationStatus,
    /// The nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 10000)))]
    pub node_refs: Vec<ObjectReference>,
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
    #[serde(skip_serializing_if = "MachinePoolPhase::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Pending", "Provisioning", "Provisioned", "Running", "ScalingUp", "ScalingDown", "Scaling", "Deleting", "Failed", "Unknown"]))))]
    pub phase: MachinePoolPhase,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1)))]
    pub observed_generation: i64,
    /// Parts of the status that will go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<DeprecatedStatus<MachinePoolV1Beta1DeprecatedStatus>>,
}

/// The parts of a MachinePool's status that only v1beta1 has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachinePoolV1Beta1DeprecatedStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<V1Beta1Condition>,
    /// Why there is no way on without a person, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// Why there is no way on without a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 10240)))]
    pub failure_message: Option<String>,
    /// How many machines are ready.
    #[serde(skip_serializing_if = "omit::zero")]
    pub ready_replicas: i32,
    /// How many machines are available.
    #[serde(skip_serializing_if = "omit::zero")]
    pub available_replicas: i32,
    /// How many machines are missing.
    #[serde(skip_serializing_if = "omit::zero")]
    pub unavailable_replicas: i32,
}

open_enum! {
    /// Where a MachinePool stands.
    pub enum MachinePoolPhase {
        /// Nothing was done yet.
        Pending = "Pending",
        /// It is being provisioned.
        Provisioning = "Provisioning",
        /// It was provisioned.
        Provisioned = "Provisioned",
        /// It runs.
        Running = "Running",
        /// There are fewer machines than wanted.
        ScalingUp = "ScalingUp",
        /// There are more machines than wanted.
        ScalingDown = "ScalingDown",
        /// The number of machines changes.
        Scaling = "Scaling",
        /// It is being deleted.
        Deleting = "Deleting",
        /// There is no way on without a person.
        Failed = "Failed",
        /// It is not known.
        Unknown = "Unknown",
    }
}
