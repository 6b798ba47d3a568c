//! The kind KubeadmConfig.

use serde::{Deserialize, Serialize};

use super::{
    ClusterConfiguration, DiskSetup, File, IgnitionSpec, InitConfiguration, JoinConfiguration, NTP,
    User,
};
use crate::core::v1beta2::{DeprecatedStatus, V1Beta1Condition};
use crate::kind::kind;
use crate::meta::Condition;
use crate::omit;
use crate::open_enum::open_enum;

kind! {
    /// Bootstrap data of a machine, made for kubeadm.
    pub struct KubeadmConfig = "bootstrap.cluster.x-k8s.io", "v1beta2", "KubeadmConfig" {
        /// What is wanted.
        [omit] spec: KubeadmConfigSpec,
        /// What is.
        [omit] status: KubeadmConfigStatus,
    }
}

open_enum! {
    /// The format of bootstrap data.
    pub enum Format {
        /// For cloud-init.
        CloudConfig = "cloud-config",
        /// For Ignition.
        Ignition = "ignition",
    }
}

/// What a KubeadmConfig is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmConfigSpec {
    /// What all control plane machines have in common.
    #[serde(skip_serializing_if = "omit::zero")]
    pub cluster_configuration: ClusterConfiguration,
    /// The first control plane machine.
    #[serde(skip_serializing_if = "omit::zero")]
    pub init_configuration: InitConfiguration,
    /// Every other machine.
    #[serde(skip_serializing_if = "omit::zero")]
    pub join_configuration: JoinConfiguration,
    /// Files that are written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 200)))]
    pub files: Vec<File>,
    /// Partitions and file systems.
    #[serde(skip_serializing_if = "omit::zero")]
    pub disk_setup: DiskSetup,
    /// Mount points, as lists of the columns of fstab.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100, "items" = serde_json::json!({"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string", "minLength": 1, "maxLength": 512}}))))]
    pub mounts: Vec<Vec<String>>,
    /// Commands at every boot.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 1000, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 10240}))))]
    pub boot_commands: Vec<String>,
    /// Commands before kubeadm.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 1000, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 10240}))))]
    pub pre_kubeadm_commands: Vec<String>,
    /// Commands after kubeadm.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 1000, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 10240}))))]
    pub post_kubeadm_commands: Vec<String>,
    /// Users that are made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100)))]
    pub users: Vec<User>,
    /// Servers that the time comes from.
    #[serde(skip_serializing_if = "omit::zero")]
    pub ntp: NTP,
    /// Format of the bootstrap data.
    #[serde(skip_serializing_if = "Format::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["cloud-config", "ignition"]))))]
    pub format: Format,
    /// How much kubeadm says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<i32>,
    /// Settings of Ignition.
    #[serde(skip_serializing_if = "omit::zero")]
    pub ignition: IgnitionSpec,
}

/// What a KubeadmConfig is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmConfigStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["type"]), "maxItems" = 32)))]
    pub conditions: Vec<Condition>,
    /// How far the first provisioning came.
    #[serde(skip_serializing_if = "omit::zero")]
    pub initialization: KubeadmConfigInitializationStatus,
    /// The secret that holds the bootstrap data.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub data_secret_name: String,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1)))]
    pub observed_generation: i64,
    /// Parts of the status that will go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<DeprecatedStatus<KubeadmConfigV1Beta1DeprecatedStatus>>,
}

/// Whether bootstrap data was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmConfigInitializationStatus {
    /// Whether the bootstrap data was made once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_secret_created: Option<bool>,
}

/// The parts of a KubeadmConfig's status that only v1beta1 has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmConfigV1Beta1DeprecatedStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<V1Beta1Condition>,
    /// Why there is no way on without a person, in one word.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub failure_reason: String,
    /// Why there is no way on without a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 10240)))]
    pub failure_message: String,
}
