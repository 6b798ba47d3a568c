//! The types of `kubeadm.k8s.io/v1beta3`, which Kubernetes deprecated in 1.31.
//!
//! They mirror `cmd/kubeadm/app/apis/kubeadm/v1beta3/types.go`; types that v1beta4 did not change are its own.

mod cluster;
mod init;
mod join;

pub use self::{
    cluster::{
        APIServer, ClusterConfiguration, ControlPlaneComponent, DNS, Etcd, ExternalEtcd, LocalEtcd,
    },
    init::{InitConfiguration, NodeRegistrationOptions},
    join::{Discovery, JoinConfiguration},
};
pub use super::v1beta4::{
    APIEndpoint, BootstrapToken, BootstrapTokenDiscovery, FileDiscovery, HostPathMount,
    JoinControlPlane, Networking, Patches, Taint,
};

crate::kind::kinds!("kubeadm.k8s.io", "v1beta3": InitConfiguration, ClusterConfiguration, JoinConfiguration);
