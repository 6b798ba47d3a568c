//! The end of a Machine: hooks, draining, volumes, then infrastructure, bootstrap configuration, node and finalizer, in this order.
//!
//! Follows `reconcileDelete` of `core/reconcilers/machine`. [`plan`] says what comes next; the caller does it and asks again.

use std::{collections::BTreeSet, fmt};

use componentconfig::core::Time;
use serde::Serialize;
use serde_json::Value;

use super::{
    Named, PersistentVolume, Pod,
    drain::{self, DrainError, DrainPlan},
    observed::{External, NodeSeen},
    volumes::{self, Attached},
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
        fmt::Debug::fmt(self, f)
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

impl DeletionPlan {
    /// Why the machine is still there, and what is done about it.
    pub fn explain(&self) -> String {
        let mut lines = vec![self.message.clone()];
        if let Some(kept) = self.node_kept {
            lines.push(format!("the node is neither drained nor deleted: {kept}"));
        }
        if let Some(drain) = &self.drain {
            lines.push(drain.explain());
        }
        if self.actions.is_empty() {
            lines.push("nothing is to be done until that changes".to_owned());
        }
        lines.join("\n")
    }
}

/// What comes next in the deletion of a machine.
///
/// ```
/// use std::collections::BTreeSet;
/// use machine_api::{core::v1beta2::{Cluster, Machine}, machine::{deletion::{self, Action, Stage}, observed::{External, NodeSeen}}};
/// use serde_json::json;
///
/// let machine: Machine = serde_json::from_value(json!({"spec": {"infrastructureRef": {"kind": "DemoMachine"}}}))?;
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
/// assert_eq!(plan.explain(), "Waiting for DemoMachine to be deleted\nthe node is neither drained nor deleted: noderef is nil");
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
    let Ok(kept) = node_kept(observed) else {
        return plan;
    };
    plan.node_kept = kept;
    if kept.is_none() && leave_node(observed, &mut plan) {
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
    if !gone || (kept.is_none() && delete_node(observed, &mut plan)) {
        return plan;
    }
    plan.stage = Stage::DeletionCompleted;
    "Deletion completed".clone_into(&mut plan.message);
    plan.actions.push(Action::RemoveFinalizer);
    plan
}

/// The control plane could not be asked for.
struct Unreadable;

/// Why the node of a machine is left alone; `None` if it is not.
fn node_kept(observed: &Observed<'_>) -> Result<Option<NodeKept>, Unreadable> {
    let (cluster, machine) = (observed.cluster, observed.machine);
    if cluster.metadata.is_deleting() {
        return Ok(Some(NodeKept::ClusterDeleting));
    }
    if machine.status.node_ref.name.is_empty() {
        return Ok(Some(NodeKept::NoNode));
    }
    if cluster.spec.control_plane_ref != ContractVersionedObjectReference::default() {
        match observed.control_plane {
            External::Unknown => return Err(Unreadable),
            External::Missing => {}
            found @ External::Found(_) if found.is_deleting() => {
                return Ok(Some(NodeKept::ControlPlaneDeleting));
            }
            External::Found(object) => {
                let external = object.pointer("/status/externalManagedControlPlane");
                if external == Some(&Value::Bool(true)) {
                    return Ok(None);
                }
            }
        }
    }
    let mut machines = observed.machines.iter();
    let name = &cluster.metadata.name;
    let control_plane = machines.any(|machine| {
        let labels = &machine.metadata.labels;
        !machine.metadata.is_deleting()
            && labels.get(labels::CLUSTER_NAME) == Some(name)
            && labels.contains_key(labels::CONTROL_PLANE)
    });
    Ok((!control_plane).then_some(NodeKept::NoControlPlane))
}

/// Everything that happens on the node before the machine goes. Says whether it is waited for.
fn leave_node(observed: &Observed<'_>, plan: &mut DeletionPlan) -> bool {
    if hooks(observed, labels::PRE_DRAIN_HOOK_PREFIX, "pre-drain", plan) {
        plan.stage = Stage::WaitingForPreDrainHook;
        let start = &mut plan.deletion.wait_for_pre_drain_hook_start_time;
        start.get_or_insert(observed.now);
        return true;
    }
    let deletion = &observed.machine.spec.deletion;
    let annotations = &observed.machine.metadata.annotations;
    let started = plan.deletion.wait_for_pre_terminate_hook_start_time;
    let infrastructure = observed.infrastructure;
    let late =
        started.is_some() || infrastructure.object().is_none() || infrastructure.is_deleting();
    let over = |start: Option<Time>, timeout: Option<i32>| {
        let timeout = timeout.map_or(0, i64::from);
        let since = start.map(|start| observed.now.unix() - start.unix());
        timeout > 0 && since.is_some_and(|since| since >= timeout)
    };
    let start = plan.deletion.node_drain_start_time;
    let drained = late
        || annotations.contains_key(labels::EXCLUDE_NODE_DRAINING)
        || over(start, deletion.node_drain_timeout_seconds);
    if !drained && drain_node(observed, plan) {
        return true;
    }
    let start = plan.deletion.wait_for_node_volume_detach_start_time;
    let detached = late
        || annotations.contains_key(labels::EXCLUDE_WAIT_FOR_NODE_VOLUME_DETACH)
        || over(start, deletion.node_volume_detach_timeout_seconds);
    !detached && detach_volumes(observed, plan)
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

fn drain_plan(observed: &Observed<'_>, unreachable: bool) -> Result<DrainPlan, DrainError> {
    drain::plan(&drain::Observed {
        cluster: observed.cluster,
        machine: observed.machine,
        rules: observed.rules,
        namespaces: observed.workload.namespaces,
        pods: observed.workload.pods,
        daemon_sets: observed.workload.daemon_sets,
        node_unreachable: unreachable,
        now: observed.now,
    })
}

fn drain_node(observed: &Observed<'_>, plan: &mut DeletionPlan) -> bool {
    let started = *plan
        .deletion
        .node_drain_start_time
        .get_or_insert(observed.now);
    plan.stage = Stage::DrainingNode;
    plan.requeue_after_seconds = Some(drain::RETRY_SECONDS);
    let node = match observed.workload.node {
        NodeSeen::Found(node) => node,
        NodeSeen::Missing => return proceed(plan),
        NodeSeen::NotConnected | NodeSeen::Failed => {
            "Error draining Node, please check controller logs for errors"
                .clone_into(&mut plan.message);
            return true;
        }
    };
    if !node.spec.unschedulable {
        plan.actions.push(Action::Cordon);
    }
    let drain = match drain_plan(observed, node.is_unreachable()) {
        Ok(drain) => drain,
        Err(error) => {
            plan.message = format!("Error draining Node: {error}");
            return true;
        }
    };
    if drain.is_complete() {
        return proceed(plan);
    }
    let evictions = drain.evictions().map(|pod| Action::Evict {
        namespace: pod.namespace.clone(),
        name: pod.name.clone(),
        grace_period_seconds: drain.grace_period_seconds,
    });
    plan.actions.extend(evictions);
    // As if all evictions were accepted; who carries them out says more by `DrainPlan::progress`.
    let accepted = drain
        .evictions()
        .map(|pod| (pod.key(), drain::Eviction::Accepted));
    plan.message = drain.progress(&accepted.collect()).message(started);
    plan.drain = Some(drain);
    true
}

/// Nothing holds the deletion back here.
fn proceed(plan: &mut DeletionPlan) -> bool {
    plan.requeue_after_seconds = None;
    false
}

fn detach_volumes(observed: &Observed<'_>, plan: &mut DeletionPlan) -> bool {
    let start = &mut plan.deletion.wait_for_node_volume_detach_start_time;
    let started = *start.get_or_insert(observed.now);
    plan.stage = Stage::WaitingForVolumeDetach;
    plan.requeue_after_seconds = Some(volumes::RETRY_SECONDS);
    let error = "Error waiting for volumes to be detached from Node";
    let node = match observed.workload.node {
        // Volumes of a node that does not answer are not detached; waiting for them would be forever.
        NodeSeen::Found(node) if node.is_unreachable() => return proceed(plan),
        NodeSeen::Found(node) => node,
        NodeSeen::Missing => return proceed(plan),
        NodeSeen::NotConnected | NodeSeen::Failed => {
            plan.message = format!("{error}, please check controller logs for errors");
            return true;
        }
    };
    let workload = &observed.workload;
    if node.status.volumes_attached.is_empty() && workload.attachments.is_empty() {
        return proceed(plan);
    }
    let left = match drain_plan(observed, false) {
        Ok(left) => left,
        Err(problem) => {
            plan.message = format!("{error}: {problem}");
            return true;
        }
    };
    let attached = Attached::of(
        node,
        workload.attachments,
        workload.volumes,
        workload.pods,
        &left,
    );
    if attached.is_empty() {
        return proceed(plan);
    }
    plan.message = attached.message(started);
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

const NODE_RETRY_SECONDS: i64 = 10;

/// Deletes the node object. Says whether it is waited for.
fn delete_node(observed: &Observed<'_>, plan: &mut DeletionPlan) -> bool {
    if matches!(observed.workload.node, NodeSeen::Missing) {
        return false;
    }
    plan.actions.push(Action::DeleteNode);
    let metadata = &observed.machine.metadata;
    let timeout = observed.machine.spec.deletion.node_deletion_timeout_seconds;
    let timeout = timeout.map_or(0, i64::from);
    let since = metadata
        .deletion_timestamp
        .map_or(0, |start| observed.now.unix() - start.unix());
    if timeout > 0 && since >= timeout {
        // Tried once more; the machine does not wait for it.
        return false;
    }
    plan.stage = Stage::DeletingNode;
    plan.requeue_after_seconds = Some(NODE_RETRY_SECONDS);
    plan.message = match observed.workload.node {
        NodeSeen::Found(_) => "Deleting Node".to_owned(),
        _ => "Error deleting Node, please check controller logs for errors".to_owned(),
    };
    true
}
