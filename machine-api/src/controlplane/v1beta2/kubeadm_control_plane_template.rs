//! The kind KubeadmControlPlaneTemplate.

use serde::{Deserialize, Serialize};

use super::{KubeadmControlPlaneRemediationSpec, KubeadmControlPlaneRolloutSpec};
use crate::bootstrap::v1beta2::KubeadmConfigSpec;
use crate::core::v1beta2::{MachineDeletionSpec, MachineNamingSpec, MachineTaint, ObjectMeta};
use crate::kind::kind;
use crate::omit;

kind! {
    /// The template of KubeadmControlPlanes.
    pub struct KubeadmControlPlaneTemplate = "controlplane.cluster.x-k8s.io", "v1beta2", "KubeadmControlPlaneTemplate" {
        /// What is wanted.
        [omit] spec: KubeadmControlPlaneTemplateSpec,
    }
}

/// What a KubeadmControlPlaneTemplate is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["template"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneTemplateSpec {
    /// Template of the object.
    #[serde(skip_serializing_if = "omit::zero")]
    pub template: KubeadmControlPlaneTemplateResource,
}

/// The template of a KubeadmControlPlane.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneTemplateResource {
    /// Labels and annotations of what is made from this.
    #[serde(skip_serializing_if = "omit::zero")]
    pub metadata: ObjectMeta,
    /// What is wanted.
    #[serde(skip_serializing_if = "omit::zero")]
    pub spec: KubeadmControlPlaneTemplateResourceSpec,
}

/// What a KubeadmControlPlane made from the template is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneTemplateResourceSpec {
    /// Template of the machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub machine_template: KubeadmControlPlaneTemplateMachineTemplate,
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
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneTemplateMachineTemplate {
    /// Labels and annotations of what is made from this.
    #[serde(skip_serializing_if = "omit::zero")]
    pub metadata: ObjectMeta,
    /// What is wanted.
    #[serde(skip_serializing_if = "omit::zero")]
    pub spec: KubeadmControlPlaneTemplateMachineTemplateSpec,
}

/// What control plane machines are to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmControlPlaneTemplateMachineTemplateSpec {
    /// How machines are deleted.
    #[serde(skip_serializing_if = "omit::zero")]
    pub deletion: MachineDeletionSpec,
    /// Taints of the nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["key", "effect"]), "minItems" = 1, "maxItems" = 64)))]
    pub taints: Vec<MachineTaint>,
}
