//! What Clusters, MachineDeployments and MachineSets say about themselves, as the driver writes it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/world.rs"]
mod world;

use machine_api::{
    Object, conditions,
    contract::ContractVersion,
    core::v1beta2::{Cluster, Machine, MachineDeployment, MachineSet},
    machine_set::preflight::PreflightCheck,
    meta::{Condition, ConditionStatus},
    provider::{Job, MemoryProvider},
};
use serde::de::DeserializeOwned;
use serde_json::json;
use world::World;

const CORE: &str = "cluster.x-k8s.io/v1beta2";

trait Conditions: Object + DeserializeOwned {
    fn conditions(&self) -> &[Condition];
}

macro_rules! conditions_of {
    ($($kind:ty),*) => {
        $(impl Conditions for $kind {
            fn conditions(&self) -> &[Condition] {
                &self.status.conditions
            }
        })*
    };
}

conditions_of!(Cluster, MachineDeployment, MachineSet, Machine);

fn provider() -> MemoryProvider {
    MemoryProvider::new()
        .delay(Job::CreateCluster, 30)
        .delay(Job::CreateMachine, 30)
        .delay(Job::StartNode, 20)
        .delay(Job::DeleteMachine, 10)
}

fn kubeadm_world(control_plane: i32, workers: i32) -> World {
    let mut world = World::new(provider(), ContractVersion::V1Beta2);
    world.create_kubeadm_cluster(control_plane, workers);
    world
}

/// Type, status, reason and message of all conditions of the first object of a kind.
fn told<T: Conditions>(world: &World) -> Vec<(String, String, String, String)> {
    let object: T = world.list().remove(0);
    let all = object.conditions().iter();
    all.map(|one| {
        (
            one.r#type.clone(),
            one.status.to_string(),
            one.reason.clone(),
            one.message.clone(),
        )
    })
    .collect()
}

fn expect(told: &[(String, String, String, String)], expected: &[(&str, &str, &str)]) {
    let told: Vec<(&str, &str, &str)> = told
        .iter()
        .inspect(|(kind, _, _, message)| assert_eq!(message, "", "{kind}"))
        .map(|(kind, status, reason, _)| (kind.as_str(), status.as_str(), reason.as_str()))
        .collect();
    assert_eq!(told, expected);
}

fn one<T: Conditions>(world: &World, kind: &str) -> Option<Condition> {
    let object: T = world.list().into_iter().next()?;
    conditions::find(object.conditions(), kind).cloned()
}

fn message<T: Conditions>(world: &World, kind: &str) -> String {
    one::<T>(world, kind).expect(kind).message
}

#[test]
fn all_is_well_and_says_so() {
    let mut world = kubeadm_world(1, 2);
    world.settle();
    let (yes, no) = ("True", "False");
    expect(
        &told::<Cluster>(&world),
        &[
            ("Available", yes, "Available"),
            ("RemoteConnectionProbe", yes, "ProbeSucceeded"),
            ("InfrastructureReady", yes, "Ready"),
            ("ControlPlaneInitialized", yes, "Initialized"),
            ("ControlPlaneAvailable", yes, "Available"),
            ("WorkersAvailable", yes, "Available"),
            ("RollingOut", no, "NotRollingOut"),
            ("Remediating", no, "NotRemediating"),
            ("ScalingDown", no, "NotScalingDown"),
            ("ScalingUp", no, "NotScalingUp"),
            ("ControlPlaneMachinesReady", yes, "Ready"),
            ("WorkerMachinesReady", yes, "Ready"),
            ("ControlPlaneMachinesUpToDate", yes, "UpToDate"),
            ("WorkerMachinesUpToDate", yes, "UpToDate"),
            ("Paused", no, "NotPaused"),
            ("Deleting", no, "NotDeleting"),
        ],
    );
    expect(
        &told::<MachineDeployment>(&world),
        &[
            ("Available", yes, "Available"),
            ("RollingOut", no, "NotRollingOut"),
            ("Remediating", no, "NotRemediating"),
            ("ScalingDown", no, "NotScalingDown"),
            ("ScalingUp", no, "NotScalingUp"),
            ("MachinesReady", yes, "Ready"),
            ("MachinesUpToDate", yes, "UpToDate"),
            ("Paused", no, "NotPaused"),
            ("Deleting", no, "NotDeleting"),
        ],
    );
    expect(
        &told::<MachineSet>(&world),
        &[
            ("Remediating", no, "NotRemediating"),
            ("ScalingDown", no, "NotScalingDown"),
            ("ScalingUp", no, "NotScalingUp"),
            ("MachinesReady", yes, "Ready"),
            ("MachinesUpToDate", yes, "UpToDate"),
            ("Paused", no, "NotPaused"),
            ("Deleting", no, "NotDeleting"),
        ],
    );
    let cluster: Cluster = world.list().remove(0);
    assert_eq!(cluster.status.phase.as_str(), "Provisioned");
    assert_eq!(
        cluster.status.observed_generation,
        cluster.metadata.generation
    );
    let counts = json!({"desiredReplicas": 2, "replicas": 2, "readyReplicas": 2, "availableReplicas": 2, "upToDateReplicas": 2,
        "versions": [{"version": "v1.36.0", "replicas": 2}]});
    assert_eq!(json!(cluster.status.workers), counts);
    let counts = json!({"desiredReplicas": 1, "replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "upToDateReplicas": 1,
        "versions": [{"version": "v1.36.0", "replicas": 1}]});
    assert_eq!(json!(cluster.status.control_plane), counts);
    let deployment: MachineDeployment = world.list().remove(0);
    assert_eq!(deployment.status.phase.as_str(), "Running");
    assert_eq!(deployment.status.versions[0].replicas, 2);
}

#[test]
fn a_quiet_hour_writes_nothing() {
    let mut world = kubeadm_world(1, 2);
    world.settle();
    // Some things are only known after a while.
    world.changes_in(600);
    assert_eq!(world.changes_in(3600), Vec::<String>::new());
}

#[test]
fn a_beginning_says_what_it_waits_for() {
    let mut world = kubeadm_world(1, 2);
    let mut seen = Vec::new();
    world.settle_watching(|world| {
        if let Some(available) = one::<Cluster>(world, "Available") {
            seen.push(available.message);
        }
    });
    seen.dedup();
    let first = seen.first().expect("a message");
    for line in [
        "* RemoteConnectionProbe: Remote connection not established yet",
        "* InfrastructureReady: DemoCluster status.initialization.provisioned is false",
        "* WorkersAvailable:",
    ] {
        assert!(first.contains(line), "{first}");
    }
    assert!(
        seen.iter().any(|message| message
            .contains("* ControlPlaneAvailable: Control plane not yet initialized")),
        "{seen:#?}"
    );
    assert_eq!(seen.last().map(String::as_str), Some(""));
}

#[test]
fn missing_templates_are_named() {
    let mut world = kubeadm_world(1, 1);
    world.settle();
    let template = json!({"spec": {"template": {"spec": {
        "bootstrap": {"configRef": {"name": "other"}}, "infrastructureRef": {"name": "large"},
    }}}});
    world.change(CORE, "MachineDeployment", "workers", template);
    world.settle();
    let missing = "DemoConfigTemplate and DemoMachineTemplate do not exist";
    assert_eq!(
        message::<MachineDeployment>(&world, "ScalingUp"),
        format!("Scaling up would be blocked because {missing}")
    );
    assert_eq!(
        message::<Cluster>(&world, "ScalingUp"),
        format!("* MachineDeployment workers: Scaling up would be blocked because {missing}")
    );
    // The machines that there are stay until there is something to make others from.
    assert_eq!(world.list::<MachineSet>().len(), 1);
    assert_eq!(world.available(), Some(1));

    world.change(
        CORE,
        "MachineDeployment",
        "workers",
        json!({"spec": {"replicas": 3}}),
    );
    world.settle();
    assert_eq!(
        message::<MachineDeployment>(&world, "ScalingUp"),
        format!("Scaling up from 1 to 3 replicas is blocked because {missing}")
    );
}

#[test]
fn templates_belong_to_the_cluster() {
    let mut world = kubeadm_world(1, 1);
    world.settle();
    for (api_version, kind) in [
        ("infrastructure.example.com/v1", "DemoMachineTemplate"),
        ("bootstrap.example.com/v1", "DemoConfigTemplate"),
    ] {
        let template = world.items(api_version, kind).remove(0);
        let owners = template["metadata"]["ownerReferences"]
            .as_array()
            .expect("owners");
        assert_eq!(owners.len(), 1, "{owners:?}");
        assert_eq!(owners[0]["kind"], "Cluster");
    }
}

#[test]
fn what_keeps_machines_from_being_made_is_told() {
    let mut world = kubeadm_world(1, 1).checking(&[PreflightCheck::ControlPlaneIsStable]);
    world.settle();
    world.change_control_plane(json!({"version": "v1.36.1"}));
    world.scale(2);
    let mut seen = Vec::new();
    world.settle_watching(|world| {
        seen.push(message::<MachineSet>(world, "ScalingUp"));
        seen.push(message::<Cluster>(world, "ScalingUp"));
    });
    let blocked = "Scaling up from 1 to 2 replicas is blocked because:\n* KubeadmControlPlane default/prod is upgrading (\"ControlPlaneIsStable\" preflight check failed)";
    assert!(seen.iter().any(|one| one == blocked), "{seen:#?}");
    assert!(
        seen.iter()
            .any(|one| one.contains("* MachineDeployment workers: Scaling up from 1 to 2 replicas")),
        "{seen:#?}"
    );
    assert_eq!(world.available(), Some(2));
}

#[test]
fn a_rollout_says_why_and_a_remediation_says_whom() {
    let mut world = kubeadm_world(1, 2);
    world.create_health_check(&json!({"unhealthyLessThanOrEqualTo": "100%"}));
    world.settle();
    world.set_version("v1.36.1");
    let mut rolling = Vec::new();
    world.settle_watching(|world| {
        rolling.push(message::<MachineDeployment>(world, "RollingOut"));
        rolling.push(message::<Cluster>(world, "RollingOut"));
    });
    let text = "Rolling out 2 not up-to-date replicas\n* Version v1.36.0, v1.36.1 required";
    assert!(rolling.iter().any(|one| one == text), "{rolling:#?}");
    assert!(
        rolling
            .iter()
            .any(|one| one.starts_with("* MachineDeployment workers:\n  * Rolling out 2 not")),
        "{rolling:#?}"
    );

    let machines: Vec<Machine> = world.list();
    let worker = machines
        .iter()
        .find(|machine| !machine_api::facts::is_control_plane(machine));
    let worker = worker.expect("a worker").metadata.name.clone();
    world.break_node(&worker);
    let mut remediating = Vec::new();
    world.settle_watching(|world| {
        remediating.push(message::<MachineSet>(world, "Remediating"));
        remediating.push(message::<Cluster>(world, "Remediating"));
    });
    let about = format!("* Machine {worker}:");
    assert!(
        remediating.iter().any(|one| one.starts_with(&about)),
        "{remediating:#?}"
    );
    assert_eq!(message::<MachineDeployment>(&world, "Remediating"), "");
    assert_eq!(world.available(), Some(2));
}

#[test]
fn a_cluster_that_does_not_answer_is_told_of() {
    let mut world = kubeadm_world(3, 0);
    world.settle();
    let machines = world.control_plane_machines();
    for machine in &machines[..2] {
        world.break_node(&machine.metadata.name);
    }
    world.changes_in(400);
    let probe = one::<Cluster>(&world, "RemoteConnectionProbe").expect("a condition");
    assert_eq!(probe.status, ConditionStatus::False);
    let begin = "Remote connection probe failed, probe last succeeded at 2026-06-0";
    assert!(probe.message.starts_with(begin), "{probe:?}");
    let available = one::<Cluster>(&world, "Available").expect("a condition");
    assert_eq!(available.status, ConditionStatus::False);
}

#[test]
fn what_is_paused_stays_as_it_is_and_says_so() {
    let mut world = kubeadm_world(1, 1);
    world.settle();
    world.change(CORE, "Cluster", "prod", json!({"spec": {"paused": true}}));
    world.scale(3);
    world.settle();
    let paused = "Cluster spec.paused is set to true";
    assert_eq!(message::<Cluster>(&world, "Paused"), paused);
    assert_eq!(message::<MachineDeployment>(&world, "Paused"), paused);
    assert_eq!(message::<MachineSet>(&world, "Paused"), paused);
    assert_eq!(message::<Machine>(&world, "Paused"), paused);
    assert_eq!(world.list::<Machine>().len(), 2);
    assert_eq!(world.changes_in(3600), Vec::<String>::new());

    world.change(CORE, "Cluster", "prod", json!({"spec": {"paused": false}}));
    let annotation = json!({"metadata": {"annotations": {"cluster.x-k8s.io/paused": ""}}});
    world.change(CORE, "MachineDeployment", "workers", annotation);
    world.settle();
    assert_eq!(
        message::<MachineDeployment>(&world, "Paused"),
        "MachineDeployment has the cluster.x-k8s.io/paused annotation"
    );
    assert_eq!(message::<MachineSet>(&world, "Paused"), "");
    assert_eq!(world.list::<Machine>().len(), 2);
    let annotation = json!({"metadata": {"annotations": {"cluster.x-k8s.io/paused": null}}});
    world.change(CORE, "MachineDeployment", "workers", annotation);
    world.settle();
    assert_eq!(world.available(), Some(3));
}

#[test]
fn an_end_says_what_it_waits_for() {
    let mut world = kubeadm_world(1, 2);
    world.settle();
    world.delete_cluster();
    let mut seen: Vec<(String, String)> = Vec::new();
    let mut of_deployment = Vec::new();
    world.settle_watching(|world| {
        seen.extend(one::<Cluster>(world, "Deleting").map(|one| (one.reason, one.message)));
        of_deployment.extend(one::<MachineDeployment>(world, "Deleting").map(|one| one.message));
        if let Some(cluster) = world.list::<Cluster>().first() {
            assert_eq!(cluster.status.phase.as_str(), "Deleting");
        }
    });
    seen.dedup();
    let reasons: Vec<&str> = seen.iter().map(|(reason, _)| reason.as_str()).collect();
    let mut once = reasons.clone();
    once.dedup();
    assert_eq!(
        once,
        [
            "WaitingForWorkersDeletion",
            "WaitingForControlPlaneDeletion",
            "WaitingForInfrastructureDeletion"
        ],
        "{seen:#?}"
    );
    assert!(
        seen[0]
            .1
            .starts_with("* MachineDeployments: workers\n* MachineSets: workers-"),
        "{seen:#?}"
    );
    assert!(seen.contains(&(
        "WaitingForControlPlaneDeletion".to_owned(),
        "Waiting for KubeadmControlPlane to be deleted".to_owned()
    )));
    assert!(
        of_deployment.contains(&"Deleting 2 Machines".to_owned()),
        "{of_deployment:?}"
    );
    assert_eq!(world.left(), Vec::<String>::new());
}
