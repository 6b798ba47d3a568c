//! The kind KubeadmControlPlane.

use componentconfig::{core::Time, scalar::Duration};
use serde::{Deserialize, Serialize};

use crate::IntOrString;
use crate::bootstrap::v1beta1::KubeadmConfigSpec;
use crate::controlplane::v1beta2::KubeadmControlPlaneRolloutStrategyType;
use crate::core::v1beta1::{MachineReadinessGate, ObjectMeta, V1Beta2ReplicasStatus};
use crate::core::v1beta2::{MachineTaint, StatusVersion, V1Beta1Condition};
use crate::kind::kind;
use crate::meta::ObjectReference;
use crate::omit;

kind! {
    /// A control plane of machines that kubeadm bootstraps.
    pub struct KubeadmControlPlane = "controlplane.cluster.x-k8s.io", "v1beta1", "KubeadmControlPlane" {
        /// What is wanted.
        spec: KubeadmControlPlaneSpec,
        /// What is.
        status: KubeadmControlPlaneStatus,
    }
}

/// What a KubeadmControlPlane is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["version", "machineTemplate", "kubeadmConfigSpec"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneSpec {
    /// How many machines are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// The Kubernetes version, such as `v1.36.0`.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub version: String,
    /// Template of the machines.
    pub machine_template: KubeadmControlPlaneMachineTemplate,
    /// Bootstrap data of the machines.
    pub kubeadm_config_spec: KubeadmConfigSpec,
    /// What leads to a rollout ahead of time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout_before: Option<RolloutBefore>,
    /// A point in time: what was made before it is replaced once it has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout_after: Option<Time>,
    /// How machines are replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-default" = serde_json::json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}))))]
    pub rollout_strategy: Option<RolloutStrategy>,
    /// How unhealthy machines are remediated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation_strategy: Option<RemediationStrategy>,
    /// How machines are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_naming_strategy: Option<MachineNamingStrategy>,
}

/// The template of control plane machines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["infrastructureRef"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneMachineTemplate {
    /// Labels and annotations of what is made from this.
    pub metadata: ObjectMeta,
    /// The object of the infrastructure provider.
    pub infrastructure_ref: ObjectReference,
    /// Conditions that count, besides the built-in ones, for the condition Ready of the machines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["conditionType"]), "maxItems" = 32)))]
    pub readiness_gates: Vec<MachineReadinessGate>,
    /// How long a node may be drained before its machine goes anyway; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub node_drain_timeout: Option<Duration>,
    /// How long volumes may take to detach; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub node_volume_detach_timeout: Option<Duration>,
    /// How long the deletion of the node is tried; without end if zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub node_deletion_timeout: Option<Duration>,
    /// Taints of the nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["key", "effect"]), "minItems" = 1, "maxItems" = 64)))]
    pub taints: Vec<MachineTaint>,
}

/// What leads to a rollout ahead of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutBefore {
    /// How many days before their certificates expire machines are replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates_expiry_days: Option<i32>,
}

/// How machines are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutStrategy {
    /// By which rule machines are replaced.
    #[serde(skip_serializing_if = "KubeadmControlPlaneRolloutStrategyType::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["RollingUpdate"]))))]
    pub r#type: KubeadmControlPlaneRolloutStrategyType,
    /// The bounds of a rolling update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolling_update: Option<RollingUpdate>,
}

/// The bounds of a rolling update.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RollingUpdate {
    /// How many machines there may be besides; a number or a percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_surge: Option<IntOrString>,
}

/// How unhealthy machines are remediated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RemediationStrategy {
    /// How often remediation is tried again for one machine; without end if unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_retry: Option<i32>,
    /// How long to wait before the next try.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub retry_period: Duration,
    /// After how long without failure tries are counted anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub min_healthy_period: Option<Duration>,
}

/// How machines are named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineNamingStrategy {
    /// A Go template; `{{ .random }}` has to be in it.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub template: String,
}

/// What a KubeadmControlPlane is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneStatus {
    /// The label selector of the machines, as text.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 4096)))]
    pub selector: String,
    /// How many machines there are.
    pub replicas: i32,
    /// The lowest version of the machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub version: Option<String>,
    /// How many machines match what is wanted.
    pub updated_replicas: i32,
    /// How many machines are ready.
    pub ready_replicas: i32,
    /// How many machines are missing.
    pub unavailable_replicas: i32,
    /// Whether the control plane answered once.
    pub initialized: bool,
    /// Whether it is ready.
    pub ready: bool,
    /// Why there is no way on without a person, in one word.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub failure_reason: String,
    /// Why there is no way on without a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 10240)))]
    pub failure_message: Option<String>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "omit::zero")]
    pub observed_generation: i64,
    /// What is known about the object, by type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<V1Beta1Condition>,
    /// The last machine that was remediated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_remediation: Option<LastRemediationStatus>,
    /// How many machines run which version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["version"]), "minItems" = 1, "maxItems" = 100)))]
    pub versions: Vec<StatusVersion>,
    /// The parts of the status that only v1beta2 has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v1beta2: Option<V1Beta2ReplicasStatus>,
}

/// The last remediation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["machine", "timestamp", "retryCount"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct LastRemediationStatus {
    /// The machine.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub machine: String,
    /// When.
    pub timestamp: Option<Time>,
    /// How often it was tried again.
    pub retry_count: i32,
}
