//! Smaller parts of `KubeletConfiguration`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    omit,
    scalar::{Duration, Quantity},
};

/// The back-off of containers that crash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CrashLoopBackOffConfig {
    /// The longest back-off, 1 second to 5 minutes. `None`: that of the feature gates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_container_restart_period: Option<Duration>,
}

/// How containers may use swap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MemorySwapConfiguration {
    /// `NoSwap`, or `LimitedSwap` for Pods of class Burstable. Default `NoSwap`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub swap_behavior: String,
}

/// Memory reserved on one NUMA node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MemoryReservation {
    /// The number of the NUMA node.
    pub numa_node: i32,
    /// By type of memory, how much is reserved.
    #[serde(serialize_with = "omit::null_if_empty")]
    pub limits: BTreeMap<String, Quantity>,
}

/// The grace period at shutdown of Pods of one priority and above.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ShutdownGracePeriodByPodPriority {
    /// The least priority of these Pods.
    pub priority: i32,
    /// Their grace period in seconds.
    pub shutdown_grace_period_seconds: i64,
}

/// User namespaces of Pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct UserNamespaces {
    /// How many user and group identifiers each Pod gets; a multiple of 65536. Default 65536.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids_per_pod: Option<i64>,
}
