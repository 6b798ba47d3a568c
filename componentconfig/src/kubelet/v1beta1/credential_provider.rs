//! `CredentialProviderConfig` of v1beta1.

use serde::{Deserialize, Serialize};

use crate::scalar::Duration;

pub use crate::kubelet::v1::ExecEnvVar;

/// The programs that give the kubelet credentials for image registries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CredentialProviderConfig {
    /// The programs. At least one.
    pub providers: Option<Vec<CredentialProvider>>,
}

/// A program that gives credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CredentialProvider {
    /// The name of the program in the folder of `--image-credential-provider-bin-dir`.
    pub name: String,
    /// The images it is asked for: registries with optional port and path; `*` stands for a part of a name.
    pub match_images: Option<Vec<String>>,
    /// How long credentials are kept if the program does not say.
    pub default_cache_duration: Option<Duration>,
    /// The version of its input and output, `credentialprovider.kubelet.k8s.io/v1`.
    pub api_version: String,
    /// Its arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Its environment, beside that of the kubelet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<ExecEnvVar>,
}

crate::kind::kinds!("kubelet.config.k8s.io", "v1beta1": CredentialProviderConfig);
