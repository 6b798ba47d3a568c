//! `JoinConfiguration` and its parts.

use serde::{Deserialize, Serialize};

use super::{
    BootstrapTokenDiscovery, FileDiscovery, JoinControlPlane, NodeRegistrationOptions, Patches,
};
use crate::{scalar::Duration, secret::Secret};

/// What `kubeadm join` needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct JoinConfiguration {
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
    /// How long discovery may take. Unset: 5 minutes. In v1beta4 it is `timeouts.discovery`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}
