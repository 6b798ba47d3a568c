//! The kind KubeadmConfigTemplate.

use serde::{Deserialize, Serialize};

use super::KubeadmConfigSpec;
use crate::core::v1beta1::ObjectMeta;
use crate::kind::kind;

kind! {
    /// The template of KubeadmConfigs.
    pub struct KubeadmConfigTemplate = "bootstrap.cluster.x-k8s.io", "v1beta1", "KubeadmConfigTemplate" {
        /// What is wanted.
        spec: KubeadmConfigTemplateSpec,
    }
}

/// What a KubeadmConfigTemplate is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["template"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmConfigTemplateSpec {
    /// Template of the object.
    pub template: KubeadmConfigTemplateResource,
}

/// The template of a KubeadmConfig.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeadmConfigTemplateResource {
    /// Labels and annotations of what is made from this.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: KubeadmConfigSpec,
}
