//! The kind KubeadmConfig.

use serde::{Deserialize, Serialize};

use super::{
    ClusterConfiguration, DiskSetup, File, IgnitionSpec, InitConfiguration, JoinConfiguration, NTP,
    User,
};
use crate::bootstrap::v1beta2::Format;
use crate::core::v1beta1::V1Beta2Conditions;
use crate::core::v1beta2::V1Beta1Condition;
use crate::kind::kind;
use crate::omit;

kind! {
    /// Bootstrap data of a machine, made for kubeadm.
    pub struct KubeadmConfig = "bootstrap.cluster.x-k8s.io", "v1beta1", "KubeadmConfig" {
        /// What is wanted.
        spec: KubeadmConfigSpec,
        /// What is.
        status: KubeadmConfigStatus,
    }
}

/// What a KubeadmConfig is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmConfigSpec {
    /// What all control plane machines have in common.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_configuration: Option<ClusterConfiguration>,
    /// The first control plane machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_configuration: Option<InitConfiguration>,
    /// Every other machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join_configuration: Option<JoinConfiguration>,
    /// Files that are written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 200)))]
    pub files: Vec<File>,
    /// Partitions and file systems.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_setup: Option<DiskSetup>,
    /// Mount points, as lists of the columns of fstab.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100, "items" = serde_json::json!({"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 512}}))))]
    pub mounts: Vec<Vec<String>>,
    /// Commands at every boot.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 1000, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 10240}))))]
    pub boot_commands: Vec<String>,
    /// Commands before kubeadm.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 1000, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 10240}))))]
    pub pre_kubeadm_commands: Vec<String>,
    /// Commands after kubeadm.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 1000, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 10240}))))]
    pub post_kubeadm_commands: Vec<String>,
    /// Users that are made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100)))]
    pub users: Vec<User>,
    /// Servers that the time comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ntp: Option<NTP>,
    /// Format of the bootstrap data.
    #[serde(skip_serializing_if = "Format::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["cloud-config", "ignition"]))))]
    pub format: Format,
    /// How much kubeadm says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<i32>,
    /// Unused.
    #[serde(skip_serializing_if = "omit::zero")]
    pub use_experimental_retry_join: bool,
    /// Settings of Ignition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignition: Option<IgnitionSpec>,
}

/// What a KubeadmConfig is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmConfigStatus {
    /// Whether it is ready.
    pub ready: bool,
    /// The secret that holds the bootstrap data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub data_secret_name: Option<String>,
    /// Why there is no way on without a person, in one word.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub failure_reason: String,
    /// Why there is no way on without a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 10240)))]
    pub failure_message: String,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    pub observed_generation: i64,
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<V1Beta1Condition>,
    /// The parts of the status that only v1beta2 has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v1beta2: Option<V1Beta2Conditions>,
}
