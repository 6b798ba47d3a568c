//! The kind Cluster.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    APIEndpoint, ContractVersionedObjectReference, DeprecatedStatus, FailureStatus,
    StatusUpgradePlanVersion, StatusVersion, Topology,
};
use crate::kind::kind;
use crate::meta::Condition;
use crate::omit;
use crate::open_enum::open_enum;

kind! {
    /// A cluster, with its infrastructure, control plane and workers.
    pub struct Cluster = "cluster.x-k8s.io", "v1beta2", "Cluster" {
        /// What is wanted.
        [omit required] spec: ClusterSpec,
        /// What is.
        [omit] status: ClusterStatus,
    }
}

open_enum! {
    /// Where a Cluster stands.
    pub enum ClusterPhase {
        /// Nothing was done yet.
        Pending = "Pending",
        /// It is being provisioned.
        Provisioning = "Provisioning",
        /// It was provisioned.
        Provisioned = "Provisioned",
        /// It is being deleted.
        Deleting = "Deleting",
        /// There is no way on without a person.
        Failed = "Failed",
        /// It is not known.
        Unknown = "Unknown",
    }
}

/// What a Cluster is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterSpec {
    /// Whether controllers leave the object alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// The networks of the cluster.
    #[serde(skip_serializing_if = "omit::zero")]
    pub cluster_network: ClusterNetwork,
    /// Where the API server is reached; set by the provider if it chooses the place.
    #[serde(skip_serializing_if = "omit::zero")]
    pub control_plane_endpoint: APIEndpoint,
    /// The object that manages the control plane.
    #[serde(skip_serializing_if = "omit::zero")]
    pub control_plane_ref: ContractVersionedObjectReference,
    /// The object of the infrastructure provider.
    #[serde(skip_serializing_if = "omit::zero")]
    pub infrastructure_ref: ContractVersionedObjectReference,
    /// The shape of a Cluster that is made from a ClusterClass.
    #[serde(skip_serializing_if = "omit::zero")]
    pub topology: Topology,
    /// Conditions that count, besides the built-in ones, for the condition Available.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["conditionType"]), "minItems" = 1, "maxItems" = 32)))]
    pub availability_gates: Vec<ClusterAvailabilityGate>,
}

open_enum! {
    /// Which status of a condition is the good one.
    pub enum ConditionPolarity {
        /// `True` is good.
        Positive = "Positive",
        /// `False` is good.
        Negative = "Negative",
    }
}

/// A condition that counts for the condition Available of the Cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["conditionType"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterAvailabilityGate {
    /// The condition that is looked at.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("pattern" = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$", "minLength" = 1, "maxLength" = 316)))]
    pub condition_type: String,
    /// Which status of the condition is the good one; positive if unset.
    #[serde(skip_serializing_if = "ConditionPolarity::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Positive", "Negative"]))))]
    pub polarity: ConditionPolarity,
}

/// The networks of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterNetwork {
    /// Port of the API server.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1, "maximum" = 65535)))]
    pub api_server_port: i32,
    /// The network of services.
    #[serde(skip_serializing_if = "omit::zero")]
    pub services: NetworkRanges,
    /// The network of pods.
    #[serde(skip_serializing_if = "omit::zero")]
    pub pods: NetworkRanges,
    /// Domain of service names.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub service_domain: String,
}

/// Blocks of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["cidrBlocks"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkRanges {
    /// Blocks of addresses in CIDR notation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 43}))))]
    pub cidr_blocks: Vec<String>,
}

/// What a Cluster is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["type"]), "maxItems" = 32)))]
    pub conditions: Vec<Condition>,
    /// How far the first provisioning came.
    #[serde(skip_serializing_if = "omit::zero")]
    pub initialization: ClusterInitializationStatus,
    /// How many machines the control plane has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane: Option<ClusterControlPlaneStatus>,
    /// How many worker machines there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<WorkersStatus>,
    /// The failure domains that the provider offers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name"]), "minItems" = 1, "maxItems" = 100)))]
    pub failure_domains: Vec<FailureDomain>,
    /// Where it stands, in one word.
    #[serde(skip_serializing_if = "ClusterPhase::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Pending", "Provisioning", "Provisioned", "Deleting", "Failed", "Unknown"]))))]
    pub phase: ClusterPhase,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1)))]
    pub observed_generation: i64,
    /// Parts of the status that will go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<DeprecatedStatus<FailureStatus>>,
}

/// How far the first provisioning of a Cluster came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterInitializationStatus {
    /// Whether the infrastructure was provisioned once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure_provisioned: Option<bool>,
    /// Whether the control plane answered once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane_initialized: Option<bool>,
}

/// How many machines the control plane has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterControlPlaneStatus {
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_replicas: Option<i32>,
    /// How many machines there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// How many machines match what is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to_date_replicas: Option<i32>,
    /// How many machines are ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_replicas: Option<i32>,
    /// How many machines are available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_replicas: Option<i32>,
    /// How many machines run which version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 32)))]
    pub versions: Vec<StatusVersion>,
    /// The versions that are still to be gone through.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 32)))]
    pub upgrade_plan: Vec<StatusUpgradePlanVersion>,
}

/// How many worker machines there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct WorkersStatus {
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_replicas: Option<i32>,
    /// How many machines there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// How many machines match what is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to_date_replicas: Option<i32>,
    /// How many machines are ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_replicas: Option<i32>,
    /// How many machines are available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_replicas: Option<i32>,
    /// How many machines run which version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 32)))]
    pub versions: Vec<StatusVersion>,
    /// The versions that are still to be gone through.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 32)))]
    pub upgrade_plan: Vec<StatusUpgradePlanVersion>,
}

/// A failure domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct FailureDomain {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub name: String,
    /// Whether control plane machines may be placed there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane: Option<bool>,
    /// What the provider says about it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

open_enum! {
    /// The kind of an error that a rule gives.
    pub enum FieldValueErrorReason {
        /// A value is missing.
        FieldValueRequired = "FieldValueRequired",
        /// A value is there twice.
        FieldValueDuplicate = "FieldValueDuplicate",
        /// A value is malformed.
        FieldValueInvalid = "FieldValueInvalid",
        /// A value is not permitted.
        FieldValueForbidden = "FieldValueForbidden",
    }
}

open_enum! {
    /// How bad a condition is that is not true.
    pub enum ConditionSeverity {
        /// An error.
        Error = "Error",
        /// A warning.
        Warning = "Warning",
        /// For information.
        Info = "Info",
    }
}
