//! The types of encryption at rest, `apiserver.config.k8s.io/v1`.
//!
//! They mirror `staging/src/k8s.io/apiserver/pkg/apis/apiserver/v1/types_encryption.go`.

use serde::{Deserialize, Serialize};

use crate::scalar::Duration;
use crate::secret::Secret;

/// How the API server encrypts what it stores in etcd.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct EncryptionConfiguration {
    /// Which resources are encrypted with what. At least one item.
    pub resources: Option<Vec<ResourceConfiguration>>,
}

/// The keys of an AES provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AESConfiguration {
    /// The keys of 16, 24 or 32 bytes: the first one encrypts, all of them decrypt.
    pub keys: Option<Vec<Key>>,
}

/// The provider that does nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct IdentityConfiguration {}

/// A key management service behind a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KMSConfiguration {
    /// The version of the plugin's protocol, `v1` or `v2`. Default `v1`.
    pub api_version: String,
    /// The name of the plugin.
    pub name: String,
    /// How many secrets are kept decrypted; negative: no cache. Only for `v1`, where the default is 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cachesize: Option<i32>,
    /// The socket of the plugin, `unix:///path`.
    pub endpoint: String,
    /// How long a call may take. Default 3 seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

/// A key with its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Key {
    /// The name, which is stored beside what was encrypted.
    pub name: String,
    /// The key, base64.
    pub secret: Secret,
}

/// One provider: exactly one of the fields is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ProviderConfiguration {
    /// AES in GCM mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aesgcm: Option<AESConfiguration>,
    /// AES in CBC mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aescbc: Option<AESConfiguration>,
    /// XSalsa20 and Poly1305.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secretbox: Option<SecretboxConfiguration>,
    /// No encryption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityConfiguration>,
    /// An external key management service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms: Option<KMSConfiguration>,
}

/// The providers of some resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceConfiguration {
    /// The resources as `resource` or `resource.group`; `*.` for all of the core group, `*.group` for a group, `*.*` for all.
    pub resources: Option<Vec<String>>,
    /// The providers: the first one encrypts, all of them decrypt.
    pub providers: Option<Vec<ProviderConfiguration>>,
}

/// The keys of the secretbox provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SecretboxConfiguration {
    /// The keys of 32 bytes: the first one encrypts, all of them decrypt.
    pub keys: Option<Vec<Key>>,
}

crate::kind::kinds!("apiserver.config.k8s.io", "v1": EncryptionConfiguration);
