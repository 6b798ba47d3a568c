//! What the driver does inside of clusters: Pods leave the nodes of machines that go.
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
    conditions,
    contract::ContractVersion,
    core::v1beta2::Machine,
    machine::Pod,
    meta::LabelSelector,
    provider::{Job, MemoryProvider},
};
use serde_json::json;
use world::World;

fn pod(name: &str, node: &str, grace: i64) -> Pod {
    serde_json::from_value(json!({
        "metadata": {
            "name": name, "namespace": "shop", "labels": {"app": "web"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "r", "controller": true}],
            "deletionGracePeriodSeconds": grace,
        },
        "spec": {"nodeName": node},
        "status": {"phase": "Running"},
    }))
    .expect("a pod")
}

fn budget() -> LabelSelector {
    serde_json::from_value(json!({"matchLabels": {"app": "web"}})).expect("a selector")
}

/// Two machines; the one that goes has Pods on its node.
fn world() -> (World, Vec<String>) {
    let provider = MemoryProvider::new().delay(Job::DeleteMachine, 10);
    let mut world = World::new(provider, ContractVersion::V1Beta2);
    world.create_kubeadm_cluster(1, 2);
    world.settle();
    let machines: Vec<Machine> = world.list();
    let workers = machines
        .iter()
        .filter(|machine| !machine_api::facts::is_control_plane(machine))
        .map(|machine| machine.metadata.name.clone())
        .collect();
    (world, workers)
}

#[test]
fn pods_leave_before_the_machine_goes() {
    let (mut world, workers) = world();
    for node in &workers {
        let pod = pod(&format!("web-{node}"), node, 45);
        world.provider().add_pod("default", "prod", pod);
    }
    world.scale(1);
    let mut texts = Vec::new();
    world.settle_watching(|world| {
        let machines: Vec<Machine> = world.list();
        for machine in machines.iter().filter(|one| one.metadata.is_deleting()) {
            let deleting = conditions::find(&machine.status.conditions, "Deleting");
            texts.extend(deleting.map(|one| (one.reason.clone(), one.message.clone())));
            let name = &machine.metadata.name;
            let pods = world.provider().user_pods("default", "prod");
            let draining = pods.iter().any(|pod| pod.spec.node_name == *name);
            let still = world.provider().machines().any(|one| one == name);
            assert!(still || !draining, "a machine went under its Pods");
        }
    });
    let machines: Vec<Machine> = world.list();
    assert_eq!(machines.len(), 2);
    let left = world.provider().user_pods("default", "prod");
    assert_eq!(left.len(), 1);
    assert!(
        machines
            .iter()
            .any(|one| one.metadata.name == left[0].spec.node_name)
    );
    assert!(
        texts.iter().any(|(reason, message)| {
            reason == "DrainingNode"
                && message.contains("deletionTimestamp set, but still not removed")
        }),
        "{texts:?}"
    );
}

#[test]
fn a_budget_holds_a_machine_and_says_so() {
    let (mut world, workers) = world();
    for node in &workers {
        let pod = pod(&format!("web-{node}"), node, 0);
        world.provider().add_pod("default", "prod", pod);
    }
    let budget = budget();
    world
        .provider()
        .add_budget(("default", "prod"), "shop", budget, 2);
    world.scale(1);
    for _ in 0..40 {
        world.step_killed_after(1000);
    }
    let machines: Vec<Machine> = world.list();
    assert_eq!(machines.len(), 3);
    let held = machines
        .iter()
        .find(|machine| machine.metadata.is_deleting())
        .expect("a machine that goes");
    let deleting = conditions::find(&held.status.conditions, "Deleting").expect("a condition");
    assert!(
        deleting
            .message
            .contains("cannot evict pod as it would violate the pod's disruption budget."),
        "{}",
        deleting.message
    );
    assert_eq!(world.provider().user_pods("default", "prod").len(), 2);

    // Another Pod elsewhere makes room.
    let stays = workers
        .iter()
        .find(|name| **name != held.metadata.name)
        .expect("the other");
    world
        .provider()
        .add_pod("default", "prod", pod("web-more", stays, 0));
    world.settle();
    let machines: Vec<Machine> = world.list();
    assert_eq!(machines.len(), 2);
    assert_eq!(world.provider().user_pods("default", "prod").len(), 2);
}

#[cfg(feature = "bootstrap-data")]
#[test]
fn machines_get_their_data_from_their_configuration() {
    use machine_api::certificates::value;

    let mut world = World::new(MemoryProvider::new(), ContractVersion::V1Beta2).making_data();
    world.create_kubeadm_cluster(3, 1);
    world.settle();
    let machines = world.control_plane_machines();
    assert_eq!(machines.len(), 3);
    let secrets = world.items("v1", "Secret");
    let (mut init, mut join) = (0, 0);
    for machine in &machines {
        let name = machine.spec.bootstrap.data_secret_name.as_deref();
        let secret = secrets
            .iter()
            .find(|one| one["metadata"]["name"] == json!(name));
        let secret = secret.expect("a Secret");
        assert_eq!(
            secret["metadata"]["ownerReferences"][0]["kind"],
            "KubeadmConfig"
        );
        let format = value(secret, "format").expect("text").expect("a format");
        assert_eq!(format.expose(), "cloud-config");
        let data = value(secret, "value").expect("text").expect("data");
        assert!(data.expose().contains("/etc/kubernetes/pki/ca.key"));
        init += usize::from(data.expose().contains("kubeadm init"));
        join += usize::from(data.expose().contains("kubeadm join"));
    }
    assert_eq!((init, join), (1, 2));
    let tokens = world.provider().secrets("default", "prod");
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[0]["type"], "bootstrap.kubernetes.io/token");
    let configs = world.items("bootstrap.cluster.x-k8s.io/v1beta2", "KubeadmConfig");
    for config in &configs {
        let ready = &config["status"]["conditions"][0];
        assert_eq!(
            (&ready["type"], &ready["status"]),
            (&json!("Ready"), &json!("True"))
        );
    }
}
