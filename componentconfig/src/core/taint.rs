//! Taints of nodes.

use serde::{Deserialize, Serialize};

use super::Time;

/// A taint of a Node: Pods that do not tolerate it are kept away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Taint {
    /// The key.
    pub key: String,
    /// The value that belongs to the key.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// What happens to Pods that do not tolerate it: `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
    /// When the taint was added; set by the system for `NoExecute`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_added: Option<Time>,
}
