//! Laws of draining and deletion, over workloads of every kind.
#![allow(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a test"
)]

use std::collections::{BTreeMap, BTreeSet};

use componentconfig::core::Time;
use machine_api::{
    core::v1beta2::{Cluster, Machine, MachineDrainRule},
    labels,
    machine::{
        Named, Node, Pod,
        deletion::{self, Action, Stage},
        drain::{self, Behavior, Eviction, Group},
        observed::{External, NodeSeen},
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: i64 = 1_780_000_000;

fn time(seconds: i64) -> Time {
    Time::from_unix(NOW + seconds).unwrap()
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn pod() -> impl Strategy<Value = Value> {
    let label = prop_oneof![
        Just(None),
        Just(Some("skip")),
        Just(Some("wait-completed")),
        Just(Some("other"))
    ];
    let owner = prop_oneof![
        Just(None),
        Just(Some("ReplicaSet")),
        Just(Some("DaemonSet"))
    ];
    ("[ab]", label, owner, 0..3_u8, any::<bool>()).prop_map(|(app, label, owner, kind, local)| {
        let mut pod = json!({"metadata": {"namespace": "ns", "labels": {"app": app}}, "status": {"phase": "Running"}});
        if let Some(label) = label {
            pod["metadata"]["labels"][labels::POD_DRAIN] = json!(label);
        }
        if let Some(owner) = owner {
            pod["metadata"]["ownerReferences"] = json!([{"kind": owner, "name": "own", "controller": true}]);
        }
        if kind == 0 {
            pod["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
        }
        if kind == 1 {
            pod["status"]["phase"] = json!("Succeeded");
        }
        if local {
            pod["spec"] = json!({"volumes": [{"name": "v", "emptyDir": {}}]});
        }
        pod
    })
}

fn pods() -> impl Strategy<Value = Vec<Pod>> {
    prop::collection::vec(pod(), 0..8).prop_map(|pods| {
        let pods = pods.into_iter().enumerate();
        let pods = pods.map(|(index, mut pod)| {
            pod["metadata"]["name"] = json!(format!("p{index}"));
            read(pod)
        });
        pods.collect()
    })
}

fn rules() -> impl Strategy<Value = Vec<MachineDrainRule>> {
    let rule = ("[ab]", 0..3_u8, -2..3_i32);
    prop::collection::vec(rule, 0..4).prop_map(|rules| {
        let rules = rules.into_iter().enumerate();
        let rules = rules.map(|(index, (app, behavior, order))| {
            let behavior = ["Drain", "Skip", "WaitCompleted"][usize::from(behavior)];
            let mut drain = json!({"behavior": behavior});
            if behavior == "Drain" {
                drain["order"] = json!(order);
            }
            read(json!({"metadata": {"name": format!("r{index}")}, "spec": {
                "drain": drain, "pods": [{"selector": {"matchLabels": {"app": app}}}]}}))
        });
        rules.collect()
    })
}

fn namespaces() -> Vec<Named> {
    read(json!([{"metadata": {"name": "ns"}}]))
}

fn plan_of(pods: &[Pod], rules: &[MachineDrainRule], now: i64) -> drain::DrainPlan {
    drain::plan(&drain::Observed {
        cluster: &Cluster::default(),
        machine: &Machine::default(),
        rules,
        namespaces: &namespaces(),
        pods,
        daemon_sets: &read::<Vec<Named>>(json!([{"metadata": {"namespace": "ns", "name": "own"}}])),
        node_unreachable: false,
        now: time(now),
    })
    .unwrap()
}

/// An API server that keeps a budget: of the pods of an app, so many have to be there.
struct Budgets {
    required: BTreeMap<String, usize>,
    elsewhere: BTreeMap<String, usize>,
}

impl Budgets {
    fn healthy(&self, app: &str, pods: &[Pod]) -> usize {
        let here = pods.iter().filter(|pod| pod.metadata.labels["app"] == app);
        let here = here.filter(|pod| !pod.metadata.is_deleting()).count();
        here + self.elsewhere.get(app).copied().unwrap_or_default()
    }

    fn evict(&self, name: &str, pods: &mut [Pod], round: i64) -> Eviction {
        let app = pods.iter().find(|pod| pod.metadata.name == name);
        let app = app.unwrap().metadata.labels["app"].clone();
        let required = self.required.get(&app).copied().unwrap_or_default();
        if self.healthy(&app, pods) <= required {
            let message = "Cannot evict pod as it would violate the pod's disruption budget.";
            return Eviction::Budget(message.to_owned());
        }
        let pod = pods.iter_mut().find(|pod| pod.metadata.name == name);
        pod.unwrap().metadata.deletion_timestamp = Some(time(round));
        Eviction::Accepted
    }
}

proptest! {
    /// A drain that is repeated until nothing changes breaks no budget, keeps the order, and ends with all those pods gone that
    /// nothing forbids to go.
    #[test]
    fn draining_respects_budgets_and_order(
        pods in pods(),
        rules in rules(),
        required in 0..4_usize,
        elsewhere in 0..3_usize,
    ) {
        let apps = ["a", "b"].map(str::to_owned);
        let budgets = Budgets {
            required: apps.iter().cloned().map(|app| (app, required)).collect(),
            elsewhere: apps.iter().cloned().map(|app| (app, elsewhere)).collect(),
        };
        let first: Vec<usize> = apps.iter().map(|app| budgets.healthy(app, &pods)).collect();
        let decided = plan_of(&pods, &rules, 0);
        let mut pods = pods;
        for round in 0..40 {
            // What was on its way out is gone, and what is waited for ends every third round.
            let plan = plan_of(&pods, &rules, round);
            let lowest = plan.pods.iter().filter(|pod| pod.behavior != Behavior::Skip).map(|pod| pod.order.unwrap_or(0)).min();
            for pod in plan.evictions() {
                prop_assert_eq!(Some(pod.order.unwrap_or(0)), lowest);
            }
            let names: Vec<(String, String)> = plan.evictions().map(|pod| (pod.key(), pod.name.clone())).collect();
            let mut answers = BTreeMap::new();
            for (key, name) in names {
                answers.insert(key, budgets.evict(&name, &mut pods, round));
            }
            for (app, before) in apps.iter().zip(&first) {
                prop_assert!(budgets.healthy(app, &pods) >= required.min(*before));
            }
            let progress = plan.progress(&answers);
            prop_assert_eq!(progress.is_complete(), plan.is_complete());
            prop_assert_eq!(progress.message(time(0)).is_empty(), plan.is_complete());
            pods.retain(|pod| !pod.metadata.is_deleting());
            if round % 3 == 2 {
                let ended: BTreeSet<String> = plan.pods.iter().filter(|pod| pod.group == Group::WaitCompletedNow).map(|pod| pod.name.clone()).collect();
                // A pod that was waited for ends; its app has one fewer.
                pods.retain(|pod| !ended.contains(&pod.metadata.name));
                if ended.iter().any(|_| true) && required > 0 {
                    return Ok(());
                }
            }
        }
        let plan = plan_of(&pods, &rules, 40);
        if required == 0 {
            prop_assert!(plan.is_complete(), "{:?}", plan.explain("node"));
        }
        // What is left alone is there to the end.
        for pod in decided.pods.iter().filter(|pod| pod.group == Group::Ignored) {
            prop_assert!(pods.iter().any(|left| left.metadata.name == pod.name));
        }
    }

    /// The decision about a pod is that of the same pods in any order.
    #[test]
    fn the_order_of_pods_does_not_matter(pods in pods(), rules in rules()) {
        let mut turned = pods.clone();
        turned.reverse();
        prop_assert_eq!(plan_of(&pods, &rules, 0), plan_of(&turned, &rules, 0));
    }

    /// Whoever does what the plans say comes to the end, in the order of the stages, and removes the finalizer once, last.
    #[test]
    fn deletion_ends_and_never_goes_back(
        pods in pods(),
        rules in rules(),
        hooks in 0..4_u8,
        control_plane: bool,
        volumes in 0..2_usize,
        timeout in prop::option::of(0..60_i32),
    ) {
        let mut machine: Machine = read(json!({
            "metadata": {"name": "m", "deletionTimestamp": time(0), "finalizers": [deletion::FINALIZER]},
            "spec": {"infrastructureRef": {"kind": "K", "name": "m"}, "bootstrap": {"configRef": {"kind": "B", "name": "m"}}},
            "status": {"nodeRef": {"name": "n"}}}));
        machine.spec.deletion.node_drain_timeout_seconds = timeout;
        for (bit, prefix) in [(1, labels::PRE_DRAIN_HOOK_PREFIX), (2, labels::PRE_TERMINATE_HOOK_PREFIX)] {
            if hooks & bit != 0 {
                machine.metadata.annotations.insert(format!("{prefix}/x"), String::new());
            }
        }
        let cluster: Cluster = read(json!({"metadata": {"name": "c"}}));
        let others: Vec<Machine> = if control_plane {
            vec![read(json!({"metadata": {"labels": {labels::CLUSTER_NAME: "c", labels::CONTROL_PLANE: ""}}}))]
        } else {
            Vec::new()
        };
        let mut attachments: BTreeSet<String> = (0..volumes).map(|index| format!("pv{index}")).collect();
        let mut node: Option<Node> = Some(read(json!({"metadata": {"name": "n"}})));
        let (mut infrastructure, mut bootstrap) = (Some(json!({"metadata": {}})), Some(json!({"metadata": {}})));
        let mut pods = pods;
        let mut stages = Vec::new();
        let mut done = false;
        for round in 0..80_i64 {
            let seen = |object: &'_ Option<Value>| object.is_some();
            let plan = deletion::plan(&deletion::Observed {
                cluster: &cluster,
                machine: &machine,
                control_plane: External::Missing,
                machines: &others,
                infrastructure: infrastructure.as_ref().map_or(External::Missing, External::Found),
                bootstrap: bootstrap.as_ref().map_or(External::Missing, External::Found),
                rules: &rules,
                workload: deletion::Workload {
                    node: node.as_ref().map_or(NodeSeen::Missing, NodeSeen::Found),
                    pods: &pods,
                    namespaces: &namespaces(),
                    daemon_sets: &[],
                    volumes: &[],
                    attachments: &attachments,
                },
                now: time(round * 10),
            });
            prop_assert!(!plan.explain(&machine).is_empty());
            stages.push(plan.stage);
            machine.status.deletion = Some(plan.deletion.clone());
            if plan.actions.contains(&Action::RemoveFinalizer) {
                prop_assert_eq!(plan.actions.last(), Some(&Action::RemoveFinalizer));
                prop_assert!(!seen(&infrastructure) && !seen(&bootstrap));
                prop_assert!(node.is_none() || plan.node_kept.is_some());
                done = true;
                break;
            }
            pods.retain(|pod| !pod.metadata.is_deleting());
            for action in &plan.actions {
                match action {
                    Action::Cordon => node.as_mut().unwrap().spec.unschedulable = true,
                    Action::Evict { name, .. } => {
                        let pod = pods.iter_mut().find(|pod| pod.metadata.name == *name);
                        pod.unwrap().metadata.deletion_timestamp = Some(time(round * 10));
                    }
                    Action::DeleteInfrastructure => {
                        // Nothing on the node is cut off that still has to leave.
                        prop_assert!(plan.drain.is_none());
                        infrastructure = None;
                    }
                    Action::DeleteBootstrapConfig => bootstrap = None,
                    Action::DeleteNode => node = None,
                    _ => prop_assert!(false, "{action:?}"),
                }
            }
            match plan.stage {
                Stage::WaitingForPreDrainHook => machine.metadata.annotations.retain(|key, _| !key.starts_with(labels::PRE_DRAIN_HOOK_PREFIX)),
                Stage::WaitingForPreTerminateHook => machine.metadata.annotations.retain(|key, _| !key.starts_with(labels::PRE_TERMINATE_HOOK_PREFIX)),
                Stage::WaitingForVolumeDetach => attachments.clear(),
                // What is waited for ends, sooner or later.
                Stage::DrainingNode if plan.actions.is_empty() => {
                    let waited: BTreeSet<String> = plan.drain.iter().flat_map(|drain| &drain.pods).filter(|pod| pod.group == Group::WaitCompletedNow).map(|pod| pod.name.clone()).collect();
                    pods.retain(|pod| !waited.contains(&pod.metadata.name));
                }
                _ => {}
            }
        }
        prop_assert!(done, "{stages:?}");
        prop_assert!(stages.is_sorted(), "{stages:?}");
        prop_assert_eq!(stages.contains(&Stage::DeletingNode), control_plane);
    }
}

fn delete(
    machine: &Machine,
    cluster: &Cluster,
    node: NodeSeen<'_>,
    now: i64,
) -> deletion::DeletionPlan {
    let attachments = BTreeSet::new();
    deletion::plan(&deletion::Observed {
        cluster,
        machine,
        control_plane: External::Unknown,
        machines: &[],
        infrastructure: External::Missing,
        bootstrap: External::Missing,
        rules: &[],
        workload: deletion::Workload {
            node,
            pods: &[],
            namespaces: &[],
            daemon_sets: &[],
            volumes: &[],
            attachments: &attachments,
        },
        now: time(now),
    })
}

#[test]
fn a_cluster_that_goes_takes_its_nodes_along() {
    let machine: Machine = read(json!({"status": {"nodeRef": {"name": "n"}}}));
    let cluster: Cluster = read(json!({"metadata": {"deletionTimestamp": time(0)}}));
    let plan = delete(&machine, &cluster, NodeSeen::NotConnected, 0);
    assert_eq!(plan.node_kept, Some(deletion::NodeKept::ClusterDeleting));
    assert_eq!(plan.actions, [Action::RemoveFinalizer]);
}

#[test]
fn a_control_plane_that_cannot_be_read_stops_everything() {
    let machine: Machine = read(json!({"status": {"nodeRef": {"name": "n"}}}));
    let cluster: Cluster = read(json!({"spec": {"controlPlaneRef": {"kind": "K", "name": "k"}}}));
    let plan = delete(&machine, &cluster, NodeSeen::Missing, 0);
    assert_eq!((plan.stage, plan.actions.len()), (Stage::InternalError, 0));
}

#[test]
fn a_node_that_cannot_be_deleted_is_given_up_in_time() {
    let cluster: Cluster = read(json!({"metadata": {"name": "c"}}));
    let machine: Machine = read(json!({
        "metadata": {"deletionTimestamp": time(0), "labels": {labels::CLUSTER_NAME: "c", labels::CONTROL_PLANE: ""}},
        "spec": {"deletion": {"nodeDeletionTimeoutSeconds": 10}},
        "status": {"nodeRef": {"name": "n"}}}));
    let alive: Machine = read(
        json!({"metadata": {"labels": {labels::CLUSTER_NAME: "c", labels::CONTROL_PLANE: ""}}}),
    );
    let at = |now, timeout: Option<i32>| {
        let mut machine = machine.clone();
        machine.spec.deletion.node_deletion_timeout_seconds = timeout;
        let attachments = BTreeSet::new();
        deletion::plan(&deletion::Observed {
            cluster: &cluster,
            machine: &machine,
            control_plane: External::Missing,
            machines: std::slice::from_ref(&alive),
            infrastructure: External::Missing,
            bootstrap: External::Missing,
            rules: &[],
            workload: deletion::Workload {
                node: NodeSeen::Failed,
                pods: &[],
                namespaces: &[],
                daemon_sets: &[],
                volumes: &[],
                attachments: &attachments,
            },
            now: time(now),
        })
    };
    assert_eq!(at(9, Some(10)).stage, Stage::DeletingNode);
    assert_eq!(
        at(10, Some(10)).actions,
        [Action::DeleteNode, Action::RemoveFinalizer]
    );
    // Zero and none are forever.
    for timeout in [None, Some(0)] {
        assert_eq!(at(100_000, timeout).stage, Stage::DeletingNode);
    }
}
