//! The records that the kubelet keeps of images.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::omit;

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

/// The credentials with which an image was pulled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImagePullCredentials {
    /// Secrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kubernetes_secrets: Vec<ImagePullSecret>,
    /// Service accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kubernetes_service_accounts: Vec<ImagePullServiceAccount>,
    /// Whether all Pods of the node may use the image.
    #[serde(skip_serializing_if = "omit::zero")]
    pub node_pods_accessible: bool,
}

/// A Secret by which an image was pulled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImagePullSecret {
    /// Its uid.
    pub uid: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// A hash of the credentials.
    pub credential_hash: String,
}

/// A service account for which an image was pulled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImagePullServiceAccount {
    /// Its uid.
    pub uid: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

crate::kind::kinds!("kubelet.config.k8s.io", "v1beta1": ImagePullIntent);
crate::kind::kinds!("kubelet.config.k8s.io", "v1beta1": ImagePulledRecord);
