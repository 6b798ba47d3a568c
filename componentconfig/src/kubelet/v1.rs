//! The types of `kubelet.config.k8s.io/v1`.
//!
//! They mirror `staging/src/k8s.io/kubelet/config/v1/types.go`.

use serde::{Deserialize, Serialize};

use crate::scalar::Duration;
use crate::secret::Secret;

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
    /// The service account token it gets. Unset: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_attributes: Option<ServiceAccountTokenAttributes>,
}

/// A variable of the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ExecEnvVar {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Secret,
}

/// The service account token that a program gets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceAccountTokenAttributes {
    /// The audience of the token.
    pub service_account_token_audience: String,
    /// What credentials are kept for: `Token` or `ServiceAccount`.
    pub cache_type: String,
    /// Whether it is asked only for Pods with a service account.
    pub require_service_account: Option<bool>,
    /// Annotations of the service account that it gets and cannot do without.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_service_account_annotation_keys: Vec<String>,
    /// Annotations of the service account that it gets, if they are there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub optional_service_account_annotation_keys: Vec<String>,
}

crate::kind::kinds!("kubelet.config.k8s.io", "v1": CredentialProviderConfig);
