//! The kind Machine.

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use super::{
    ContractVersionedObjectReference, DeprecatedStatus, FailureStatus, MachineAddress,
    MachineReadinessGate, MachineTaint,
};
use crate::kind::kind;
use crate::meta::{Condition, NodeSystemInfo};
use crate::omit;
use crate::open_enum::open_enum;

kind! {
    /// A machine that runs a node. It is replaced rather than changed.
    pub struct Machine = "cluster.x-k8s.io", "v1beta2", "Machine" {
        /// What is wanted.
        [omit required] spec: MachineSpec,
        /// What is.
        [omit] status: MachineStatus,
    }
}

/// How a machine is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeletionSpec {
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

open_enum! {
    /// What kind of address it is.
    pub enum MachineAddressType {
        /// A host name.
        Hostname = "Hostname",
        /// An address that is reached from outside.
        ExternalIp = "ExternalIP",
        /// An address that is reached inside.
        InternalIp = "InternalIP",
        /// A DNS name that is reached from outside.
        ExternalDns = "ExternalDNS",
        /// A DNS name that is reached inside.
        InternalDns = "InternalDNS",
    }
}

open_enum! {
    /// Whether a taint is kept on the node.
    pub enum MachineTaintPropagation {
        /// It is kept.
        Always = "Always",
        /// It is set once, when the node is initialized.
        OnInitialization = "OnInitialization",
    }
}

open_enum! {
    /// Where a Machine stands.
    pub enum MachinePhase {
        /// Nothing was done yet.
        Pending = "Pending",
        /// It is being provisioned.
        Provisioning = "Provisioning",
        /// It was provisioned.
        Provisioned = "Provisioned",
        /// It runs.
        Running = "Running",
        /// It is being updated in place.
        Updating = "Updating",
        /// It is being deleted.
        Deleting = "Deleting",
        /// It was deleted.
        Deleted = "Deleted",
        /// There is no way on without a person.
        Failed = "Failed",
        /// It is not known.
        Unknown = "Unknown",
    }
}

/// What a Machine is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterName", "bootstrap", "infrastructureRef"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineSpec {
    /// The Cluster that it belongs to.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub cluster_name: String,
    /// Where the bootstrap data comes from.
    #[serde(skip_serializing_if = "omit::zero")]
    pub bootstrap: Bootstrap,
    /// The object of the infrastructure provider.
    #[serde(skip_serializing_if = "omit::zero")]
    pub infrastructure_ref: ContractVersionedObjectReference,
    /// The Kubernetes version, such as `v1.36.0`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub version: String,
    /// The name that the provider gave the machine.
    #[serde(rename = "providerID", skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub provider_id: String,
    /// The failure domain that machines are placed in.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub failure_domain: String,
    /// How many seconds a machine has to be ready before it counts as available.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub min_ready_seconds: Option<i32>,
    /// Conditions that count, besides the built-in ones, for the condition Ready of the machines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["conditionType"]), "minItems" = 1, "maxItems" = 32)))]
    pub readiness_gates: Vec<MachineReadinessGate>,
    /// How machines are deleted.
    #[serde(skip_serializing_if = "omit::zero")]
    pub deletion: MachineDeletionSpec,
    /// Taints of the nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["key", "effect"]), "minItems" = 1, "maxItems" = 64)))]
    pub taints: Vec<MachineTaint>,
}

/// What a Machine is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["type"]), "maxItems" = 32)))]
    pub conditions: Vec<Condition>,
    /// How far the first provisioning came.
    #[serde(skip_serializing_if = "omit::zero")]
    pub initialization: MachineInitializationStatus,
    /// The node.
    #[serde(skip_serializing_if = "omit::zero")]
    pub node_ref: MachineNodeReference,
    /// What the node says about itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_info: Option<NodeSystemInfo>,
    /// When the phase last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<Time>,
    /// Addresses of the machine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 256, "x-kubernetes-list-type" = "atomic")))]
    pub addresses: Vec<MachineAddress>,
    /// The failure domain that the machine is in.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub failure_domain: String,
    /// Where it stands, in one word.
    #[serde(skip_serializing_if = "MachinePhase::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Pending", "Provisioning", "Provisioned", "Running", "Updating", "Deleting", "Deleted", "Failed", "Unknown"]))))]
    pub phase: MachinePhase,
    /// When the certificates of a control plane machine expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates_expiry_date: Option<Time>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1)))]
    pub observed_generation: i64,
    /// How far the deletion is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion: Option<MachineDeletionStatus>,
    /// Parts of the status that will go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<DeprecatedStatus<FailureStatus>>,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineNodeReference {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253, "pattern" = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")))]
    pub name: String,
}

/// How far the first provisioning came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineInitializationStatus {
    /// Whether the infrastructure was provisioned once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure_provisioned: Option<bool>,
    /// Whether the bootstrap data was made once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap_data_secret_created: Option<bool>,
}

/// How far the deletion of a Machine is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeletionStatus {
    /// When draining began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_drain_start_time: Option<Time>,
    /// When waiting for volumes began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_for_node_volume_detach_start_time: Option<Time>,
    /// When waiting for hooks before the drain began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_for_pre_drain_hook_start_time: Option<Time>,
    /// When waiting for hooks before termination began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_for_pre_terminate_hook_start_time: Option<Time>,
}

/// Where bootstrap data comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Bootstrap {
    /// The object that makes the bootstrap data.
    #[serde(skip_serializing_if = "omit::zero")]
    pub config_ref: ContractVersionedObjectReference,
    /// The secret that holds the bootstrap data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 0, "maxLength" = 253)))]
    pub data_secret_name: Option<String>,
}
