//! Static Pods of the control plane (`cmd/kubeadm/app/phases/controlplane`, `cmd/kubeadm/app/phases/etcd`,
//! `cmd/kubeadm/app/util/staticpod`).
//!
//! Pure: configuration and facts go in, a Pod comes out.

mod apiserver;
mod controller_manager;
mod env;
mod etcd;
mod pod;
mod probe;
mod rootless;
mod scheduler;
mod volumes;

use std::fmt;

use componentconfig::{
    core::EnvVar,
    kubeadm::v1beta4::{APIEndpoint, ClusterConfiguration},
    scalar::Duration,
};
use serde_json::Value;

pub use env::{merge as merge_env, proxy_variables};
pub use rootless::{Access, run_as_non_root, wanted_access};
pub use volumes::CA_FOLDERS;

/// A component that runs as a static Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// `etcd`.
    Etcd,
    /// `kube-apiserver`.
    ApiServer,
    /// `kube-controller-manager`.
    ControllerManager,
    /// `kube-scheduler`.
    Scheduler,
}

impl Component {
    /// The name of the Pod, its container, its binary and, with `.yaml`, its manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a static Pod is made of. The configuration has its defaults.
#[derive(Clone, Copy, Debug)]
pub struct PodInputs<'a> {
    /// The cluster.
    pub cluster: &'a ClusterConfiguration,
    /// Where the API server of this node is reached.
    pub endpoint: &'a APIEndpoint,
    /// The name of this node.
    pub node_name: &'a str,
    /// How long a component may take to become healthy (`timeouts.controlPlaneComponentHealthCheck`).
    pub health_check_timeout: Duration,
    /// Where the images of Kubernetes itself come from when its version is a CI build; else empty.
    pub ci_image_repository: &'a str,
    /// The members of etcd that are there already, as names and peer URLs.
    pub etcd_members: &'a [(String, String)],
    /// What the host adds.
    pub host: &'a PodHost,
}

/// What of the host shows in a static Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodHost {
    /// Those of [`CA_FOLDERS`] that exist: links in `/etc/ssl/certs` may lead there, so they are mounted too.
    pub ca_folders: Vec<String>,
    /// Proxy settings of whoever runs this (see [`proxy_variables`]); etcd does not get them.
    pub proxy: Vec<EnvVar>,
    /// The key of the cluster's CA is somewhere else, so the controller manager cannot sign.
    pub external_ca: bool,
}

/// The static Pod of a component.
pub fn static_pod(component: Component, inputs: &PodInputs<'_>) -> Value {
    match component {
        Component::Etcd => etcd::pod(inputs),
        Component::ApiServer => apiserver::pod(inputs),
        Component::ControllerManager => controller_manager::pod(inputs),
        Component::Scheduler => scheduler::pod(inputs),
    }
}

/// What is odd about the configuration of the components, though they are started with it.
pub fn remarks(cluster: &ClusterConfiguration) -> Vec<String> {
    apiserver::authorization_remarks(&cluster.api_server.extra_args)
}

impl PodInputs<'_> {
    /// The image of a component of Kubernetes itself.
    fn image(&self, component: Component) -> String {
        self.images().kubernetes(component.name())
    }

    fn images(&self) -> super::images::Images<'_> {
        super::images::Images {
            cluster: self.cluster,
            ci_repository: self.ci_image_repository,
        }
    }

    /// The path of a file in the folder of certificates.
    fn pki(&self, file: &str) -> String {
        crate::clean_path(&format!("{}/{file}", self.cluster.certificates_dir))
    }

    /// The loopback address of the family that the API server announces.
    fn localhost(&self) -> &'static str {
        if self.endpoint.advertise_address.contains(':') {
            "::1"
        } else {
            "127.0.0.1"
        }
    }
}

/// `host:port`, an IPv6 address in brackets.
fn join_host_port(host: &str, port: impl fmt::Display) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// The path of a component's kubeconfig.
fn kubeconfig(file: &str) -> String {
    format!("/etc/kubernetes/{file}")
}
