//! The kind MachineHealthCheck.

use serde::{Deserialize, Serialize};

use super::{DeprecatedStatus, V1Beta1Conditions};
use crate::IntOrString;
use crate::kind::kind;
use crate::meta::{Condition, ConditionStatus, LabelSelector};
use crate::omit;

kind! {
    /// Which machines are unhealthy, and what is done about them.
    pub struct MachineHealthCheck = "cluster.x-k8s.io", "v1beta2", "MachineHealthCheck" {
        /// What is wanted.
        [omit required] spec: MachineHealthCheckSpec,
        /// What is.
        [omit] status: MachineHealthCheckStatus,
    }
}

/// What makes a machine unhealthy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineHealthCheckChecks {
    /// How many seconds a machine may take until it has a node; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub node_startup_timeout_seconds: Option<i32>,
    /// Conditions of the node that make a machine unhealthy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100)))]
    pub unhealthy_node_conditions: Vec<UnhealthyNodeCondition>,
    /// Conditions of the machine that make it unhealthy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100)))]
    pub unhealthy_machine_conditions: Vec<UnhealthyMachineCondition>,
}

/// What is done about unhealthy machines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineHealthCheckRemediation {
    /// When remediation is allowed.
    #[serde(skip_serializing_if = "omit::zero")]
    pub trigger_if: MachineHealthCheckRemediationTriggerIf,
    /// The template.
    #[serde(skip_serializing_if = "omit::zero")]
    pub template_ref: MachineHealthCheckRemediationTemplateReference,
}

/// With how many unhealthy machines remediation goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineHealthCheckRemediationTriggerIf {
    /// At most how many unhealthy machines; a number or a percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unhealthy_less_than_or_equal_to: Option<IntOrString>,
    /// How many unhealthy machines, as `[1-3]`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("pattern" = r"^\[[0-9]+-[0-9]+\]$", "minLength" = 1, "maxLength" = 32)))]
    pub unhealthy_in_range: String,
}

/// What is done about unhealthy machines of a MachineDeployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentHealthCheckRemediation {
    /// How many machines are remediated at a time; a number or a percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_in_flight: Option<IntOrString>,
    /// When remediation is allowed.
    #[serde(skip_serializing_if = "omit::zero")]
    pub trigger_if: MachineHealthCheckRemediationTriggerIf,
    /// The template.
    #[serde(skip_serializing_if = "omit::zero")]
    pub template_ref: MachineHealthCheckRemediationTemplateReference,
}

/// What a MachineHealthCheck is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["clusterName", "selector"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineHealthCheckSpec {
    /// The Cluster that it belongs to.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63)))]
    pub cluster_name: String,
    /// Which machines are looked at.
    #[serde(skip_serializing_if = "omit::zero")]
    pub selector: LabelSelector,
    /// What makes a machine unhealthy.
    #[serde(skip_serializing_if = "omit::zero")]
    pub checks: MachineHealthCheckChecks,
    /// What is done about unhealthy machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub remediation: MachineHealthCheckRemediation,
}

/// The template of the request to an external remediator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["kind", "name", "apiVersion"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineHealthCheckRemediationTemplateReference {
    /// Its kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 63, "pattern" = "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$")))]
    pub kind: String,
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253, "pattern" = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")))]
    pub name: String,
    /// Group and version.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 317, "pattern" = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[a-z]([-a-z0-9]*[a-z0-9])?$")))]
    pub api_version: String,
}

/// A condition of the node that makes a machine unhealthy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["type", "status", "timeoutSeconds"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct UnhealthyNodeCondition {
    /// The condition.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1)))]
    pub r#type: String,
    /// Its status.
    #[serde(skip_serializing_if = "ConditionStatus::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1)))]
    pub status: ConditionStatus,
    /// How many seconds the condition has to hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub timeout_seconds: Option<i32>,
}

/// A condition of the machine that makes it unhealthy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["type", "status", "timeoutSeconds"]))))]
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
    /// How many seconds the condition has to hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub timeout_seconds: Option<i32>,
}

/// What a MachineHealthCheck is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineHealthCheckStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["type"]), "maxItems" = 32)))]
    pub conditions: Vec<Condition>,
    /// How many machines are looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub expected_machines: Option<i32>,
    /// How many of them are healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub current_healthy: Option<i32>,
    /// How many more may be remediated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub remediations_allowed: Option<i32>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1)))]
    pub observed_generation: i64,
    /// The machines that are looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "maxItems" = 10000, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 253}))))]
    pub targets: Vec<String>,
    /// Parts of the status that will go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<DeprecatedStatus<V1Beta1Conditions>>,
}
