//! The types of `kubelet.config.k8s.io/v1alpha1`, the same as those of v1beta1.
//!
//! They mirror `staging/src/k8s.io/kubelet/config/v1alpha1/types.go`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::Time;

pub use super::v1beta1::{
    CredentialProvider, ExecEnvVar, ImagePullCredentials, ImagePullSecret, ImagePullServiceAccount,
};

/// The programs that give the kubelet credentials for image registries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CredentialProviderConfig {
    /// The programs. At least one.
    pub providers: Option<Vec<CredentialProvider>>,
}

/// The kubelet's note that it is going to pull an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImagePullIntent {
    /// The image as the container names it.
    pub image: String,
}

/// The kubelet's note of an image it pulled, and with which credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImagePulledRecord {
    /// When the note was last written.
    pub last_updated_time: Option<Time>,
    /// The image as the runtime names it.
    pub image_ref: String,
    /// The credentials, by the image without tag and digest.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub credential_mapping: BTreeMap<String, ImagePullCredentials>,
}

crate::kind::kinds!("kubelet.config.k8s.io", "v1alpha1": CredentialProviderConfig);
crate::kind::kinds!("kubelet.config.k8s.io", "v1alpha1": ImagePullIntent);
crate::kind::kinds!("kubelet.config.k8s.io", "v1alpha1": ImagePulledRecord);
