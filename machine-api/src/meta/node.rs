//! What belongs to nodes.

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;

open_enum! {
    /// What happens to pods that do not tolerate a taint.
    pub enum TaintEffect {
        /// No new ones are scheduled.
        NoSchedule = "NoSchedule",
        /// New ones are scheduled elsewhere, if possible.
        PreferNoSchedule = "PreferNoSchedule",
        /// No new ones are scheduled, and running ones are evicted.
        NoExecute = "NoExecute",
    }
}

/// A taint of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["effect", "key"]))
)]
#[serde(rename_all = "camelCase", default)]
pub struct Taint {
    /// Its key.
    pub key: String,
    /// Its value.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// What happens to pods that do not tolerate it.
    pub effect: TaintEffect,
    /// When it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_added: Option<Time>,
}

/// What a node says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(extend(
        "required" = [
            "architecture", "bootID", "containerRuntimeVersion", "kernelVersion", "kubeProxyVersion",
            "kubeletVersion", "machineID", "operatingSystem", "osImage", "systemUUID"
        ]
    ))
)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSystemInfo {
    /// The id of its installation.
    #[serde(rename = "machineID")]
    pub machine_id: String,
    /// The id of the machine.
    #[serde(rename = "systemUUID")]
    pub system_uuid: String,
    /// The id of its last boot.
    #[serde(rename = "bootID")]
    pub boot_id: String,
    /// The version of its kernel.
    pub kernel_version: String,
    /// Its operating system, with version.
    pub os_image: String,
    /// The container runtime, with version.
    pub container_runtime_version: String,
    /// The version of its kubelet.
    pub kubelet_version: String,
    /// Unused.
    pub kube_proxy_version: String,
    /// Its operating system, such as `linux`.
    pub operating_system: String,
    /// Its architecture, such as `amd64`.
    pub architecture: String,
    /// Its swap space.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap: Option<NodeSwapStatus>,
}

/// The swap space of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSwapStatus {
    /// How many bytes it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<i64>,
}
