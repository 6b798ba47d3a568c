//! The kind MachineSet.

use serde::{Deserialize, Serialize};

use super::{MachineNamingStrategy, MachineSpec, ObjectMeta, V1Beta2ReplicasStatus};
use crate::core::v1beta2::{StatusVersion, V1Beta1Condition};
use crate::kind::kind;
use crate::meta::LabelSelector;
use crate::omit;

kind! {
    /// A number of machines from one template.
    pub struct MachineSet = "cluster.x-k8s.io", "v1beta1", "MachineSet" {
        /// What is wanted.
        spec: MachineSetSpec,
        /// What is.
        status: MachineSetStatus,
    }
}

/// What a MachineSet is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterName", "selector"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineSetSpec {
    /// The Cluster that it belongs to.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub cluster_name: String,
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// How many seconds a machine has to be ready before it counts as available.
    #[serde(skip_serializing_if = "omit::zero")]
    pub min_ready_seconds: i32,
    /// Which machines go first.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Random", "Newest", "Oldest"]))))]
    pub delete_policy: String,
    /// Which machines belong to it.
    pub selector: LabelSelector,
    /// Template of the object.
    pub template: MachineTemplateSpec,
    /// How machines are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_naming_strategy: Option<MachineNamingStrategy>,
}

/// The template of a Machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineTemplateSpec {
    /// Labels and annotations of what is made from this.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: MachineSpec,
}

/// What a MachineSet is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineSetStatus {
    /// The label selector of the machines, as text.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 4096)))]
    pub selector: String,
    /// How many machines there are.
    pub replicas: i32,
    /// How many machines have the labels of the template.
    pub fully_labeled_replicas: i32,
    /// How many machines are ready.
    pub ready_replicas: i32,
    /// How many machines are available.
    pub available_replicas: i32,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    pub observed_generation: i64,
    /// Why there is no way on without a person, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// Why there is no way on without a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 10240)))]
    pub failure_message: Option<String>,
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
