//! What a single Machine is and does: its status, the draining of its node, its deletion.
//!
//! Follows `core/reconcilers/machine` of Cluster API. Everything is a function of what was observed and the time; what is to be
//! done comes out as data, with the reason and with [`explain`](deletion::DeletionPlan::explain), which says in words why nothing
//! happens.

pub mod deletion;
pub mod drain;
pub mod observed;
pub mod status;
mod view;
pub mod volumes;

pub use view::{
    AttachedVolume, Claim, ClaimReference, ContainerEnd, ContainerState, ContainerStatus, Csi,
    Named, Node, NodeCondition, NodeSpec, NodeStatus, PersistentVolume, PersistentVolumeSpec, Pod,
    PodCondition, PodSpec, PodStatus, Volume,
};

/// The first three names, and how many more there are.
pub(crate) fn shortened(names: &[String], shown: usize) -> String {
    let mut parts: Vec<String> = names.iter().take(shown).cloned().collect();
    if names.len() > shown {
        parts.push(format!("... ({} more)", names.len() - shown));
    }
    parts.join(", ")
}
