//! The kind Machine.

use componentconfig::{core::Time, scalar::Duration};
use serde::{Deserialize, Serialize};

use super::{MachineAddress, MachineReadinessGate, V1Beta2Conditions};
use crate::core::v1beta2::{MachineDeletionStatus, MachinePhase, MachineTaint, V1Beta1Condition};
use crate::kind::kind;
use crate::meta::{NodeSystemInfo, ObjectReference};
use crate::omit;

kind! {
    /// A machine that runs a node. It is replaced rather than changed.
    pub struct Machine = "cluster.x-k8s.io", "v1beta1", "Machine" {
        /// What is wanted.
        spec: MachineSpec,
        /// What is.
        status: MachineStatus,
    }
}

/// What a Machine is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterName", "bootstrap", "infrastructureRef"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineSpec {
    /// The Cluster that it belongs to.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub cluster_name: String,
    /// Where the bootstrap data comes from.
    pub bootstrap: Bootstrap,
    /// The object of the infrastructure provider.
    pub infrastructure_ref: ObjectReference,
    /// The Kubernetes version, such as `v1.36.0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub version: Option<String>,
    /// The name that the provider gave the machine.
    #[serde(rename = "providerID", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub provider_id: Option<String>,
    /// The failure domain that machines are placed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub failure_domain: Option<String>,
    /// Conditions that count, besides the built-in ones, for the condition Ready of the machines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["conditionType"]), "maxItems" = 32)))]
    pub readiness_gates: Vec<MachineReadinessGate>,
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
}

/// What a Machine is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineStatus {
    /// The node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_ref: Option<ObjectReference>,
    /// What the node says about itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_info: Option<NodeSystemInfo>,
    /// When the phase last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<Time>,
    /// Why there is no way on without a person, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// Why there is no way on without a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 10240)))]
    pub failure_message: Option<String>,
    /// Addresses of the machine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<MachineAddress>,
    /// Where it stands, in one word.
    #[serde(skip_serializing_if = "MachinePhase::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Pending", "Provisioning", "Provisioned", "Running", "Deleting", "Deleted", "Failed", "Unknown"]))))]
    pub phase: MachinePhase,
    /// When the certificates of a control plane machine expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates_expiry_date: Option<Time>,
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
    /// How far the deletion is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion: Option<MachineDeletionStatus>,
    /// The parts of the status that only v1beta2 has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v1beta2: Option<V1Beta2Conditions>,
}

/// Where bootstrap data comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Bootstrap {
    /// The object that makes the bootstrap data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_ref: Option<ObjectReference>,
    /// The secret that holds the bootstrap data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 0, "maxLength" = 253)))]
    pub data_secret_name: Option<String>,
}
