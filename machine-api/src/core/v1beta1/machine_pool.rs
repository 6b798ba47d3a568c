//! The kind MachinePool.

use serde::{Deserialize, Serialize};

use super::{MachineTemplateSpec, V1Beta2ReplicasStatus};
use crate::core::v1beta2::{MachinePoolPhase, StatusVersion, V1Beta1Condition};
use crate::kind::kind;
use crate::meta::ObjectReference;
use crate::omit;

kind! {
    /// Machines that the infrastructure manages as one.
    pub struct MachinePool = "cluster.x-k8s.io", "v1beta1", "MachinePool" {
        /// What is wanted.
        spec: MachinePoolSpec,
        /// What is.
        status: MachinePoolStatus,
    }
}

/// What a MachinePool is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterName", "template"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachinePoolSpec {
    /// The Cluster that it belongs to.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub cluster_name: String,
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Template of the object.
    pub template: MachineTemplateSpec,
    /// How many seconds a machine has to be ready before it counts as available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_ready_seconds: Option<i32>,
    /// The names that the provider gave the machines.
    #[serde(rename = "providerIDList", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 10000, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 512}))))]
    pub provider_id_list: Vec<String>,
    /// The failure domains that machines are placed in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub failure_domains: Vec<String>,
}

/// What a MachinePool is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachinePoolStatus {
    /// The nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 10000)))]
    pub node_refs: Vec<ObjectReference>,
    /// How many machines there are.
    pub replicas: i32,
    /// How many machines are ready.
    #[serde(skip_serializing_if = "omit::zero")]
    pub ready_replicas: i32,
    /// How many machines are available.
    #[serde(skip_serializing_if = "omit::zero")]
    pub available_replicas: i32,
    /// How many machines are missing.
    #[serde(skip_serializing_if = "omit::zero")]
    pub unavailable_replicas: i32,
    /// Why there is no way on without a person, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// Why there is no way on without a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 10240)))]
    pub failure_message: Option<String>,
    /// Where it stands, in one word.
    #[serde(skip_serializing_if = "MachinePoolPhase::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Pending", "Provisioning", "Provisioned", "Running", "ScalingUp", "ScalingDown", "Scaling", "Deleting", "Failed", "Unknown"]))))]
    pub phase: MachinePoolPhase,
    /// Whether the bootstrap data is there.
    pub bootstrap_ready: bool,
    /// Whether the infrastructure is there.
    pub infrastructure_ready: bool,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    pub observed_generation: i64,
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
