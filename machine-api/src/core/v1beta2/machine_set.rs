//! The kind MachineSet.

use serde::{Deserialize, Serialize};

use super::{
    DeletionOrderSpec, DeprecatedStatus, MachineNamingSpec, MachineSpec, ObjectMeta, StatusVersion,
    V1Beta1Condition,
};
use crate::kind::kind;
use crate::meta::{Condition, LabelSelector};
use crate::omit;
use crate::open_enum::open_enum;

kind! {
    /// A number of machines from one template.
    pub struct MachineSet = "cluster.x-k8s.io", "v1beta2", "MachineSet" {
        /// What is wanted.
        [omit required] spec: MachineSetSpec,
        /// What is.
        [omit] status: MachineSetStatus,
    }
}

/// What a MachineSet is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterName", "selector", "template"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineSetSpec {
    /// The Cluster that it belongs to.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub cluster_name: String,
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Which machines belong to it.
    #[serde(skip_serializing_if = "omit::zero")]
    pub selector: LabelSelector,
    /// Template of the object.
    #[serde(skip_serializing_if = "omit::zero")]
    pub template: MachineTemplateSpec,
    /// How machines are named.
    #[serde(skip_serializing_if = "omit::zero")]
    pub machine_naming: MachineNamingSpec,
    /// How machines are deleted.
    #[serde(skip_serializing_if = "omit::zero")]
    pub deletion: DeletionOrderSpec,
}

/// The template of a Machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["spec"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineTemplateSpec {
    /// Labels and annotations of what is made from this.
    #[serde(skip_serializing_if = "omit::zero")]
    pub metadata: ObjectMeta,
    /// What is wanted.
    #[serde(skip_serializing_if = "omit::zero")]
    pub spec: MachineSpec,
}

open_enum! {
    /// Which machines are deleted first.
    pub enum MachineSetDeletionOrder {
        /// Any.
        Random = "Random",
        /// The newest.
        Newest = "Newest",
        /// The oldest.
        Oldest = "Oldest",
    }
}

/// What a MachineSet is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineSetStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["type"]), "maxItems" = 32)))]
    pub conditions: Vec<Condition>,
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
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1)))]
    pub observed_generation: i64,
    /// Parts of the status that will go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<DeprecatedStatus<MachineSetV1Beta1DeprecatedStatus>>,
}

/// The parts of a MachineSet's status that only v1beta1 has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineSetV1Beta1DeprecatedStatus {
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
    /// How many machines have the labels of the template.
    pub fully_labeled_replicas: i32,
    /// How many machines are ready.
    pub ready_replicas: i32,
    /// How many machines are available.
    pub available_replicas: i32,
}
