//! The kind MachineHealthCheck.

use componentconfig::scalar::Duration;
use serde::{Deserialize, Serialize};

use super::V1Beta2Conditions;
use crate::IntOrString;
use crate::core::v1beta2::V1Beta1Condition;
use crate::kind::kind;
use crate::meta::{ConditionStatus, LabelSelector, ObjectReference};
use crate::omit;

kind! {
    /// Which machines are unhealthy, and what is done about them.
    pub struct MachineHealthCheck = "cluster.x-k8s.io", "v1beta1", "MachineHealthCheck" {
        /// What is wanted.
        spec: MachineHealthCheckSpec,
        /// What is.
        status: MachineHealthCheckStatus,
    }
}

/// What a MachineHealthCheck is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterName", "selector"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineHealthCheckSpec {
    /// The Cluster that it belongs to.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub cluster_name: String,
    /// Which machines are looked at.
    pub selector: LabelSelector,
    /// Conditions of the node that make a machine unhealthy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100)))]
    pub unhealthy_conditions: Vec<UnhealthyCondition>,
    /// Conditions of the machine that make it unhealthy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100)))]
    pub unhealthy_machine_conditions: Vec<UnhealthyMachineCondition>,
    /// With how many unhealthy machines remediation goes on; a number or a percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unhealthy: Option<IntOrString>,
    /// With how many unhealthy machines remediation goes on, as `[1-3]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("pattern" = r"^\[[0-9]+-[0-9]+\]$", "minLength" = 1, "maxLength" = 32)))]
    pub unhealthy_range: Option<String>,
    /// How long a machine may take until it has a node; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub node_startup_timeout: Option<Duration>,
    /// Template of the request to an external remediator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation_template: Option<ObjectReference>,
}

/// A condition of the node that makes a machine unhealthy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["type", "status", "timeout"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct UnhealthyCondition {
    /// The condition.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1)))]
    pub r#type: String,
    /// Its status.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1)))]
    pub status: ConditionStatus,
    /// How long the condition has to hold.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub timeout: Duration,
}

/// A condition of the machine that makes it unhealthy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["type", "status", "timeout"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct UnhealthyMachineCondition {
    /// The condition.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("pattern" = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$", "minLength" = 1, "maxLength" = 316, "x-kubernetes-validations" = serde_json::json!([{"rule": "!(self in ['Ready','Available','HealthCheckSucceeded','OwnerRemediated','ExternallyRemediated'])", "message": "type must not be one of: Ready, Available, HealthCheckSucceeded, OwnerRemediated, ExternallyRemediated"}]))))]
    pub r#type: String,
    /// Its status.
    #[serde(skip_serializing_if = "ConditionStatus::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["True", "False", "Unknown"]))))]
    pub status: ConditionStatus,
    /// How long the condition has to hold.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub timeout: Duration,
}

/// What a MachineHealthCheck is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineHealthCheckStatus {
    /// How many machines are looked at.
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub expected_machines: i32,
    /// How many of them are healthy.
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub current_healthy: i32,
    /// How many more may be remediated.
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub remediations_allowed: i32,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    pub observed_generation: i64,
    /// The machines that are looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 10000, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 253}))))]
    pub targets: Vec<String>,
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<V1Beta1Condition>,
    /// The parts of the status that only v1beta2 has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v1beta2: Option<V1Beta2Conditions>,
}
