//! `ClusterConfiguration` and its parts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{core::EnvVar, omit, scalar::Duration};

/// What holds for the cluster as a whole: it is kept in the ConfigMap `kubeadm-config`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterConfiguration {
    /// Which etcd the cluster uses. Neither part set: a local one.
    pub etcd: Etcd,
    /// The networks of the cluster.
    pub networking: Networking,
    /// The version of the control plane: a version such as `v1.36.2`, or a label such as `stable-1.36`. Unset:
    /// `stable-1`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kubernetes_version: String,
    /// A stable address of the control plane, `host` or `host:port`. Unset: the advertise address of the first node.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub control_plane_endpoint: String,
    /// The API server.
    pub api_server: APIServer,
    /// The controller manager.
    pub controller_manager: ControlPlaneComponent,
    /// The scheduler.
    pub scheduler: ControlPlaneComponent,
    /// The DNS add-on.
    pub dns: DNS,
    /// The kube-proxy add-on.
    pub proxy: Proxy,
    /// Where certificates and keys lie. Unset: `/etc/kubernetes/pki`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub certificates_dir: String,
    /// The registry to pull images from. Unset: `registry.k8s.io`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_repository: String,
    /// Feature gates of kubeadm itself.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub feature_gates: BTreeMap<String, bool>,
    /// The name of the cluster in kubeconfig files. Unset: `kubernetes`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cluster_name: String,
    /// The algorithm of keys and certificates: `RSA-2048`, `RSA-3072`, `RSA-4096`, `ECDSA-P256` or `ECDSA-P384`.
    /// Unset: `RSA-2048`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub encryption_algorithm: String,
    /// How long certificates other than those of authorities are valid. Unset: 8760 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_validity_period: Option<Duration>,
    /// How long certificates of authorities are valid. Unset: 87600 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_certificate_validity_period: Option<Duration>,
}

/// What the controller manager and the scheduler have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ControlPlaneComponent {
    /// Command-line flags of the component.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_args: Vec<Arg>,
    /// Further mounts of the component.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_volumes: Vec<HostPathMount>,
    /// Further environment variables of the component.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_envs: Vec<EnvVar>,
}

/// The API server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct APIServer {
    /// Command-line flags of the API server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_args: Vec<Arg>,
    /// Further mounts of the API server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_volumes: Vec<HostPathMount>,
    /// Further environment variables of the API server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_envs: Vec<EnvVar>,
    /// Further subject alternative names of the serving certificate.
    #[serde(rename = "certSANs", skip_serializing_if = "Vec::is_empty")]
    pub cert_sans: Vec<String>,
}

/// Which etcd the cluster uses. `local` and `external` exclude each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Etcd {
    /// An etcd that kubeadm runs as a static Pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<LocalEtcd>,
    /// An etcd that somebody else runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalEtcd>,
}

/// An etcd that kubeadm runs as a static Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct LocalEtcd {
    /// The registry to pull the image from. Unset: that of the cluster.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_repository: String,
    /// The tag of the image. Unset: the one that belongs to the Kubernetes version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_tag: String,
    /// Where etcd keeps its data. Unset: `/var/lib/etcd`.
    pub data_dir: String,
    /// Command-line flags of etcd.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_args: Vec<Arg>,
    /// Further environment variables of etcd.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_envs: Vec<EnvVar>,
    /// Further subject alternative names of the server certificate.
    #[serde(rename = "serverCertSANs", skip_serializing_if = "Vec::is_empty")]
    pub server_cert_sans: Vec<String>,
    /// Further subject alternative names of the peer certificate.
    #[serde(rename = "peerCertSANs", skip_serializing_if = "Vec::is_empty")]
    pub peer_cert_sans: Vec<String>,
}

/// How an etcd that kubeadm does not manage is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalEtcd {
    /// The URLs of its members.
    #[serde(serialize_with = "omit::null_if_empty")]
    pub endpoints: Vec<String>,
    /// URLs under which the members serve gRPC-gateway and metrics. Unset: `endpoints`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub http_endpoints: Vec<String>,
    /// The certificate authority that signed the members' certificates.
    pub ca_file: String,
    /// The client certificate. Goes together with `keyFile`.
    pub cert_file: String,
    /// The key of the client certificate.
    pub key_file: String,
}

/// The networks of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Networking {
    /// The subnets of Services as CIDRs, separated by a comma for dual-stack. Unset: `10.96.0.0/12`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_subnet: String,
    /// The subnets of Pods as CIDRs, separated by a comma for dual-stack.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pod_subnet: String,
    /// The DNS domain of Services. Unset: `cluster.local`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub dns_domain: String,
}

/// The DNS add-on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DNS {
    /// The registry to pull the image from. Unset: that of the cluster.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_repository: String,
    /// The tag of the image. Unset: the one that belongs to the Kubernetes version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_tag: String,
    /// Whether the add-on is left out.
    #[serde(skip_serializing_if = "omit::zero")]
    pub disabled: bool,
}

/// The kube-proxy add-on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Proxy {
    /// Whether the add-on is left out.
    #[serde(skip_serializing_if = "omit::zero")]
    pub disabled: bool,
}

/// A folder or file of the host that is mounted into a control-plane component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct HostPathMount {
    /// The name of the volume in the Pod.
    pub name: String,
    /// The path on the host.
    pub host_path: String,
    /// The path inside the container.
    pub mount_path: String,
    /// Whether the mount is read-only.
    #[serde(skip_serializing_if = "omit::zero")]
    pub read_only: bool,
    /// The type of the host path, as core v1 `HostPathType` has it: `DirectoryOrCreate`, `File`, ...
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path_type: String,
}

/// A command-line flag `--name=value`. Flags keep their order, and may be repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Arg {
    /// The name without the leading dashes.
    pub name: String,
    /// The value; may be empty.
    pub value: String,
}
