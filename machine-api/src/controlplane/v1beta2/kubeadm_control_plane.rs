//! The kind KubeadmControlPlane.

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use crate::IntOrString;
use crate::bootstrap::v1beta2::KubeadmConfigSpec;
use crate::core::v1beta2::{
    ContractVersionedObjectReference, DeprecatedStatus, MachineDeletionSpec, MachineNamingSpec,
    MachineReadinessGate, MachineTaint, ObjectMeta, StatusVersion, V1Beta1Condition,
};
use crate::kind::kind;
use crate::meta::Condition;
use crate::omit;
use crate::open_enum::open_enum;

kind! {
    /// A control plane of machines that kubeadm bootstraps.
    pub struct KubeadmControlPlane = "controlplane.cluster.x-k8s.io", "v1beta2", "KubeadmControlPlane" {
        /// What is wanted.
        [omit required] spec: KubeadmControlPlaneSpec,
        /// What is.
        [omit] status: KubeadmControlPlaneStatus,
    }
}

open_enum! {
    /// By which rule control plane machines are replaced.
    pub enum KubeadmControlPlaneRolloutStrategyType {
        /// Some at a time, within bounds.
        RollingUpdate = "RollingUpdate",
    }
}

/// What a KubeadmControlPlane is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["version", "machineTemplate"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneSpec {
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// The Kubernetes version, such as `v1.36.0`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub version: String,
    /// Template of the machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub machine_template: KubeadmControlPlaneMachineTemplate,
    /// Bootstrap data of the machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub kubeadm_config_spec: KubeadmConfigSpec,
    /// How changes are rolled out.
    #[serde(skip_serializing_if = "omit::zero")]
    pub rollout: KubeadmControlPlaneRolloutSpec,
    /// What is done about unhealthy machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub remediation: KubeadmControlPlaneRemediationSpec,
    /// How machines are named.
    #[serde(skip_serializing_if = "omit::zero")]
    pub machine_naming: MachineNamingSpec,
}

/// The template of control plane machines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["spec"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneMachineTemplate {
    /// Labels and annotations of what is made from this.
    #[serde(skip_serializing_if = "omit::zero")]
    pub metadata: ObjectMeta,
    /// What the machines are to be.
    #[serde(skip_serializing_if = "omit::zero")]
    pub spec: KubeadmControlPlaneMachineTemplateSpec,
}

/// What control plane machines are to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["infrastructureRef"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneMachineTemplateSpec {
    /// The object of the infrastructure provider.
    #[serde(skip_serializing_if = "omit::zero")]
    pub infrastructure_ref: ContractVersionedObjectReference,
    /// Conditions that count, besides the built-in ones, for the condition Ready of the machines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["conditionType"]), "minItems" = 1, "maxItems" = 32)))]
    pub readiness_gates: Vec<MachineReadinessGate>,
    /// How machines are deleted.
    #[serde(skip_serializing_if = "omit::zero")]
    pub deletion: MachineDeletionSpec,
    /// Taints of the nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["key", "effect"]), "minItems" = 1, "maxItems" = 64)))]
    pub taints: Vec<MachineTaint>,
}

/// When and how machines are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneRolloutSpec {
    /// What leads to a rollout ahead of time.
    #[serde(skip_serializing_if = "omit::zero")]
    pub before: KubeadmControlPlaneRolloutBeforeSpec,
    /// A point in time: what was made before it is replaced once it has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Time>,
    /// How machines are replaced.
    #[serde(skip_serializing_if = "omit::zero")]
    pub strategy: KubeadmControlPlaneRolloutStrategy,
}

/// What leads to a rollout ahead of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneRolloutBeforeSpec {
    /// How many days before their certificates expire machines are replaced.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 7)))]
    pub certificates_expiry_days: i32,
}

/// How machines are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["type"]), "minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneRolloutStrategy {
    /// By which rule machines are replaced.
    #[serde(skip_serializing_if = "KubeadmControlPlaneRolloutStrategyType::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["RollingUpdate"]))))]
    pub r#type: KubeadmControlPlaneRolloutStrategyType,
    /// The bounds of a rolling update.
    #[serde(skip_serializing_if = "omit::zero")]
    pub rolling_update: KubeadmControlPlaneRolloutStrategyRollingUpdate,
}

/// The bounds of a rolling update.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneRolloutStrategyRollingUpdate {
    /// How many machines there may be besides; a number or a percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_surge: Option<IntOrString>,
}

/// How unhealthy machines are remediated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneRemediationSpec {
    /// How often remediation is tried again for one machine; without end if unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_retry: Option<i32>,
    /// How many seconds to wait before the next try.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub retry_period_seconds: Option<i32>,
    /// After how many seconds without failure tries are counted anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub min_healthy_period_seconds: Option<i32>,
}

/// What a KubeadmControlPlane is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["type"]), "maxItems" = 32)))]
    pub conditions: Vec<Condition>,
    /// How far the first provisioning came.
    #[serde(skip_serializing_if = "omit::zero")]
    pub initialization: KubeadmControlPlaneInitializationStatus,
    /// The label selector of the machines, as text.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 4096)))]
    pub selector: String,
    /// How many machines there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// How many machines are ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_replicas: Option<i32>,
    /// How many machines are available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_replicas: Option<i32>,
    /// How many machines match what is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to_date_replicas: Option<i32>,
    /// How many machines run which version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["version"]), "minItems" = 1, "maxItems" = 100)))]
    pub versions: Vec<StatusVersion>,
    /// The lowest version of the machines.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub version: String,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1)))]
    pub observed_generation: i64,
    /// The last machine that was remediated.
    #[serde(skip_serializing_if = "omit::zero")]
    pub last_remediation: LastRemediationStatus,
    /// Parts of the status that will go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<DeprecatedStatus<KubeadmControlPlaneV1Beta1DeprecatedStatus>>,
}

/// How far the first provisioning of a control plane came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneInitializationStatus {
    /// Whether the control plane answered once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane_initialized: Option<bool>,
}

/// The parts of a KubeadmControlPlane's status that only v1beta1 has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneV1Beta1DeprecatedStatus {
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<V1Beta1Condition>,
    /// Why there is no way on without a person, in one word.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub failure_reason: String,
    /// Why there is no way on without a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 10240)))]
    pub failure_message: Option<String>,
    /// How many machines match what is wanted.
    pub updated_replicas: i32,
    /// How many machines are ready.
    pub ready_replicas: i32,
    /// How many machines are missing.
    pub unavailable_replicas: i32,
}

/// The last remediation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["machine", "time", "retryCount"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct LastRemediationStatus {
    /// The machine.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub machine: String,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
    /// How often it was tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 0)))]
    pub retry_count: Option<i32>,
}
