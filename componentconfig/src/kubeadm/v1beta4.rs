//! The types of `kubeadm.k8s.io/v1beta4`, the newest version.
//!
//! They mirror `cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go`: a plain field whose value is zero counts as unset,
//! an `Option` is unset only when it is `None`.

mod cluster;
mod defaults;
mod init;
mod join;
mod reset;
mod upgrade;

pub use self::{
    cluster::{
        APIServer, Arg, ClusterConfiguration, ControlPlaneComponent, DNS, Etcd, ExternalEtcd,
        HostPathMount, LocalEtcd, Networking, Proxy,
    },
    init::{APIEndpoint, InitConfiguration, NodeRegistrationOptions, Patches, Timeouts},
    join::{
        BootstrapTokenDiscovery, Discovery, FileDiscovery, JoinConfiguration, JoinControlPlane,
    },
    reset::ResetConfiguration,
    upgrade::{
        UpgradeApplyConfiguration, UpgradeConfiguration, UpgradeDiffConfiguration,
        UpgradeNodeConfiguration, UpgradePlanConfiguration,
    },
};
pub use crate::{
    core::{EnvVar, Taint},
    kubeadm::token::BootstrapToken,
};

crate::kind::kinds!(
    "kubeadm.k8s.io", "v1beta4":
    InitConfiguration, ClusterConfiguration, JoinConfiguration, ResetConfiguration, UpgradeConfiguration,
);
