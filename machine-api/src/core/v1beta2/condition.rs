//! Conditions as v1beta1 has them.

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use super::ConditionSeverity;
use crate::meta::ConditionStatus;

/// What is known about one aspect of an object, as v1beta1 says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["type", "status", "lastTransitionTime"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct V1Beta1Condition {
    /// What it is about.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub r#type: String,
    /// Its status.
    pub status: ConditionStatus,
    /// How bad it is.
    #[serde(skip_serializing_if = "ConditionSeverity::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxLength" = 32)))]
    pub severity: ConditionSeverity,
    /// When the status last changed.
    pub last_transition_time: Option<Time>,
    /// The reason, in one word.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub reason: String,
    /// The message, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 10240)))]
    pub message: String,
}
