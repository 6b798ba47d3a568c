//! `kubeadm upgrade` as a library: what there is to upgrade to, the first control-plane node with what belongs to the cluster, every
//! other node, and what manifests would become.
//!
//! Follows `cmd/kubeadm/app/cmd/upgrade` and `cmd/kubeadm/app/cmd/phases/upgrade`.
//!
//! In place of kubeadm's roll-back, which happens by itself and leaves no trace, a failed run says what failed, and
//! [`rollback_workflow`] puts the former manifests back: a workflow like any other, with a plan.

mod backup;
mod context;
mod control_plane;
mod coredns;
mod diff;
mod health;
mod kubelet;
mod node;
mod phases;
mod plan;
mod settings;
mod static_pod;
mod versions;

use super::flags::{upgrade_apply_flags, upgrade_node_flags};
use crate::Workflow;

pub use backup::{RollbackContext, newest_backup, rollback_workflow};
pub use context::UpgradeContext;
pub use diff::{ManifestDiff, diff};
pub use plan::{Releases, available_upgrades, plan, plan_text};
pub use settings::{UpgradeCommand, UpgradeSettings};
pub use static_pod::{STATIC_POD_PORT, StaticPodPort};
pub use versions::{ClusterVersions, Nodes};

/// The workflow `upgrade apply`, in kubeadm's order and with its names and flags: for the first control-plane node.
///
/// A runner of it has to have the ports [`PORT`](super::api::PORT), [`STATIC_POD_PORT`], and with a host
/// [`HOST_PORT`](crate::HOST_PORT), with an etcd [`ETCD_PORT`](super::join::ETCD_PORT).
pub fn apply_workflow() -> Workflow<UpgradeContext> {
    Workflow::new("apply")
        .command("apply [version]")
        .flags(upgrade_apply_flags())
        .phases(phases::apply())
}

/// The workflow `upgrade node`, for every other node. Its ports are those of [`apply_workflow`].
pub fn node_workflow() -> Workflow<UpgradeContext> {
    Workflow::new("node")
        .command("node")
        .flags(upgrade_node_flags())
        .phases(phases::node())
}

/// Names of the static Pods of a control plane, in the order in which they are upgraded.
fn control_plane_manifests(with_etcd: bool) -> impl Iterator<Item = &'static str> {
    let all = [
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
    ];
    all.into_iter().skip(usize::from(!with_etcd))
}
