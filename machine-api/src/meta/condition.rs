//! Conditions.

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use crate::{omit, open_enum::open_enum};

open_enum! {
    /// Whether a condition holds.
    pub enum ConditionStatus {
        /// It holds.
        True = "True",
        /// It does not.
        False = "False",
        /// It is not known.
        Unknown = "Unknown",
    }
}

/// What is known about one aspect of an object. Follows `metav1.Condition`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["lastTransitionTime", "message", "reason", "status", "type"]))
)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// What it is about.
    #[cfg_attr(
        feature = "schemars",
        schemars(extend(
            "maxLength" = 316,
            "pattern" = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
        ))
    )]
    pub r#type: String,
    /// Whether it holds.
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = ["True", "False", "Unknown"])))]
    pub status: ConditionStatus,
    /// The generation that it is about.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub observed_generation: i64,
    /// When the status last changed.
    pub last_transition_time: Option<Time>,
    /// The reason, in one word.
    #[cfg_attr(
        feature = "schemars",
        schemars(extend(
            "maxLength" = 1024,
            "minLength" = 1,
            "pattern" = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
        ))
    )]
    pub reason: String,
    /// The reason, for people.
    #[cfg_attr(feature = "schemars", schemars(extend("maxLength" = 32768)))]
    pub message: String,
}
