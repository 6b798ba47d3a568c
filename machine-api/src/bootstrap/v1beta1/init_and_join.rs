//! What `kubeadm init` and `kubeadm join` are told.

use std::collections::BTreeMap;

use componentconfig::{
    core::Time,
    scalar::{Bytes, Duration},
    secret::Secret,
};
use serde::{Deserialize, Serialize};

use crate::meta::Taint;
use crate::omit;
#[cfg(feature = "schemars")]
use crate::schema;

/// What `kubeadm init` is told about the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct InitConfiguration {
    /// Its kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Group and version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// Tokens that machines join with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100)))]
    pub bootstrap_tokens: Vec<BootstrapToken>,
    /// How the node is registered.
    pub node_registration: NodeRegistrationOptions,
    /// Where the API server of this machine listens.
    #[serde(rename = "localAPIEndpoint")]
    pub local_api_endpoint: APIEndpoint,
    /// Phases that are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 50, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub skip_phases: Vec<String>,
    /// The folder of patches to the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patches: Option<Patches>,
}

/// Where an API server is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct APIEndpoint {
    /// The address that other machines reach it at.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 39)))]
    pub advertise_address: String,
    /// Its port.
    #[serde(skip_serializing_if = "omit::zero")]
    pub bind_port: i32,
}

/// How a node is registered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct NodeRegistrationOptions {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 253)))]
    pub name: String,
    /// The socket of the container runtime.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub cri_socket: String,
    /// Taints of the nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100)))]
    pub taints: Option<Vec<Taint>>,
    /// Flags of the kubelet.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kubelet_extra_args: BTreeMap<String, String>,
    /// Checks whose errors are ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 50, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 512}))))]
    pub ignore_preflight_errors: Vec<String>,
    /// When images are pulled.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Always", "IfNotPresent", "Never"]))))]
    pub image_pull_policy: String,
    /// Whether images are pulled one after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_pull_serial: Option<bool>,
}

/// A token that machines join with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["token"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct BootstrapToken {
    /// The token.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub token: Option<Secret>,
    /// What it is, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub description: String,
    /// How long it lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub ttl: Option<Duration>,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
    /// What it is good for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub usages: Vec<String>,
    /// Groups of whoever uses it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub groups: Vec<String>,
}

/// What `kubeadm join` is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct JoinConfiguration {
    /// Its kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Group and version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// How the node is registered.
    pub node_registration: NodeRegistrationOptions,
    /// The file with the authority's certificate.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub ca_cert_path: String,
    /// How the cluster is found.
    pub discovery: Discovery,
    /// Makes the machine one of the control plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane: Option<JoinControlPlane>,
    /// Phases that are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 50, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 256}))))]
    pub skip_phases: Vec<String>,
    /// The folder of patches to the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patches: Option<Patches>,
}

/// A control plane machine that joins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct JoinControlPlane {
    /// Where the API server of this machine listens.
    #[serde(rename = "localAPIEndpoint")]
    pub local_api_endpoint: APIEndpoint,
}

/// How the cluster is found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Discovery {
    /// By a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap_token: Option<BootstrapTokenDiscovery>,
    /// By a kubeconfig.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileDiscovery>,
    /// The token for the kubelet's certificate, if it is another one.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub tls_bootstrap_token: String,
    /// How long finding the cluster may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub timeout: Option<Duration>,
}

/// Finding the cluster by a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BootstrapTokenDiscovery {
    /// The token.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(with = "String", extend("minLength" = 1, "maxLength" = 512)))]
    pub token: Secret,
    /// Where the API server is reached.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub api_server_endpoint: String,
    /// Hashes of the authority's public key, as `sha256:...`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 512}))))]
    pub ca_cert_hashes: Vec<String>,
    /// Whether the authority goes unchecked.
    #[serde(
        rename = "unsafeSkipCAVerification",
        skip_serializing_if = "omit::zero"
    )]
    pub unsafe_skip_ca_verification: bool,
}

/// Finding the cluster by a kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["kubeConfigPath"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct FileDiscovery {
    /// The file with the kubeconfig.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub kube_config_path: String,
    /// The kubeconfig, which is written to the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<FileDiscoveryKubeConfig>,
}

/// The parts of a kubeconfig that are not known already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["user"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct FileDiscoveryKubeConfig {
    /// The cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<KubeConfigCluster>,
    /// The user.
    pub user: KubeConfigUser,
}

/// The cluster of a kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeConfigCluster {
    /// URL of the API server.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub server: String,
    /// The name that the server's certificate is checked for.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub tls_server_name: String,
    /// Whether the server's certificate goes unchecked.
    #[serde(rename = "insecureSkipTLSVerify", skip_serializing_if = "omit::zero")]
    pub insecure_skip_tls_verify: bool,
    /// PEM certificates that the server's certificate is checked with.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(with = "schema::Base64", extend("minLength" = 1, "maxLength" = 51200)))]
    pub certificate_authority_data: Bytes,
    /// URL of a proxy.
    #[serde(rename = "proxyURL", skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub proxy_url: String,
}

/// The user of a kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeConfigUser {
    /// A plugin that authenticates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_provider: Option<KubeConfigAuthProvider>,
    /// A command that authenticates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<KubeConfigAuthExec>,
}

/// A plugin that authenticates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeConfigAuthProvider {
    /// Its name.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub name: String,
    /// Its settings.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<String, String>,
}

/// A command that authenticates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["command"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeConfigAuthExec {
    /// The command.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 1024)))]
    pub command: String,
    /// Its arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 512}))))]
    pub args: Vec<String>,
    /// Its environment variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("maxItems" = 100)))]
    pub env: Vec<KubeConfigAuthExecEnv>,
    /// Group and version.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub api_version: String,
    /// Whether it is told about the cluster.
    #[serde(skip_serializing_if = "omit::zero")]
    pub provide_cluster_info: bool,
}

/// An environment variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "value"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeConfigAuthExecEnv {
    /// Its name.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub name: String,
    /// Its value.
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub value: String,
}

/// A folder of patches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Patches {
    /// The folder.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub directory: String,
}
