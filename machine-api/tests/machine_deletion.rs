//! The steps of a machine's deletion at their bounds: timeouts to the second, who holds it back, and when the node is left alone.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test")]

use std::collections::BTreeSet;

use componentconfig::core::Time;
use machine_api::{
    core::v1beta2::{Cluster, Machine},
    labels,
    machine::{
        Named, Node, Pod,
        deletion::{self, Action, DeletionPlan, NodeKept, Stage},
        observed::{External, NodeSeen},
    },
};
use serde_json::{Value, json};

fn time(seconds: i64) -> Time {
    Time::from_unix(1_780_000_000 + seconds).unwrap()
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// A machine that is being deleted, its surroundings, and one pod on its node.
struct World {
    cluster: Cluster,
    machine: Machine,
    machines: Vec<Machine>,
    control_plane: Option<Value>,
    infrastructure: Option<Value>,
    node: Node,
    attached: BTreeSet<String>,
}

fn world() -> World {
    let of_control_plane = json!({labels::CLUSTER_NAME: "c", labels::CONTROL_PLANE: ""});
    World {
        cluster: read(json!({"metadata": {"name": "c"}})),
        machine: read(json!({
            "metadata": {"name": "m", "deletionTimestamp": time(0)},
            "spec": {"infrastructureRef": {"kind": "DemoMachine"}},
            "status": {"nodeRef": {"name": "n"}}})),
        machines: vec![read(json!({"metadata": {"labels": of_control_plane}}))],
        control_plane: None,
        infrastructure: Some(json!({"kind": "DemoMachine"})),
        node: read(json!({"metadata": {"name": "n"}, "spec": {"unschedulable": true}})),
        attached: BTreeSet::new(),
    }
}

impl World {
    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn annotated(self, key: &str) -> Self {
        self.with(|world| {
            let annotations = &mut world.machine.metadata.annotations;
            annotations.insert(key.to_owned(), String::new());
        })
    }

    fn seen(&self, node: NodeSeen<'_>, now: i64) -> DeletionPlan {
        let namespaces: Vec<Named> = vec![read(json!({"metadata": {"name": "ns"}}))];
        let pods: Vec<Pod> = vec![read(json!({"metadata": {"namespace": "ns", "name": "p"}}))];
        let control_plane = self.control_plane.as_ref();
        deletion::plan(&deletion::Observed {
            cluster: &self.cluster,
            machine: &self.machine,
            control_plane: control_plane.map_or(External::Missing, External::Found),
            machines: &self.machines,
            infrastructure: self
                .infrastructure
                .as_ref()
                .map_or(External::Missing, External::Found),
            bootstrap: External::Missing,
            rules: &[],
            workload: deletion::Workload {
                node,
                pods: &pods,
                namespaces: &namespaces,
                daemon_sets: &[],
                volumes: &[],
                attachments: &self.attached,
            },
            now: time(now),
        })
    }

    fn at(&self, now: i64) -> DeletionPlan {
        self.seen(NodeSeen::Found(&self.node), now)
    }
}

#[test]
fn a_drain_ends_when_its_time_is_over() {
    let drained = |timeout: Option<i32>, now| {
        let world = world().with(|world| {
            world.machine.spec.deletion.node_drain_timeout_seconds = timeout;
            world.machine.status.deletion = Some(read(json!({"nodeDrainStartTime": time(0)})));
        });
        world.at(now).stage
    };
    assert_eq!(drained(Some(60), 59), Stage::DrainingNode);
    assert_eq!(
        drained(Some(60), 60),
        Stage::WaitingForInfrastructureDeletion
    );
    // Zero and none are forever.
    assert_eq!(drained(Some(0), 100_000), Stage::DrainingNode);
    assert_eq!(drained(None, 100_000), Stage::DrainingNode);
}

#[test]
fn a_drain_evicts_and_is_looked_at_again() {
    let plan = world().at(5);
    assert_eq!(plan.stage, Stage::DrainingNode);
    let evict = Action::Evict {
        namespace: "ns".to_owned(),
        name: "p".to_owned(),
        grace_period_seconds: None,
    };
    assert_eq!(plan.actions, [evict]);
    assert_eq!(plan.requeue_after_seconds, Some(20));
    assert_eq!(plan.deletion.node_drain_start_time, Some(time(5)));
    let open = world().with(|world| world.node.spec.unschedulable = false);
    assert_eq!(open.at(5).actions.first(), Some(&Action::Cordon));
}

#[test]
fn volumes_are_waited_for_until_their_time_is_over() {
    let detached = |timeout: Option<i32>, now, unreachable: bool| {
        let world = world()
            .annotated(labels::EXCLUDE_NODE_DRAINING)
            .with(|world| {
                world.attached.insert("pv".to_owned());
                let deletion = &mut world.machine.spec.deletion;
                deletion.node_volume_detach_timeout_seconds = timeout;
                let start = json!({"waitForNodeVolumeDetachStartTime": time(0)});
                world.machine.status.deletion = Some(read(start));
                if unreachable {
                    let conditions = json!([{"type": "Ready", "status": "Unknown"}]);
                    world.node.status.conditions = read(conditions);
                }
            });
        let plan = world.at(now);
        (plan.stage, plan.requeue_after_seconds)
    };
    let waits = (Stage::WaitingForVolumeDetach, Some(20));
    let gone = (Stage::WaitingForInfrastructureDeletion, None);
    assert_eq!(detached(Some(60), 59, false), waits);
    assert_eq!(detached(Some(60), 60, false), gone);
    assert_eq!(detached(Some(0), 100_000, false), waits);
    assert_eq!(detached(None, 100_000, false), waits);
    // A node that does not answer lets nothing go.
    assert_eq!(detached(None, 0, true), gone);
    let excluded = world()
        .annotated(labels::EXCLUDE_NODE_DRAINING)
        .annotated(labels::EXCLUDE_WAIT_FOR_NODE_VOLUME_DETACH)
        .with(|world| {
            world.attached.insert("pv".to_owned());
        });
    assert_eq!(
        excluded.at(0).stage,
        Stage::WaitingForInfrastructureDeletion
    );
}

#[test]
fn hooks_hold_it_back_in_their_order() {
    let drain = format!("{}/a", labels::PRE_DRAIN_HOOK_PREFIX);
    let terminate = format!("{}/b", labels::PRE_TERMINATE_HOOK_PREFIX);
    let both = world().annotated(&drain).annotated(&terminate);
    let plan = both.at(7);
    assert_eq!(plan.stage, Stage::WaitingForPreDrainHook);
    assert_eq!(
        plan.message,
        format!("Waiting for pre-drain hooks to succeed (hooks: {drain})")
    );
    assert_eq!(
        plan.deletion.wait_for_pre_drain_hook_start_time,
        Some(time(7))
    );
    assert!(plan.actions.is_empty());
    let why = plan.explain(&both.machine);
    assert_eq!(why.first().unwrap().reason, "WaitingForPreDrainHook");
    assert!(why.first().unwrap().remedy.is_some());
    assert_eq!(why.last().unwrap().reason, "Waiting");
    let late = world()
        .annotated(labels::EXCLUDE_NODE_DRAINING)
        .annotated(&terminate);
    let plan = late.at(8);
    assert_eq!(plan.stage, Stage::WaitingForPreTerminateHook);
    assert_eq!(
        plan.deletion.wait_for_pre_terminate_hook_start_time,
        Some(time(8))
    );
    // Once it waited for that, it does not go back to draining.
    let again = world().with(|world| world.machine.status.deletion = Some(plan.deletion.clone()));
    assert_eq!(again.at(9).stage, Stage::WaitingForInfrastructureDeletion);
}

#[test]
fn a_node_is_left_alone_for_a_reason() {
    let kept = |world: World| world.at(0).node_kept;
    assert_eq!(kept(world()), None);
    let deleting = |cluster: &mut Cluster| cluster.metadata.deletion_timestamp = Some(time(0));
    let cluster = world().with(|world| deleting(&mut world.cluster));
    assert_eq!(kept(cluster), Some(NodeKept::ClusterDeleting));
    let without = world().with(|world| world.machine.status.node_ref.name.clear());
    assert_eq!(kept(without), Some(NodeKept::NoNode));
    let referring = |object: Value| {
        world().with(|world| {
            world.cluster.spec.control_plane_ref = read(json!({"kind": "K", "name": "k"}));
            world.control_plane = Some(object);
            world.machines.clear();
        })
    };
    let deleting = json!({"metadata": {"deletionTimestamp": "2026-06-01T00:00:00Z"}});
    let deleting = kept(referring(deleting));
    assert_eq!(deleting, Some(NodeKept::ControlPlaneDeleting));
    // Somebody else's control plane has no machines, and is there all the same.
    let external = json!({"status": {"externalManagedControlPlane": true}});
    assert_eq!(kept(referring(external)), None);
    let own = json!({"status": {"externalManagedControlPlane": false}});
    assert_eq!(kept(referring(own)), Some(NodeKept::NoControlPlane));
    for other in [
        json!({"labels": {labels::CLUSTER_NAME: "other", labels::CONTROL_PLANE: ""}}),
        json!({"labels": {labels::CLUSTER_NAME: "c"}}),
        json!({"deletionTimestamp": time(0), "labels": {labels::CLUSTER_NAME: "c", labels::CONTROL_PLANE: ""}}),
    ] {
        let world = world().with(|world| world.machines = vec![read(json!({"metadata": other}))]);
        assert_eq!(kept(world), Some(NodeKept::NoControlPlane));
    }
}

#[test]
fn a_workload_cluster_that_does_not_answer_is_waited_for() {
    let world = world();
    for node in [NodeSeen::NotConnected, NodeSeen::Failed] {
        let plan = world.seen(node, 0);
        assert_eq!(plan.stage, Stage::DrainingNode);
        assert_eq!(
            plan.message,
            "Error draining Node, please check controller logs for errors"
        );
        assert!(plan.actions.is_empty());
    }
    // A node that is not there has nothing to drain, and is not deleted.
    let plan = world.seen(NodeSeen::Missing, 0);
    assert_eq!(plan.stage, Stage::WaitingForInfrastructureDeletion);
    assert_eq!(plan.actions, [Action::DeleteInfrastructure]);
    assert_eq!(plan.requeue_after_seconds, None);
}

#[test]
fn what_is_being_deleted_is_not_deleted_again() {
    let going = world()
        .annotated(labels::EXCLUDE_NODE_DRAINING)
        .with(|world| {
            let going = json!({"metadata": {"deletionTimestamp": "2026-06-01T00:00:00Z"}});
            world.infrastructure = Some(going);
        });
    let plan = going.at(0);
    assert_eq!(plan.stage, Stage::WaitingForInfrastructureDeletion);
    assert_eq!(plan.message, "Waiting for DemoMachine to be deleted");
    assert!(plan.actions.is_empty());
    let gone = world()
        .annotated(labels::EXCLUDE_NODE_DRAINING)
        .with(|world| world.infrastructure = None);
    let plan = gone.at(0);
    assert_eq!(
        (plan.stage, &*plan.actions),
        (Stage::DeletingNode, &[Action::DeleteNode][..])
    );
    assert_eq!(plan.requeue_after_seconds, Some(10));
    assert_eq!(plan.message, "Deleting Node");
}
