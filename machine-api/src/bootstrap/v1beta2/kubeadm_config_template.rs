//! The kind KubeadmConfigTemplate.

use serde::{Deserialize, Serialize};

use super::KubeadmConfigSpec;
use crate::core::v1beta2::ObjectMeta;
use crate::kind::kind;
use crate::omit;

kind! {
    /// The template of KubeadmConfigs.
    pub struct KubeadmConfigTemplate = "bootstrap.cluster.x-k8s.io", "v1beta2", "KubeadmConfigTemplate" {
        /// What is wanted.
        [omit] spec: KubeadmConfigTemplateSpec,
    }
}

/// What a KubeadmConfigTemplate is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["template"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmConfigTemplateSpec {
    /// Template of the object.
    #[serde(skip_serializing_if = "omit::zero")]
    pub template: KubeadmConfigTemplateResource,
}

/// The template of a KubeadmConfig.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmConfigTemplateResource {
    /// Labels and annotations of what is made from this.
    #[serde(skip_serializing_if = "omit::zero")]
    pub metadata: ObjectMeta,
    /// What is wanted.
    #[serde(skip_serializing_if = "omit::zero")]
    pub spec: KubeadmConfigSpec,
}
