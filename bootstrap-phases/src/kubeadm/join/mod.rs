//! `kubeadm join` as a library: a node finds a cluster, comes to trust it, and becomes a worker or one more control plane.
//!
//! Follows `cmd/kubeadm/app/cmd/join.go` and `cmd/kubeadm/app/cmd/phases/join`.

mod context;
mod download;
mod etcd;
mod phases;

use super::flags::join_flags;
use crate::Workflow;

pub use context::{Connect, Credentials, Endpoint, JoinContext, join_context};
pub use download::uploaded_certificates;
pub use etcd::{ETCD_PORT, Etcd, EtcdPort, MemEtcd, Member};

/// The workflow `join`, in kubeadm's order and with its names and flags.
///
/// A phase that needs to know of the cluster looks for it when its turn comes; the cluster that was found serves the later ones.
pub fn join_workflow() -> Workflow<JoinContext> {
    Workflow::new("join")
        .command("join [api-server-endpoint]")
        .flags(join_flags())
        .phases(phases::all())
}
