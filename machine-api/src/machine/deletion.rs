//! The end of a Machine: hooks, draining, volumes, then infrastructure, bootstrap configuration, node and finalizer, in this order.
//!
//! Follows `reconcileDelete` of `core/reconcilers/machine`. [`plan`] says what comes next; the caller does it and asks again.

mod explain;
mod node;

use std::{collections::BTreeSet, fmt};

use componentconfig::core::Time;
use serde::Serialize;

use super::{
    Named, PersistentVolume, Pod,
    drain::DrainPlan,
    observed::{External, NodeSeen},
};
use crate::{
    core::v1beta2::{
        Cluster, ContractVersionedObjectReference, Machine, MachineDeletionStatus, MachineDrainRule,
    },
    labels,
};

/// What keeps a Machine from going before everything that belongs to it is gone.
pub const FINALIZER: &str = "machine.cluster.x-k8s.io";

/// What is known of the workload cluster; empty as long as the node is not drained.
#[derive(Clone, Copy, Debug)]
pub struct Workload<'a> {
    /// The node of the machine.
    pub node: NodeSeen<'a>,
    /// The pods of the node.
    pub pods: &'a [Pod],
    /// All namespaces.
    pub namespaces: &'a [Named],
    /// All DaemonSets.
    pub daemon_sets: &'a [Named],
    /// All PersistentVolumes.
    pub volumes: &'a [PersistentVolume],
    /// Names of PersistentVolumes in VolumeAttachments of the node whose status is attached.
    pub attachments: &'a BTreeSet<String>,
}

/// What the deletion of a machine depends on.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The cluster of the machine.
    pub cluster: &'a Cluster,
    /// The machine. Its node is that of its status; whoever finds one by the provider id writes it there first.
    pub machine: &'a Machine,
    /// The control plane that the cluster refers to.
    pub control_plane: External<'a>,
    /// All machines of the cluster.
    pub machines: &'a [Machine],
    /// The infrastructure machine.
    pub infrastructure: External<'a>,
    /// The bootstrap configuration.
    pub bootstrap: External<'a>,
    /// All MachineDrainRules of the machine's namespace.
    pub rules: &'a [MachineDrainRule],
    /// What is known of the workload cluster.
    pub workload: Workload<'a>,
    /// The time.
    pub now: Time,
}

/// How far the deletion is; displays as the reason of the condition Deleting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub enum Stage {
    /// Something could not be read.
    InternalError,
    /// Somebody holds it back before the node is drained.
    WaitingForPreDrainHook,
    /// Pods leave the node.
    DrainingNode,
    /// Volumes leave the node.
    WaitingForVolumeDetach,
    /// Somebody holds it back after the node was drained.
    WaitingForPreTerminateHook,
    /// The infrastructure goes.
    WaitingForInfrastructureDeletion,
    /// The bootstrap configuration goes.
    WaitingForBootstrapDeletion,
    /// The node object goes.
    DeletingNode,
    /// Nothing is left.
    DeletionCompleted,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

/// Why the node object is neither drained nor deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum NodeKept {
    /// The whole cluster goes.
    ClusterDeleting,
    /// The whole control plane goes.
    ControlPlaneDeleting,
    /// There is none.
    NoNode,
    /// No machine of the control plane stays, so there is nobody to ask.
    NoControlPlane,
}

impl fmt::Display for NodeKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClusterDeleting => "cluster is being deleted",
            Self::ControlPlaneDeleting => "control plane is being deleted",
            Self::NoNode => "noderef is nil",
            Self::NoControlPlane => "no control plane members",
        })
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Action {
    /// No new pods on the node.
    Cordon,
    /// Evict a pod.
    Evict {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// How many seconds it gets; its own time if none.
        grace_period_seconds: Option<i64>,
    },
    /// Delete the infrastructure machine.
    DeleteInfrastructure,
    /// Delete the bootstrap configuration.
    DeleteBootstrapConfig,
    /// Delete the node object.
    DeleteNode,
    /// Take the finalizer off: the machine goes.
    RemoveFinalizer,
}

/// What comes next in the deletion of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeletionPlan {
    /// How far it is.
    pub stage: Stage,
    /// The message of the condition Deleting.
    pub message: String,
    /// When its waits began, to be written into the status.
    pub deletion: MachineDeletionStatus,
    /// What is to be done, in order.
    pub actions: Vec<Action>,
    /// Look again after so many seconds, if nothing else happens before.
    pub requeue_after_seconds: Option<i64>,
    /// Why the node is left alone, if it is.
    pub node_kept: Option<NodeKept>,
    /// What draining the node takes, while it is drained.
    pub drain: Option<DrainPlan>,
}

/// What comes next in the deletion of a machine.
///
/// ```
/// use std::collections::BTreeSet;
/// use machine_api::{core::v1beta2::{Cluster, Machine}, machine::{deletion::{self, Action, Stage}, observed::{External, NodeSeen}}};
/// use serde_json::json;
///
/// let machine: Machine = serde_json::from_value(json!({"metadata": {"name": "a"}, "spec": {"infrastructureRef": {"kind": "DemoMachine"}}}))?;
/// let infrastructure = json!({"kind": "DemoMachine"});
/// let plan = deletion::plan(&deletion::Observed {
///     cluster: &Cluster::default(),
///     machine: &machine,
///     control_plane: External::Missing,
///     machines: &[],
///     infrastructure: External::Found(&infrastructure),
///     bootstrap: External::Missing,
///     rules: &[],
///     workload: deletion::Workload {
///         node: NodeSeen::Missing, pods: &[], namespaces: &[], daemon_sets: &[], volumes: &[], attachments: &BTreeSet::new(),
///     },
///     now: "2026-06-01T00:00:00Z".parse()?,
/// });
/// assert_eq!(plan.stage, Stage::WaitingForInfrastructureDeletion);
/// assert_eq!(plan.actions, [Action::DeleteInfrastructure]);
/// let why = plan.explain(&machine);
/// assert_eq!((why[0].reason, &*why[0].evidence), ("WaitingForInfrastructureDeletion", "Waiting for DemoMachine to be deleted"));
/// assert_eq!(why[1].evidence, "the node is neither drained nor deleted: noderef is nil");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn plan(observed: &Observed<'_>) -> DeletionPlan {
    let mut plan = DeletionPlan {
        stage: Stage::InternalError,
        message: "Please check controller logs for errors".to_owned(),
        deletion: observed.machine.status.deletion.clone().unwrap_or_default(),
        actions: Vec::new(),
        requeue_after_seconds: None,
        node_kept: None,
        drain: None,
    };
    let Ok(kept) = node::kept(observed) else {
        return plan;
    };
    plan.node_kept = kept;
    if kept.is_none() && node::leave(observed, &mut plan) {
        return plan;
    }
    if hooks(
        observed,
        labels::PRE_TERMINATE_HOOK_PREFIX,
        "pre-terminate",
        &mut plan,
    ) {
        plan.stage = Stage::WaitingForPreTerminateHook;
        let start = &mut plan.deletion.wait_for_pre_terminate_hook_start_time;
        start.get_or_insert(observed.now);
        return plan;
    }
    let spec = &observed.machine.spec;
    let gone = waits_for(
        observed.infrastructure,
        &spec.infrastructure_ref.kind,
        (
            Stage::WaitingForInfrastructureDeletion,
            Action::DeleteInfrastructure,
        ),
        &mut plan,
    );
    let by_reference = spec.bootstrap.config_ref != ContractVersionedObjectReference::default();
    let gone = gone
        && (!by_reference
            || waits_for(
                observed.bootstrap,
                &spec.bootstrap.config_ref.kind,
                (
                    Stage::WaitingForBootstrapDeletion,
                    Action::DeleteBootstrapConfig,
                ),
                &mut plan,
            ));
    if !gone || (kept.is_none() && node::delete(observed, &mut plan)) {
        return plan;
    }
    plan.stage = Stage::DeletionCompleted;
    "Deletion completed".clone_into(&mut plan.message);
    plan.actions.push(Action::RemoveFinalizer);
    plan
}

/// The annotations by which somebody holds the deletion back. Says whether there are any.
fn hooks(observed: &Observed<'_>, prefix: &str, which: &str, plan: &mut DeletionPlan) -> bool {
    let annotations = observed.machine.metadata.annotations.keys();
    let hooks: Vec<&str> = annotations
        .map(String::as_str)
        .filter(|key| key.starts_with(prefix))
        .collect();
    if hooks.is_empty() {
        return false;
    }
    plan.message = format!(
        "Waiting for {which} hooks to succeed (hooks: {})",
        hooks.join(",")
    );
    true
}

/// Deletes an object and waits for its end. Says whether it is gone.
fn waits_for(
    object: External<'_>,
    kind: &str,
    (stage, action): (Stage, Action),
    plan: &mut DeletionPlan,
) -> bool {
    if matches!(object, External::Missing) {
        return true;
    }
    plan.stage = stage;
    plan.message = format!("Waiting for {kind} to be deleted");
    if object.object().is_some() && !object.is_deleting() {
        plan.actions.push(action);
    }
    false
}
