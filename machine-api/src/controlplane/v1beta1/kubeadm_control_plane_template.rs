//! The kind KubeadmControlPlaneTemplate.

use componentconfig::{core::Time, scalar::Duration};
use serde::{Deserialize, Serialize};

use super::{MachineNamingStrategy, RemediationStrategy, RolloutBefore, RolloutStrategy};
use crate::bootstrap::v1beta1::KubeadmConfigSpec;
use crate::core::v1beta1::ObjectMeta;
use crate::core::v1beta2::MachineTaint;
use crate::kind::kind;

kind! {
    /// The template of KubeadmControlPlanes.
    pub struct KubeadmControlPlaneTemplate = "controlplane.cluster.x-k8s.io", "v1beta1", "KubeadmControlPlaneTemplate" {
        /// What is wanted.
        spec: KubeadmControlPlaneTemplateSpec,
    }
}

/// What a KubeadmControlPlaneTemplate is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["template"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneTemplateSpec {
    /// Template of the object.
    pub template: KubeadmControlPlaneTemplateResource,
}

/// The template of a KubeadmControlPlane.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["spec"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneTemplateResource {
    /// Labels and annotations of what is made from this.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: KubeadmControlPlaneTemplateResourceSpec,
}

/// What a KubeadmControlPlane made from the template is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["kubeadmConfigSpec"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneTemplateResourceSpec {
    /// Template of the machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_template: Option<KubeadmControlPlaneTemplateMachineTemplate>,
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
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneTemplateMachineTemplate {
    /// Labels and annotations of what is made from this.
    pub metadata: ObjectMeta,
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
