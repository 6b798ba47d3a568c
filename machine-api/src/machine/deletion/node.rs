//! The node of a machine that goes: whether it is left alone, what leaves it first, and its object.

use componentconfig::core::Time;
use serde_json::Value;

use super::{Action, DeletionPlan, NodeKept, Observed, Stage, hooks};
use crate::{
    core::v1beta2::ContractVersionedObjectReference,
    labels,
    machine::{
        drain::{self, DrainError, DrainPlan},
        observed::{External, NodeSeen},
        volumes::{self, Attached},
    },
};

/// The control plane could not be asked for.
pub(super) struct Unreadable;

/// Why the node of a machine is left alone; `None` if it is not.
pub(super) fn kept(observed: &Observed<'_>) -> Result<Option<NodeKept>, Unreadable> {
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
pub(super) fn leave(observed: &Observed<'_>, plan: &mut DeletionPlan) -> bool {
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

const NODE_RETRY_SECONDS: i64 = 10;

/// Deletes the node object. Says whether it is waited for.
pub(super) fn delete(observed: &Observed<'_>, plan: &mut DeletionPlan) -> bool {
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
