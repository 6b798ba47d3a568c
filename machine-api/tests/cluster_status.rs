//! What a Cluster says about itself, for what is seen of it.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

use componentconfig::core::Time;
use machine_api::{
    Compat,
    cluster::Observed,
    conditions,
    contract::ContractVersion,
    core::v1beta2::{Cluster, ClusterStatus, Machine, MachineDeployment, MachinePool, MachineSet},
    machine::observed::{Connection, External},
    meta::Condition,
};
use serde_json::{Value, json};

fn now() -> Time {
    "2026-06-01T00:10:00Z".parse().expect("a time")
}

fn read<T: serde::de::DeserializeOwned>(object: Value) -> T {
    serde_json::from_value(object).expect("an object")
}

fn reference(kind: &str) -> Value {
    json!({"apiGroup": "example.com", "kind": kind, "name": "prod"})
}

/// A cluster with infrastructure and control plane.
fn cluster(status: &Value) -> Cluster {
    read(json!({
        "metadata": {"name": "prod", "namespace": "default", "uid": "c", "generation": 3},
        "spec": {"infrastructureRef": reference("DemoCluster"), "controlPlaneRef": reference("DemoControlPlane")},
        "status": status,
    }))
}

fn with_topology(mut cluster: Value) -> Cluster {
    cluster["spec"] = json!({"topology": {"classRef": {"name": "small"}, "version": "v1.36.0"}});
    read(cluster)
}

fn condition(status: &ClusterStatus, kind: &str) -> Condition {
    let found = conditions::find(&status.conditions, kind);
    found.expect(kind).clone()
}

fn told(status: &ClusterStatus, kind: &str) -> (String, String, String) {
    let found = condition(status, kind);
    (found.status.to_string(), found.reason, found.message)
}

fn is(status: &ClusterStatus, kind: &str, expected: (&str, &str, &str)) {
    let (found, reason, message) = told(status, kind);
    assert_eq!(
        (found.as_str(), reason.as_str(), message.as_str()),
        expected,
        "{kind}"
    );
}

#[test]
fn phases() {
    let bare: Cluster = read(json!({"metadata": {"name": "prod"}}));
    assert_eq!(
        Observed::of(&bare, now()).status().phase.as_str(),
        "Pending"
    );
    let refers = cluster(&json!({}));
    assert_eq!(
        Observed::of(&refers, now()).status().phase.as_str(),
        "Provisioning"
    );
    let mut provisioned = cluster(&json!({"initialization": {"infrastructureProvisioned": true}}));
    // Nobody knows where it is to be reached yet.
    assert_eq!(
        Observed::of(&provisioned, now()).status().phase.as_str(),
        "Provisioning"
    );
    provisioned.spec.control_plane_endpoint = read(json!({"host": "a", "port": 6443}));
    assert_eq!(
        Observed::of(&provisioned, now()).status().phase.as_str(),
        "Provisioned"
    );
    provisioned.metadata.deletion_timestamp = Some(now());
    assert_eq!(
        Observed::of(&provisioned, now()).status().phase.as_str(),
        "Deleting"
    );
}

#[test]
fn objects_that_are_missing_say_since_when() {
    let fresh = cluster(&json!({}));
    let status = Observed::of(&fresh, now())
        .infrastructure(External::Missing)
        .control_plane(External::Missing, ContractVersion::V1Beta2)
        .status();
    is(
        &status,
        "InfrastructureReady",
        ("False", "ObjectDoesNotExist", "DemoCluster does not exist"),
    );
    is(
        &status,
        "ControlPlaneAvailable",
        (
            "False",
            "ObjectDoesNotExist",
            "DemoControlPlane does not exist",
        ),
    );
    is(
        &status,
        "ControlPlaneInitialized",
        (
            "Unknown",
            "ObjectDoesNotExist",
            "DemoControlPlane does not exist",
        ),
    );

    let mut old = cluster(
        &json!({"initialization": {"infrastructureProvisioned": true, "controlPlaneInitialized": true}}),
    );
    let look = |cluster: &Cluster| {
        Observed::of(cluster, now())
            .infrastructure(External::Missing)
            .control_plane(External::Missing, ContractVersion::V1Beta2)
            .deleting("DeletionCompleted", "Deletion completed")
            .status()
    };
    let status = look(&old);
    let text = "DemoCluster has been deleted while the cluster still exists";
    is(
        &status,
        "InfrastructureReady",
        ("False", "ObjectDeleted", text),
    );
    assert!(condition(&status, "Available").message.contains(text));
    // At its end that is as it should be.
    old.metadata.deletion_timestamp = Some(now());
    let status = look(&old);
    is(
        &status,
        "InfrastructureReady",
        ("False", "ObjectDeleted", "DemoCluster has been deleted"),
    );
    is(
        &status,
        "ControlPlaneAvailable",
        (
            "False",
            "ObjectDeleted",
            "DemoControlPlane has been deleted",
        ),
    );
    let available = condition(&status, "Available").message;
    assert_eq!(
        available,
        "* Deleting: Deletion completed\n* RemoteConnectionProbe: Remote connection not established yet"
    );
}

#[test]
fn what_could_not_be_read_is_unknown() {
    let cluster = cluster(&json!({}));
    let status = Observed::of(&cluster, now()).status();
    let logs = "Please check controller logs for errors";
    for kind in [
        "InfrastructureReady",
        "ControlPlaneAvailable",
        "ControlPlaneInitialized",
        "RollingOut",
        "ScalingUp",
        "ScalingDown",
    ] {
        is(&status, kind, ("Unknown", "InternalError", logs));
    }
    is(&status, "WorkersAvailable", ("True", "NoWorkers", ""));
}

#[test]
fn conditions_of_providers_are_taken_over() {
    let cluster = cluster(&json!({"initialization": {"infrastructureProvisioned": true}}));
    let infrastructure = json!({"status": {"conditions": [
        {"type": "Ready", "status": "False", "severity": "Error", "reason": "NoRoute", "message": "no route", "lastTransitionTime": "2026-06-01T00:00:00Z"},
    ]}});
    let control_plane = json!({"status": {"initialization": {"controlPlaneInitialized": true}, "conditions": [{"type": "Available", "status": "True"}, {"status": "True"}]}});
    let status = Observed::of(&cluster, now())
        .infrastructure(External::Found(&infrastructure))
        .control_plane(External::Found(&control_plane), ContractVersion::V1Beta2)
        .status();
    is(
        &status,
        "InfrastructureReady",
        ("False", "NoRoute", "no route"),
    );
    let since = condition(&status, "InfrastructureReady").last_transition_time;
    assert_eq!(since, Some("2026-06-01T00:00:00Z".parse().expect("a time")));
    is(
        &status,
        "ControlPlaneAvailable",
        (
            "Unknown",
            "InvalidConditionReported",
            "type must be set for all conditions",
        ),
    );
    is(
        &status,
        "ControlPlaneInitialized",
        ("True", "Initialized", ""),
    );
}

#[test]
fn initialized_once_is_initialized_for_ever() {
    let known = json!({"conditions": [{"type": "ControlPlaneInitialized", "status": "True", "reason": "Initialized", "message": "", "lastTransitionTime": "2026-06-01T00:00:00Z"}]});
    let cluster = cluster(&known);
    let status = Observed::of(&cluster, now())
        .control_plane(External::Missing, ContractVersion::V1Beta2)
        .status();
    is(
        &status,
        "ControlPlaneInitialized",
        ("True", "Initialized", ""),
    );
}

#[test]
fn a_connection_has_time_to_come_back() {
    let cluster = cluster(&json!({}));
    let look = |connection| {
        let status = Observed::of(&cluster, now())
            .connection(connection)
            .status();
        told(&status, "RemoteConnectionProbe")
    };
    let connection = |last: Option<&str>, failures| Connection {
        last_success: last.map(|time| time.parse().expect("a time")),
        consecutive_failures: failures,
        grace_seconds: 300,
    };
    let failed = |message: &str| {
        (
            "False".to_owned(),
            "ProbeFailed".to_owned(),
            message.to_owned(),
        )
    };
    assert_eq!(
        look(connection(None, 4)),
        failed("Remote connection not established yet")
    );
    assert_eq!(
        look(connection(None, 5)),
        failed("Remote connection probe failed")
    );
    assert_eq!(look(connection(Some("2026-06-01T00:05:00Z"), 9)).0, "True");
    assert_eq!(
        look(connection(Some("2026-06-01T00:04:59Z"), 9)),
        failed("Remote connection probe failed, probe last succeeded at 2026-06-01T00:04:59Z")
    );
}

/// A driver that was begun anew has not asked yet, which does not mean that the cluster does not answer.
#[test]
fn what_was_known_of_a_connection_stays_until_it_is_tried() {
    let known = json!({"conditions": [{"type": "RemoteConnectionProbe", "status": "True", "reason": "ProbeSucceeded", "message": "", "lastTransitionTime": "2026-06-01T00:00:00Z"}]});
    let cluster = cluster(&known);
    let status = Observed::of(&cluster, now()).status();
    is(
        &status,
        "RemoteConnectionProbe",
        ("True", "ProbeSucceeded", ""),
    );
}

#[test]
fn counters_of_a_control_plane_follow_its_contract() {
    let cluster = cluster(&json!({}));
    let object = |status: Value| json!({"spec": {"replicas": 3}, "status": status});
    let old = object(
        json!({"replicas": 3, "readyReplicas": 2, "unavailableReplicas": 1, "updatedReplicas": 3}),
    );
    let new = object(
        json!({"replicas": 3, "readyReplicas": 2, "availableReplicas": 2, "upToDateReplicas": 3}),
    );
    for (object, contract) in [
        (&old, ContractVersion::V1Beta1),
        (&new, ContractVersion::V1Beta2),
    ] {
        let status = Observed::of(&cluster, now())
            .control_plane(External::Found(object), contract)
            .status();
        let counts = json!({"desiredReplicas": 3, "replicas": 3, "readyReplicas": 2, "availableReplicas": 2, "upToDateReplicas": 3});
        assert_eq!(json!(status.control_plane), counts);
    }
    let status = Observed::of(&cluster, now())
        .control_plane(External::Missing, ContractVersion::V1Beta2)
        .status();
    assert_eq!(json!(status.control_plane), json!({}));
}

#[test]
fn workers_of_all_sorts_count() {
    let cluster = cluster(&json!({}));
    let owner = json!([{"apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster", "name": "prod", "uid": "c"}]);
    let counts = json!({"replicas": 1, "readyReplicas": 1, "versions": [{"version": "v1.36.0", "replicas": 1}]});
    let deployment: MachineDeployment = read(json!({"spec": {"replicas": 2}, "status": counts}));
    let pool: MachinePool = read(json!({"spec": {"replicas": 4}, "status": counts}));
    let alone: MachineSet = read(
        json!({"metadata": {"ownerReferences": owner}, "spec": {"replicas": 8}, "status": counts}),
    );
    let of_deployment: MachineSet = read(json!({"spec": {"replicas": 16}, "status": counts}));
    let machine: Machine = read(
        json!({"metadata": {"ownerReferences": owner}, "spec": {"version": "v1.35.1"},
        "status": {"conditions": [{"type": "Ready", "status": "True", "reason": "Ready", "message": "", "lastTransitionTime": null}]}}),
    );
    let of_pool: Machine = read(
        json!({"metadata": {"ownerReferences": owner, "labels": {"cluster.x-k8s.io/pool-name": "a"}}}),
    );
    let control_plane: Machine = read(
        json!({"metadata": {"ownerReferences": owner, "labels": {"cluster.x-k8s.io/control-plane": ""}}}),
    );
    let status = Observed::of(&cluster, now())
        .machine_deployments([&deployment])
        .machine_pools([&pool])
        .machine_sets([&alone, &of_deployment])
        .machines([&machine, &of_pool, &control_plane])
        .status();
    let expected = json!({"desiredReplicas": 15, "replicas": 4, "readyReplicas": 4, "versions": [
        {"version": "v1.35.1", "replicas": 1}, {"version": "v1.36.0", "replicas": 3},
    ]});
    assert_eq!(json!(status.workers), expected);
}

#[test]
fn what_is_on_its_way_is_no_fault_of_a_topology() {
    let condition = |reason: &str| {
        json!({"metadata": {"name": "prod"}, "status": {"conditions": [{
            "type": "TopologyReconciled", "status": "False", "reason": reason, "message": "see there", "lastTransitionTime": null,
        }]}})
    };
    let told = |reason: &str| {
        let cluster = with_topology(condition(reason));
        let status = Observed::of(&cluster, now()).status();
        self::condition(&status, "Available").message
    };
    assert!(!told("ClusterUpgrading").contains("TopologyReconciled"));
    assert!(told("ReconcileFailed").contains("* TopologyReconciled: see there"));
    assert!(told("ClusterClassNotReconciled").contains("* TopologyReconciled: see there"));
}

#[test]
fn gates_count_in_their_polarity() {
    let mut cluster = cluster(&json!({"conditions": [
        {"type": "Maintenance", "status": "True", "reason": "Window", "message": "until four", "lastTransitionTime": null},
    ]}));
    let gates = read::<Vec<_>>(json!([{"conditionType": "Maintenance", "polarity": "Negative"}]));
    let message = |cluster: &Cluster, gates: &[_]| {
        let status = Observed::of(cluster, now()).class_gates(gates).status();
        condition(&status, "Available").message
    };
    assert!(!message(&cluster, &[]).contains("Maintenance"));
    assert!(message(&cluster, &gates).contains("* Maintenance: until four"));
    // Its own take the place of those of its class.
    cluster.spec.availability_gates = read(json!([{"conditionType": "Network"}]));
    let message = message(&cluster, &gates);
    assert!(
        message.contains("* Network: Condition not yet reported"),
        "{message}"
    );
    assert!(!message.contains("Maintenance"), "{message}");
}

#[test]
fn a_topology_that_made_nothing_yet_in_both_ways() {
    let cluster = with_topology(json!({"metadata": {"name": "prod"}}));
    let observed = Observed::of(&cluster, now());
    let fixed = observed.clone().status();
    let waits = (
        "False",
        "ObjectDoesNotExist",
        "Waiting for cluster topology to be reconciled",
    );
    is(&fixed, "InfrastructureReady", waits);
    is(&fixed, "WorkersAvailable", ("True", "NoWorkers", ""));
    let upstream = observed.compat(Compat::Upstream).status();
    is(&upstream, "InfrastructureReady", waits);
    let logs = "Please check controller logs for errors";
    is(
        &upstream,
        "WorkersAvailable",
        ("Unknown", "InternalError", logs),
    );
    is(&upstream, "Remediating", ("Unknown", "InternalError", logs));
}

#[test]
fn a_cluster_of_machines_alone_in_both_ways() {
    let cluster: Cluster = read(json!({"metadata": {"name": "prod"}}));
    let labels = json!({"cluster.x-k8s.io/control-plane": ""});
    let machine: Machine =
        read(json!({"metadata": {"labels": labels}, "status": {"nodeRef": {"name": "a"}}}));
    let observed = Observed::of(&cluster, now()).machines([&machine]);
    let fixed = observed.clone().status();
    is(&fixed, "InfrastructureReady", ("True", "Ready", ""));
    is(&fixed, "ControlPlaneAvailable", ("True", "Available", ""));
    is(
        &fixed,
        "ControlPlaneInitialized",
        ("True", "Initialized", ""),
    );
    assert_eq!(
        fixed.control_plane.expect("counters").desired_replicas,
        Some(1)
    );
    let upstream = observed.compat(Compat::Upstream).status();
    let logs = "Please check controller logs for errors";
    is(
        &upstream,
        "InfrastructureReady",
        ("Unknown", "InternalError", logs),
    );
    is(
        &upstream,
        "ControlPlaneAvailable",
        ("Unknown", "InternalError", logs),
    );

    let waits = "Waiting for the first control plane machine to have status.nodeRef set";
    let status = Observed::of(&cluster, now()).status();
    is(
        &status,
        "ControlPlaneAvailable",
        ("False", "NotAvailable", waits),
    );
    is(
        &status,
        "ControlPlaneInitialized",
        ("False", "NotInitialized", waits),
    );
}

#[test]
fn the_same_look_changes_nothing() {
    let mut cluster = cluster(&json!({}));
    let infrastructure = json!({"status": {"initialization": {"provisioned": true}}});
    let look = |cluster: &Cluster, now: Time| {
        Observed::of(cluster, now)
            .infrastructure(External::Found(&infrastructure))
            .control_plane(External::Missing, ContractVersion::V1Beta2)
            .status()
    };
    cluster.status = look(&cluster, now());
    let later = Time::from_unix(now().unix() + 3600).expect("a time");
    assert_eq!(look(&cluster, later), cluster.status);
}
