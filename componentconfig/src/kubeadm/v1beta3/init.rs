//! `InitConfiguration` and its parts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{APIEndpoint, BootstrapToken, Patches, Taint};
use crate::secret::Secret;

/// What `kubeadm init` needs to know about the first node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct InitConfiguration {
    /// Tokens to make when the cluster is up. Unset or empty: one random token.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bootstrap_tokens: Vec<BootstrapToken>,
    /// How the node registers itself.
    pub node_registration: NodeRegistrationOptions,
    /// Where the API server of this node can be reached.
    #[serde(rename = "localAPIEndpoint")]
    pub local_api_endpoint: APIEndpoint,
    /// The key that encrypts certificates before they are uploaded: 32 bytes in hexadecimal. Unset: a random one.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub certificate_key: Secret,
    /// Phases to skip, by path. The flag `--skip-phases` replaces this list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_phases: Vec<String>,
    /// Where patches lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patches: Option<Patches>,
}

/// How a node registers itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct NodeRegistrationOptions {
    /// The name of the Node object, also the common name of the kubelet's client certificate. Unset: the host name,
    /// in lower case.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The endpoint of the container runtime, such as `unix:///run/containerd/containerd.sock`. Unset: what is found
    /// on the host.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cri_socket: String,
    /// The taints to register with. `None`: the control-plane taint on control-plane nodes. An empty list: no taint.
    pub taints: Option<Vec<Taint>>,
    /// Command-line flags of the kubelet, written to its environment file. The order of flags is not kept, and no
    /// flag can be given twice.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kubelet_extra_args: BTreeMap<String, String>,
    /// Pre-flight checks whose errors count as warnings; `all` ignores every check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore_preflight_errors: Vec<String>,
    /// When images are pulled: `Always`, `IfNotPresent` or `Never`. Unset: `IfNotPresent`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_pull_policy: String,
}
