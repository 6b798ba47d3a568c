//! What MachineDeployments and MachineSets say about themselves, for what is seen of them.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

use componentconfig::core::Time;
use machine_api::{
    conditions,
    core::v1beta2::{Machine, MachineDeployment, MachineDeploymentStatus, MachineSet},
    machine_set::status::{MissingTemplates, Reported, status},
    meta::Condition,
    rollout,
};
use serde_json::{Value, json};

fn now() -> Time {
    "2026-06-01T01:00:00Z".parse().expect("a time")
}

fn read<T: serde::de::DeserializeOwned>(object: Value) -> T {
    serde_json::from_value(object).expect("an object")
}

fn holds(kind: &str, status: &str, message: &str) -> Value {
    json!({"type": kind, "status": status, "reason": "Told", "message": message, "lastTransitionTime": "2026-06-01T00:00:00Z"})
}

fn machine(name: &str, conditions: &[Value]) -> Machine {
    read(json!({
        "metadata": {"name": name, "creationTimestamp": "2026-06-01T00:00:00Z"},
        "spec": {"version": "v1.36.0"}, "status": {"conditions": conditions},
    }))
}

fn set(replicas: i32) -> MachineSet {
    read(
        json!({"metadata": {"name": "workers-a", "generation": 2}, "spec": {"replicas": replicas, "template": {"spec": {
            "bootstrap": {"configRef": {"kind": "DemoConfigTemplate", "name": "a"}},
            "infrastructureRef": {"kind": "DemoMachineTemplate", "name": "a"},
        }}}}),
    )
}

fn of_set(set: &MachineSet, machines: &[Machine], reported: &Reported, kind: &str) -> Condition {
    let status = status(set, machines, reported, now()).expect("a status");
    assert_eq!(status.observed_generation, set.metadata.generation);
    conditions::find(&status.conditions, kind)
        .expect(kind)
        .clone()
}

fn message(set: &MachineSet, machines: &[Machine], kind: &str) -> String {
    of_set(set, machines, &Reported::default(), kind).message
}

#[test]
fn everything_that_keeps_machines_from_being_made_is_listed() {
    let missing = MissingTemplates {
        bootstrap: true,
        infrastructure: true,
    };
    let blocked = vec!["one thing".to_owned(), "another".to_owned()];
    let reported = Reported { missing, blocked };
    let mut set = set(2);
    assert_eq!(
        of_set(&set, &[], &reported, "ScalingUp").message,
        "Scaling up from 0 to 2 replicas is blocked because:\n* one thing\n* another\n\
         * DemoConfigTemplate and DemoMachineTemplate do not exist"
    );
    set.spec.replicas = Some(0);
    let scaling = of_set(&set, &[], &reported, "ScalingUp");
    assert_eq!(
        scaling.message,
        "Scaling up would be blocked because DemoConfigTemplate and DemoMachineTemplate do not exist"
    );
    // Nothing is made for what goes.
    set.metadata.deletion_timestamp = Some(now());
    assert_eq!(of_set(&set, &[], &reported, "ScalingUp").message, "");
    set.spec.replicas = None;
    let scaling = of_set(&set, &[], &reported, "ScalingUp");
    assert_eq!(
        (scaling.status.as_str(), scaling.reason.as_str()),
        ("Unknown", "WaitingForReplicasSet")
    );
}

#[test]
fn machines_that_take_long_to_go_are_named_with_the_likely_cause() {
    let draining = |name: &str, text: &str| {
        let mut machine = machine(name, &[]);
        machine.metadata.deletion_timestamp = Some("2026-06-01T00:40:00Z".parse().expect("a time"));
        let mut deleting = holds("Deleting", "True", text);
        deleting["reason"] = json!("DrainingNode");
        machine.status.conditions = vec![read(deleting)];
        machine.status.deletion = Some(read(json!({"nodeDrainStartTime": "2026-06-01T00:41:00Z"})));
        machine
    };
    let budget = "* Pod a: cannot evict pod as it would violate the pod's disruption budget. The disruption budget b needs 2 healthy pods and has 2 currently";
    let machines = ["d", "b", "a", "c"].map(|name| draining(name, budget));
    let mut set = set(0);
    let slow = "* Machines a, b, c, ... (1 more) are in deletion since more than 15m, delay likely due to PodDisruptionBudgets";
    assert_eq!(
        message(&set, &machines, "ScalingDown"),
        format!("Scaling down from 4 to 0 replicas\n{slow}")
    );
    set.metadata.deletion_timestamp = Some(now());
    assert_eq!(
        message(&set, &machines, "Deleting"),
        format!("Deleting 4 Machines\n{slow}")
    );
    let one = [draining("a", "")];
    assert_eq!(
        message(&set, &one, "Deleting"),
        "Deleting 1 Machine\n* Machine a is in deletion since more than 15m"
    );
    assert_eq!(message(&set, &[], "Deleting"), "Deletion completed");
}

#[test]
fn machines_on_their_way_from_another_set_do_not_scale_down() {
    let mut moved = machine(
        "a",
        &[holds("Ready", "True", ""), holds("Available", "True", "")],
    );
    let annotation =
        "in-place-updates.internal.cluster.x-k8s.io/pending-acknowledge-move".to_owned();
    moved.metadata.annotations.insert(annotation, String::new());
    let here = machine("b", &[holds("Ready", "True", "")]);
    let set = set(1);
    let machines = [moved, here];
    let scaling = of_set(&set, &machines, &Reported::default(), "ScalingDown");
    assert_eq!(scaling.reason, "NotScalingDown");
    let status = status(&set, &machines, &Reported::default(), now()).expect("a status");
    assert_eq!(
        (
            status.replicas,
            status.ready_replicas,
            status.available_replicas
        ),
        (Some(2), Some(2), Some(1))
    );
}

#[test]
fn machines_that_are_updated_in_place_are_not_ready() {
    let all = ["Ready", "Available", "UpToDate"].map(|kind| holds(kind, "True", ""));
    let mut updated = machine("a", &all);
    let annotation = "in-place-updates.internal.cluster.x-k8s.io/update-in-progress".to_owned();
    updated
        .metadata
        .annotations
        .insert(annotation, String::new());
    let machines = [updated, machine("b", &all)];
    let status = status(&set(2), &machines, &Reported::default(), now()).expect("a status");
    assert_eq!(
        (
            status.replicas,
            status.ready_replicas,
            status.available_replicas,
            status.up_to_date_replicas
        ),
        (Some(2), Some(1), Some(1), Some(1))
    );
}

#[test]
fn nothing_is_said_of_machines_that_were_made_just_now() {
    let mut fresh = machine("a", &[]);
    fresh.metadata.creation_timestamp = Some("2026-06-01T00:59:55Z".parse().expect("a time"));
    let set = set(1);
    let machines = [fresh];
    let up_to_date = of_set(&set, &machines, &Reported::default(), "MachinesUpToDate");
    assert_eq!(
        (up_to_date.status.as_str(), up_to_date.reason.as_str()),
        ("True", "NoReplicas")
    );
    let old = [machine("a", &[])];
    let up_to_date = of_set(&set, &old, &Reported::default(), "MachinesUpToDate");
    assert_eq!(
        (up_to_date.status.as_str(), up_to_date.reason.as_str()),
        ("Unknown", "UpToDateUnknown")
    );
}

#[test]
fn unhealthy_machines_that_nobody_remediates_are_named() {
    let sick = |name: &str| machine(name, &[holds("HealthCheckSucceeded", "False", "")]);
    let machines = [sick("b"), sick("a")];
    assert_eq!(
        message(&set(2), &machines, "Remediating"),
        "Machines a, b are not healthy (not to be remediated by MachineSet)"
    );
    let asked = machine(
        "c",
        &[
            holds("HealthCheckSucceeded", "False", ""),
            holds("OwnerRemediated", "False", "waiting"),
        ],
    );
    let remediating = of_set(&set(1), &[asked], &Reported::default(), "Remediating");
    assert_eq!(
        (remediating.status.as_str(), remediating.message.as_str()),
        ("True", "* Machine c: waiting")
    );
}

fn deployment(spec: &Value) -> MachineDeployment {
    read(json!({"metadata": {"name": "workers"}, "spec": spec}))
}

fn of_deployment(deployment: &MachineDeployment, sets: &[MachineSet]) -> MachineDeploymentStatus {
    rollout::status(deployment, sets, &[], MissingTemplates::default(), now()).expect("a status")
}

fn available(status: &MachineDeploymentStatus) -> (String, String, String) {
    let found = conditions::find(&status.conditions, "Available").expect("a condition");
    (
        found.status.to_string(),
        found.reason.clone(),
        found.message.clone(),
    )
}

#[test]
fn as_many_are_available_as_the_strategy_asks_for() {
    let sets = [read::<MachineSet>(
        json!({"status": {"replicas": 3, "availableReplicas": 2}}),
    )];
    let rolling = |unavailable: Value| {
        deployment(
            &json!({"replicas": 3, "rollout": {"strategy": {"type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": 1, "maxUnavailable": unavailable}}}}),
        )
    };
    let is = |deployment: &MachineDeployment, expected: (&str, &str, &str)| {
        let (status, reason, message) = available(&of_deployment(deployment, &sets));
        assert_eq!(
            (status.as_str(), reason.as_str(), message.as_str()),
            expected
        );
    };
    is(&rolling(json!(1)), ("True", "Available", ""));
    let bound = "2 available replicas, at least 3 required (spec.strategy.rollout.maxUnavailable is 0, spec.replicas is 3)";
    is(&rolling(json!(0)), ("False", "NotAvailable", bound));
    let on_delete =
        deployment(&json!({"replicas": 3, "rollout": {"strategy": {"type": "OnDelete"}}}));
    is(
        &on_delete,
        (
            "False",
            "NotAvailable",
            "2 available replicas, at least 3 required",
        ),
    );
    let mut going = rolling(json!(0));
    going.metadata.deletion_timestamp = Some(now());
    is(&going, ("False", "NotAvailable", "Deletion in progress"));
    is(
        &deployment(&json!({})),
        (
            "Unknown",
            "WaitingForReplicasSet",
            "Waiting for spec.replicas set",
        ),
    );
    let (status, reason, _) = available(&of_deployment(&rolling(json!(0)), &[]));
    assert_eq!(
        (status.as_str(), reason.as_str()),
        ("Unknown", "WaitingForAvailableReplicasSet")
    );
}

#[test]
fn phases_of_deployments() {
    let sets = [
        read::<MachineSet>(json!({"status": {"replicas": 2}})),
        read(json!({"status": {"replicas": 1}})),
    ];
    for (replicas, phase) in [(2, "ScalingDown"), (3, "Running"), (4, "ScalingUp")] {
        let deployment = deployment(&json!({"replicas": replicas}));
        assert_eq!(of_deployment(&deployment, &sets).phase.as_str(), phase);
    }
    assert_eq!(
        of_deployment(&deployment(&json!({})), &sets).phase.as_str(),
        "Unknown"
    );
    let mut going = deployment(&json!({"replicas": 3}));
    going.metadata.deletion_timestamp = Some(now());
    assert_eq!(of_deployment(&going, &sets).phase.as_str(), "ScalingDown");
}

#[test]
fn versions_of_sets_are_added_up() {
    let of = |version: &str, replicas: i32| {
        read::<MachineSet>(
            json!({"status": {"versions": [{"version": version, "replicas": replicas}]}}),
        )
    };
    let sets = [of("v1.36.10", 1), of("v1.36.9", 2), of("v1.36.10", 4)];
    let status = of_deployment(&deployment(&json!({"replicas": 7})), &sets);
    let expected =
        json!([{"version": "v1.36.9", "replicas": 2}, {"version": "v1.36.10", "replicas": 5}]);
    assert_eq!(json!(status.versions), expected);
}
