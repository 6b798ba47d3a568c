//! `InitConfiguration` and its parts.

use serde::{Deserialize, Serialize};

use super::Arg;
use crate::{core::Taint, kubeadm::token::BootstrapToken, omit, scalar::Duration, secret::Secret};

/// What `kubeadm init` needs to know about the first node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct InitConfiguration {
    /// Tokens to make when the cluster is up. Unset or empty: one random token.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bootstrap_tokens: Vec<BootstrapToken>,
    /// Only tells what would be done.
    #[serde(skip_serializing_if = "omit::zero")]
    pub dry_run: bool,
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
    /// How long steps may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
}

/// Where the API server instance of one node can be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct APIEndpoint {
    /// The IP address that the API server announces. Unset: the address of the interface with the default route.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub advertise_address: String,
    /// The port that the API server binds. Unset: 6443.
    #[serde(skip_serializing_if = "omit::zero")]
    pub bind_port: i32,
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
    /// Command-line flags of the kubelet, written to its environment file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kubelet_extra_args: Vec<Arg>,
    /// Pre-flight checks whose errors count as warnings; `all` ignores every check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore_preflight_errors: Vec<String>,
    /// When images are pulled: `Always`, `IfNotPresent` or `Never`. Unset: `IfNotPresent`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_pull_policy: String,
    /// Whether images are pulled one after the other. Unset: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_pull_serial: Option<bool>,
}

/// Where patches for what kubeadm deploys lie.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Patches {
    /// A folder of files named `target[suffix][+patchtype].extension`, such as `kube-apiserver0+merge.yaml`. Targets
    /// are `etcd`, `kube-apiserver`, `kube-controller-manager`, `kube-scheduler`, `kubeletconfiguration` and
    /// `corednsdeployment`; patch types `strategic` (the default), `merge` and `json`; files of one target are
    /// applied in lexical order.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub directory: String,
}

/// How long the steps of kubeadm may take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Timeouts {
    /// For a control-plane component to become healthy. Unset: 4 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane_component_health_check: Option<Duration>,
    /// For the kubelet to become healthy. Unset: 4 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubelet_health_check: Option<Duration>,
    /// For a call to the Kubernetes API with its repetitions. Unset: 1 minute.
    #[serde(rename = "kubernetesAPICall", skip_serializing_if = "Option::is_none")]
    pub kubernetes_api_call: Option<Duration>,
    /// For a call to etcd with its repetitions. Unset: 2 minutes.
    #[serde(rename = "etcdAPICall", skip_serializing_if = "Option::is_none")]
    pub etcd_api_call: Option<Duration>,
    /// For the TLS bootstrap of a joining kubelet. Unset: 5 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_bootstrap: Option<Duration>,
    /// For discovery at join. Unset: 5 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discovery: Option<Duration>,
    /// For an upgraded static Pod to come up. Unset: 5 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_manifests: Option<Duration>,
}
