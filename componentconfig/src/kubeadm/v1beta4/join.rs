//! `JoinConfiguration` and its parts.

use serde::{Deserialize, Serialize};

use super::{APIEndpoint, NodeRegistrationOptions, Patches, Timeouts};
use crate::{omit, secret::Secret};

/// What `kubeadm join` needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct JoinConfiguration {
    /// Only tells what would be done.
    #[serde(skip_serializing_if = "omit::zero")]
    pub dry_run: bool,
    /// How the node registers itself.
    pub node_registration: NodeRegistrationOptions,
    /// The certificate authority of the cluster on this node. Unset: `/etc/kubernetes/pki/ca.crt`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ca_cert_path: String,
    /// How the cluster is found and trusted.
    pub discovery: Discovery,
    /// Set: the node becomes a control-plane node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane: Option<JoinControlPlane>,
    /// Phases to skip, by path. The flag `--skip-phases` replaces this list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_phases: Vec<String>,
    /// Where patches lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patches: Option<Patches>,
    /// How long steps may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
}

/// What makes a joining node a control-plane node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct JoinControlPlane {
    /// Where the API server of this node can be reached.
    #[serde(rename = "localAPIEndpoint")]
    pub local_api_endpoint: APIEndpoint,
    /// The key that decrypts the uploaded certificates.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub certificate_key: Secret,
}

/// How a joining node finds the cluster and knows that it is the right one. `bootstrapToken` and `file` exclude each
/// other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Discovery {
    /// By a bootstrap token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap_token: Option<BootstrapTokenDiscovery>,
    /// By a kubeconfig file or URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileDiscovery>,
    /// The token for the TLS bootstrap. Unset: the discovery token.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub tls_bootstrap_token: Secret,
}

/// Discovery by a bootstrap token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BootstrapTokenDiscovery {
    /// The token that signs the cluster-info ConfigMap.
    pub token: Secret,
    /// The API server to ask, `host:port`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_server_endpoint: String,
    /// Pins of the cluster's certificate authority, `sha256:` and the hexadecimal digest of its public key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ca_cert_hashes: Vec<String>,
    /// Accepts any certificate authority. Weakens the security of the join.
    #[serde(
        rename = "unsafeSkipCAVerification",
        skip_serializing_if = "omit::zero"
    )]
    pub unsafe_skip_ca_verification: bool,
}

/// Discovery by a kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct FileDiscovery {
    /// The path or the https URL of the kubeconfig.
    pub kube_config_path: String,
}
