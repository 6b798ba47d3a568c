//! Tolerations of taints.

use serde::{Deserialize, Serialize};

/// A taint that a Pod tolerates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Toleration {
    /// The key of the taint. Empty with the operator `Exists`: any.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// `Exists` or `Equal`; empty means `Equal`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub operator: String,
    /// The value, for the operator `Equal`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// The effect. Empty: any.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub effect: String,
    /// How long a Pod stays, for the effect `NoExecute`. Unset: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toleration_seconds: Option<i64>,
}
