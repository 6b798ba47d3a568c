//! The kind Cluster.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{APIEndpoint, Topology};
use crate::core::v1beta2::{
    ClusterControlPlaneStatus, ClusterPhase, ConditionPolarity, V1Beta1Condition, WorkersStatus,
};
use crate::kind::kind;
use crate::meta::{Condition, ObjectReference};
use crate::omit;

kind! {
    /// A cluster, with its infrastructure, control plane and workers.
    pub struct Cluster = "cluster.x-k8s.io", "v1beta1", "Cluster" {
        /// What is wanted.
        spec: ClusterSpec,
        /// What is.
        status: ClusterStatus,
    }
}

/// What a Cluster is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterSpec {
    /// Whether controllers leave the object alone.
    #[serde(skip_serializing_if = "omit::zero")]
    pub paused: bool,
    /// The networks of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_network: Option<ClusterNetwork>,
    /// Where the API server is reached; set by the provider if it chooses the place.
    pub control_plane_endpoint: APIEndpoint,
    /// The object that manages the control plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane_ref: Option<ObjectReference>,
    /// The object of the infrastructure provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure_ref: Option<ObjectReference>,
    /// The shape of a Cluster that is made from a ClusterClass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topology: Option<Topology>,
    /// Conditions that count, besides the built-in ones, for the condition Available.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["conditionType"]), "maxItems" = 32)))]
    pub availability_gates: Vec<ClusterAvailabilityGate>,
}

/// A condition that counts for the condition Available of the Cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["conditionType"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterAvailabilityGate {
    /// The condition that is looked at.
    #[cfg_attr(feature = "schemars", schemars(extend("pattern" = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$", "minLength" = 1, "maxLength" = 316)))]
    pub condition_type: String,
    /// Which status of the condition is the good one; positive if unset.
    #[serde(skip_serializing_if = "ConditionPolarity::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Positive", "Negative"]))))]
    pub polarity: ConditionPolarity,
}

/// The networks of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterNetwork {
    /// Port of the API server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_server_port: Option<i32>,
    /// The network of services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub services: Option<NetworkRanges>,
    /// The network of pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<NetworkRanges>,
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
    #[serde(
        serialize_with = "omit::null_if_empty",
        deserialize_with = "omit::nullable"
    )]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 43}))))]
    pub cidr_blocks: Vec<String>,
}

/// What a Cluster is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterStatus {
    /// The failure domains that the provider offers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failure_domains: BTreeMap<String, FailureDomainSpec>,
    /// Why there is no way on without a person, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// Why there is no way on without a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 10240)))]
    pub failure_message: Option<String>,
    /// Where it stands, in one word.
    #[serde(skip_serializing_if = "ClusterPhase::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Pending", "Provisioning", "Provisioned", "Deleting", "Failed", "Unknown"]))))]
    pub phase: ClusterPhase,
    /// Whether the infrastructure is there.
    pub infrastructure_ready: bool,
    /// Whether the control plane was initialized.
    pub control_plane_ready: bool,
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<V1Beta1Condition>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    pub observed_generation: i64,
    /// The parts of the status that only v1beta2 has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v1beta2: Option<ClusterV1Beta2Status>,
}

/// The part of a Cluster's status that only v1beta2 has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterV1Beta2Status {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["type"]), "maxItems" = 32)))]
    pub conditions: Vec<Condition>,
    /// How many machines the control plane has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane: Option<ClusterControlPlaneStatus>,
    /// How many worker machines there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<WorkersStatus>,
}

/// A failure domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct FailureDomainSpec {
    /// Whether control plane machines may be placed there.
    #[serde(skip_serializing_if = "omit::zero")]
    pub control_plane: bool,
    /// What the provider says about it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}
