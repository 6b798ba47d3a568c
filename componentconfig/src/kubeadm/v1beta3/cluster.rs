//! `ClusterConfiguration` and its parts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{HostPathMount, Networking};
use crate::{omit, scalar::Duration};

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
}

/// What the controller manager and the scheduler have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ControlPlaneComponent {
    /// Command-line flags of the component. The order of flags is not kept, and no flag can be given twice.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_args: BTreeMap<String, String>,
    /// Further mounts of the component.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_volumes: Vec<HostPathMount>,
}

/// The API server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct APIServer {
    /// Command-line flags of the API server. The order of flags is not kept, and no flag can be given twice.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_args: BTreeMap<String, String>,
    /// Further mounts of the API server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_volumes: Vec<HostPathMount>,
    /// Further subject alternative names of the serving certificate.
    #[serde(rename = "certSANs", skip_serializing_if = "Vec::is_empty")]
    pub cert_sans: Vec<String>,
    /// How long the API server may take to come up. Unset: 4 minutes. In v1beta4 it is
    /// `timeouts.controlPlaneComponentHealthCheck` of another kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_for_control_plane: Option<Duration>,
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
    /// Command-line flags of etcd. The order of flags is not kept, and no flag can be given twice.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_args: BTreeMap<String, String>,
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
    /// The certificate authority that signed the members' certificates.
    pub ca_file: String,
    /// The client certificate. Goes together with `keyFile`.
    pub cert_file: String,
    /// The key of the client certificate.
    pub key_file: String,
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
}
