//! The kinds.

use std::collections::BTreeMap;

use componentconfig::{core::Time, scalar::Quantity};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    IntOrString,
    core::v1beta2::{ClusterNetwork, MachineAddress, ObjectMeta},
    kind::kind,
    meta::{ConditionStatus, LabelSelector, ObjectReference, Taint},
    omit,
};

kind! {
    /// A cluster.
    pub struct Cluster = "cluster.k8s.io", "v1alpha1", "Cluster" {
        /// What is wanted.
        [omit] spec: ClusterSpec,
        /// What is.
        [omit] status: ClusterStatus,
    }
}

kind! {
    /// A machine.
    pub struct Machine = "cluster.k8s.io", "v1alpha1", "Machine" {
        /// What is wanted.
        [omit] spec: MachineSpec,
        /// What is.
        [omit] status: MachineStatus,
    }
}

kind! {
    /// Machines that are all the same.
    pub struct MachineSet = "cluster.k8s.io", "v1alpha1", "MachineSet" {
        /// What is wanted.
        [omit] spec: MachineSetSpec,
        /// What is.
        [omit] status: MachineSetStatus,
    }
}

kind! {
    /// Machines that are all to become the same.
    pub struct MachineDeployment = "cluster.k8s.io", "v1alpha1", "MachineDeployment" {
        /// What is wanted.
        [omit] spec: MachineDeploymentSpec,
        /// What is.
        [omit] status: MachineDeploymentStatus,
    }
}

kind! {
    /// A class of machines, to which machines refer.
    pub struct MachineClass = "cluster.k8s.io", "v1alpha1", "MachineClass" {
        /// The resources of its machines.
        [omit] capacity: BTreeMap<String, ResourceQuantity>,
        /// Those of them that pods can have.
        [omit] allocatable: BTreeMap<String, ResourceQuantity>,
        /// What the provider makes of it; its type is the provider's.
        [omit] provider_spec: Option<Value>,
    }
}

/// An amount of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ResourceQuantity(
    #[cfg_attr(feature = "schemars", schemars(with = "crate::schema::Quantity"))] pub Quantity,
);

/// What the provider makes of it: written down here, or in a class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ProviderSpec {
    /// The provider's own object, with its `apiVersion` and `kind`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Where it is written down instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_from: Option<ProviderSpecSource>,
}

/// Where a provider's object is written down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ProviderSpecSource {
    /// In a class of machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_class: Option<MachineClassReference>,
}

/// A reference to a class of machines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineClassReference {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The provider that it is of.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider: String,
}

/// What a cluster is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterSpec {
    /// Its networks.
    #[serde(skip_serializing_if = "omit::zero")]
    pub cluster_network: ClusterNetwork,
    /// What the provider makes of it.
    #[serde(skip_serializing_if = "omit::zero")]
    pub provider_spec: ProviderSpec,
}

/// What a cluster is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterStatus {
    /// Where its API servers are reached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub api_endpoints: Vec<Endpoint>,
    /// What went wrong, in one word.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error_reason: String,
    /// What went wrong.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error_message: String,
    /// What the provider says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_status: Option<Value>,
}

/// Where an API server is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoint {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: i32,
}

/// What a machine is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineSpec {
    /// Labels and annotations of its node.
    #[serde(skip_serializing_if = "omit::zero")]
    pub metadata: ObjectMeta,
    /// Taints of its node.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    /// What the provider makes of it.
    #[serde(skip_serializing_if = "omit::zero")]
    pub provider_spec: ProviderSpec,
    /// The versions of what runs on it.
    #[serde(skip_serializing_if = "omit::zero")]
    pub versions: MachineVersions,
    /// Where the configuration of its kubelet is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_source: Option<Value>,
    /// Its id at the provider.
    #[serde(rename = "providerID", skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
}

/// The versions of what runs on a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineVersions {
    /// The kubelet.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kubelet: String,
    /// The control plane; only machines of the control plane have one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub control_plane: String,
}

/// What a machine is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineStatus {
    /// Its node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_ref: Option<ObjectReference>,
    /// When the status last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<Time>,
    /// The versions that run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<MachineVersions>,
    /// What went wrong, in one word.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error_reason: String,
    /// What went wrong.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error_message: String,
    /// What the provider says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_status: Option<Value>,
    /// Its addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<MachineAddress>,
    /// What its node says about itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<NodeCondition>,
    /// What was done with it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_operation: Option<LastOperation>,
    /// Where it stands, in one word.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phase: String,
}

/// What a node says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct NodeCondition {
    /// What it is about.
    pub r#type: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// When it was last heard of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_heartbeat_time: Option<Time>,
    /// When the status last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Time>,
    /// The reason, in one word.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The reason, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// What was done with a machine last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct LastOperation {
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<Time>,
    /// How far it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// What.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#type: String,
}

/// A template of machines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineTemplate {
    /// Labels and annotations of the machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub metadata: ObjectMeta,
    /// What the machines are to be.
    #[serde(skip_serializing_if = "omit::zero")]
    pub spec: MachineSpec,
}

/// What a MachineSet is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineSetSpec {
    /// How many machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// How many seconds a machine has to be ready to be available.
    #[serde(skip_serializing_if = "omit::zero")]
    pub min_ready_seconds: i32,
    /// Which machines go first: `Random`, `Newest` or `Oldest`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub delete_policy: String,
    /// Which machines are its own.
    pub selector: LabelSelector,
    /// What machines are made from.
    #[serde(skip_serializing_if = "omit::zero")]
    pub template: MachineTemplate,
}

/// What a MachineSet is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineSetStatus {
    /// How many machines there are.
    pub replicas: i32,
    /// How many have the labels of the template.
    #[serde(skip_serializing_if = "omit::zero")]
    pub fully_labeled_replicas: i32,
    /// How many are ready.
    #[serde(skip_serializing_if = "omit::zero")]
    pub ready_replicas: i32,
    /// How many are available.
    #[serde(skip_serializing_if = "omit::zero")]
    pub available_replicas: i32,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    pub observed_generation: i64,
    /// What went wrong, in one word.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error_reason: String,
    /// What went wrong.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error_message: String,
}

/// What a MachineDeployment is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentSpec {
    /// How many machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Which machines are its own.
    pub selector: LabelSelector,
    /// What machines are made from.
    pub template: MachineTemplate,
    /// How machines are replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<MachineDeploymentStrategy>,
    /// How many seconds a machine has to be ready to be available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_ready_seconds: Option<i32>,
    /// How many old MachineSets are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_history_limit: Option<i32>,
    /// Whether it is left alone.
    #[serde(skip_serializing_if = "omit::zero")]
    pub paused: bool,
    /// After how many seconds without progress it counts as failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress_deadline_seconds: Option<i32>,
}

/// How machines are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentStrategy {
    /// By which rule; `RollingUpdate` is the only one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#type: String,
    /// How many at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolling_update: Option<MachineRollingUpdate>,
}

/// How many machines are replaced at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineRollingUpdate {
    /// How many may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<IntOrString>,
    /// How many may be there beyond what is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_surge: Option<IntOrString>,
}

/// What a MachineDeployment is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentStatus {
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    pub observed_generation: i64,
    /// How many machines there are.
    #[serde(skip_serializing_if = "omit::zero")]
    pub replicas: i32,
    /// How many are of the template.
    #[serde(skip_serializing_if = "omit::zero")]
    pub updated_replicas: i32,
    /// How many are ready.
    #[serde(skip_serializing_if = "omit::zero")]
    pub ready_replicas: i32,
    /// How many are available.
    #[serde(skip_serializing_if = "omit::zero")]
    pub available_replicas: i32,
    /// How many are missing.
    #[serde(skip_serializing_if = "omit::zero")]
    pub unavailable_replicas: i32,
}
