//! Control planes that are made of machines: the driver makes them on an API server inside the process, with etcd in memory.
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
    certificates::{KeyPair, Purpose},
    conditions,
    contract::ContractVersion,
    core::v1beta2::{Cluster, Machine},
    meta::ConditionStatus,
    provider::{Job, MemoryProvider},
};
use proptest::prelude::*;
use serde_json::json;
use world::World;

fn provider() -> MemoryProvider {
    MemoryProvider::new()
        .delay(Job::CreateMachine, 30)
        .delay(Job::StartNode, 20)
        .delay(Job::DeleteMachine, 10)
        .failure_domains(["a", "b", "c"])
}

fn world(control_plane: i32, workers: i32) -> World {
    let mut world = World::new(provider(), ContractVersion::V1Beta2);
    world.create_kubeadm_cluster(control_plane, workers);
    world
}

#[test]
fn a_control_plane_comes_up_one_machine_after_the_other() {
    let mut world = world(3, 2);
    let mut most = 0;
    world.settle_watching(|world| {
        let machines = world.control_plane_machines();
        let starting = machines
            .iter()
            .filter(|machine| machine.status.node_ref.name.is_empty())
            .count();
        most = most.max(starting);
    });
    assert_eq!(most, 1, "machines on their way at once");
    let kcp = world.control_plane();
    let status = &kcp.status;
    assert_eq!(
        (
            status.replicas,
            status.ready_replicas,
            status.available_replicas,
            status.up_to_date_replicas
        ),
        (Some(3), Some(3), Some(3), Some(3))
    );
    assert_eq!(status.version, "v1.36.0");
    assert_eq!(status.versions[0].replicas, 3);
    assert_eq!(
        status.selector,
        "cluster.x-k8s.io/cluster-name=prod,cluster.x-k8s.io/control-plane"
    );
    for (kind, expected, reason) in [
        ("Available", ConditionStatus::True, "Available"),
        ("CertificatesAvailable", ConditionStatus::True, "Available"),
        ("Initialized", ConditionStatus::True, "Initialized"),
        ("EtcdClusterHealthy", ConditionStatus::True, "Healthy"),
        (
            "ControlPlaneComponentsHealthy",
            ConditionStatus::True,
            "Healthy",
        ),
        ("MachinesReady", ConditionStatus::True, "Ready"),
        ("MachinesUpToDate", ConditionStatus::True, "UpToDate"),
        ("RollingOut", ConditionStatus::False, "NotRollingOut"),
        ("ScalingUp", ConditionStatus::False, "NotScalingUp"),
        ("ScalingDown", ConditionStatus::False, "NotScalingDown"),
        ("Remediating", ConditionStatus::False, "NotRemediating"),
        ("Paused", ConditionStatus::False, "NotPaused"),
        ("Deleting", ConditionStatus::False, "NotDeleting"),
    ] {
        let condition = conditions::find(&status.conditions, kind).expect(kind);
        assert_eq!(
            (
                &condition.status,
                condition.reason.as_str(),
                condition.message.as_str()
            ),
            (&expected, reason, ""),
            "{kind}"
        );
    }
    // One machine in each failure domain, each with its member of etcd.
    let machines = world.control_plane_machines();
    let mut domains: Vec<&str> = machines
        .iter()
        .map(|machine| machine.spec.failure_domain.as_str())
        .collect();
    domains.sort_unstable();
    assert_eq!(domains, ["a", "b", "c"]);
    assert_eq!(world.provider().members("default", "prod").len(), 3);
    assert_eq!(world.available(), Some(2));
    let cluster: Cluster = world.list().remove(0);
    assert_eq!(
        cluster.status.initialization.control_plane_initialized,
        Some(true)
    );
}

#[test]
fn what_a_machine_is_made_of_belongs_to_it() {
    let mut world = world(1, 0);
    world.settle();
    let machine = world.control_plane_machines().remove(0);
    let owner = machine.metadata.controller().expect("an owner");
    assert_eq!(
        (owner.kind.as_str(), owner.name.as_str()),
        ("KubeadmControlPlane", "prod")
    );
    for (api_version, kind) in [
        ("infrastructure.example.com/v1", "DemoMachine"),
        ("bootstrap.cluster.x-k8s.io/v1beta2", "KubeadmConfig"),
    ] {
        let object = world.items(api_version, kind).remove(0);
        assert_eq!(object["metadata"]["name"], json!(machine.metadata.name));
        let owners = object["metadata"]["ownerReferences"]
            .as_array()
            .expect("owners");
        assert_eq!(owners.len(), 1, "{owners:?}");
        assert_eq!(owners[0]["kind"], "Machine");
        assert_eq!(owners[0]["controller"], true);
        let labels = &object["metadata"]["labels"];
        assert_eq!(labels["cluster.x-k8s.io/control-plane-name"], "prod");
    }
}

#[test]
fn certificates_and_kubeconfig_are_kept_in_secrets() {
    let mut world = world(1, 0);
    world.settle();
    let secrets = world.items("v1", "Secret");
    let of = |purpose: Purpose| {
        let name = purpose.secret_name("prod");
        let mut all = secrets.iter();
        all.find(|secret| secret["metadata"]["name"] == json!(name))
            .unwrap_or_else(|| panic!("no Secret {name}"))
    };
    let kcp = world.control_plane();
    for purpose in [
        Purpose::ClusterCa,
        Purpose::EtcdCa,
        Purpose::FrontProxyCa,
        Purpose::ServiceAccount,
    ] {
        let secret = of(purpose);
        let pair = KeyPair::of_secret(secret).expect("a pair");
        assert!(!pair.key.is_empty());
        assert_eq!(secret["type"], "cluster.x-k8s.io/secret");
        assert_eq!(
            secret["metadata"]["ownerReferences"][0]["uid"],
            json!(kcp.metadata.uid)
        );
    }
    let text = machine_api::certificates::value(of(Purpose::Kubeconfig), "value")
        .expect("text")
        .expect("a value");
    assert!(
        text.expose()
            .contains("server: https://prod.default.memory:6443")
    );

    // Nothing is made anew until the certificate of the administrator comes to its end.
    let before = of(Purpose::Kubeconfig)["data"].clone();
    world.settle();
    let kubeconfig = |world: &World| {
        let mut all = world.items("v1", "Secret").into_iter();
        let found = all.find(|secret| secret["metadata"]["name"] == "prod-kubeconfig");
        found.expect("a kubeconfig")["data"].clone()
    };
    assert_eq!(kubeconfig(&world), before);
    world.advance(200 * 86_400);
    world.settle();
    assert_ne!(kubeconfig(&world), before);
}

/// An authority that is lost cannot be made anew: machines that have the old one would be alone.
#[test]
fn lost_certificates_are_told_of_and_not_replaced() {
    let mut world = world(1, 0);
    world.settle();
    world.delete("v1", "Secret", "prod-etcd");
    world.change_control_plane(json!({"replicas": 3}));
    world.settle();
    let kcp = world.control_plane();
    let condition = conditions::find(&kcp.status.conditions, "CertificatesAvailable");
    assert_eq!(
        condition.expect("a condition").message,
        "Cluster certificate for etcd is not available, please check cluster certificate secrets"
    );
    let scaling = conditions::find(&kcp.status.conditions, "ScalingUp").expect("a condition");
    assert_eq!(
        scaling.message,
        "Scaling up from 1 to 3 replicas is blocked because:\n* cluster certificates are missing or unknown"
    );
    assert_eq!(world.control_plane_machines().len(), 1);
}

#[test]
fn another_version_rolls_without_losing_quorum() {
    let mut world = world(3, 0);
    world.settle();
    world.change_control_plane(json!({"version": "v1.37.0"}));
    let mut texts = Vec::new();
    world.settle_watching(|world| {
        let machines = world.control_plane_machines();
        assert!(machines.len() <= 4, "{} machines", machines.len());
        let members = world.provider().members("default", "prod").len();
        assert!(members >= 3, "{members} members");
        let kcp = world.control_plane();
        if let Some(rolling) = conditions::find(&kcp.status.conditions, "RollingOut") {
            texts.push(rolling.message.clone());
        }
    });
    let machines = world.control_plane_machines();
    assert_eq!(machines.len(), 3);
    assert!(
        machines
            .iter()
            .all(|machine| machine.spec.version == "v1.37.0"),
        "{:?}",
        world.why()
    );
    assert_eq!(world.machines(), 3);
    assert_eq!(world.provider().members("default", "prod").len(), 3);
    assert!(
        texts.contains(
            &"Rolling out 3 not up-to-date replicas\n* Version v1.36.0, v1.37.0 required"
                .to_owned()
        ),
        "{texts:?}"
    );
    let status = world.control_plane().status;
    assert_eq!(status.version, "v1.37.0");
    assert_eq!(status.up_to_date_replicas, Some(3));
}

#[test]
fn fewer_machines_leave_their_members() {
    let mut world = world(5, 0);
    world.settle();
    assert_eq!(world.provider().members("default", "prod").len(), 5);
    world.change_control_plane(json!({"replicas": 1}));
    world.settle();
    let machines = world.control_plane_machines();
    assert_eq!(machines.len(), 1);
    let name = machines[0].metadata.name.as_str();
    assert_eq!(world.provider().members("default", "prod"), [name]);
    assert_eq!(world.machines(), 1);
}

#[test]
fn a_broken_machine_is_replaced_and_remembered() {
    let mut world = world(3, 0);
    world.create_control_plane_health_check();
    world.settle();
    let broken = world.control_plane_machines()[1].metadata.name.clone();
    world.break_node(&broken);
    world.settle();
    let machines = world.control_plane_machines();
    assert_eq!(machines.len(), 3);
    assert!(
        machines
            .iter()
            .all(|machine| machine.metadata.name != broken)
    );
    let members = world.provider().members("default", "prod");
    assert_eq!(members.len(), 3);
    assert!(!members.contains(&broken.as_str()));
    let kcp = world.control_plane();
    assert_eq!(kcp.status.last_remediation.machine, broken);
    assert!(kcp.metadata.annotations.is_empty(), "{:?}", kcp.metadata);
    assert_eq!(kcp.status.available_replicas, Some(3));
}

/// Two of three are broken: etcd has no quorum, so nothing may be taken away from it.
#[test]
fn without_quorum_nothing_is_removed() {
    let mut world = world(3, 0);
    world.create_control_plane_health_check();
    world.settle();
    let machines = world.control_plane_machines();
    for machine in &machines[..2] {
        world.break_node(&machine.metadata.name);
    }
    world.settle();
    let names = |machines: &[Machine]| -> Vec<String> {
        machines
            .iter()
            .map(|machine| machine.metadata.name.clone())
            .collect()
    };
    assert_eq!(names(&world.control_plane_machines()), names(&machines));
    assert_eq!(world.provider().members("default", "prod").len(), 3);
}

#[test]
fn labels_and_timeouts_change_in_place() {
    let mut world = world(1, 0);
    world.settle();
    let before = world.control_plane_machines().remove(0);
    world.change_control_plane(json!({"machineTemplate": {
        "metadata": {"labels": {"team": "a"}},
        "spec": {"deletion": {"nodeDrainTimeoutSeconds": 60}},
    }}));
    world.settle();
    let after = world.control_plane_machines().remove(0);
    assert_eq!(after.metadata.uid, before.metadata.uid);
    assert_eq!(after.metadata.labels["team"], "a");
    assert_eq!(after.spec.deletion.node_drain_timeout_seconds, Some(60));
    let config = world
        .items("bootstrap.cluster.x-k8s.io/v1beta2", "KubeadmConfig")
        .remove(0);
    assert_eq!(config["metadata"]["labels"]["team"], "a");

    world.change_control_plane(json!({"machineTemplate": {"metadata": null}}));
    world.settle();
    let after = world.control_plane_machines().remove(0);
    assert_eq!(after.metadata.labels.get("team"), None);
}

#[test]
fn a_paused_control_plane_stays_as_it_is() {
    let mut world = world(1, 0);
    world.settle();
    world.change(
        "cluster.x-k8s.io/v1beta2",
        "Cluster",
        "prod",
        json!({"spec": {"paused": true}}),
    );
    world.change_control_plane(json!({"replicas": 3}));
    world.settle();
    assert_eq!(world.control_plane_machines().len(), 1);
    let kcp = world.control_plane();
    let paused = conditions::find(&kcp.status.conditions, "Paused").expect("a condition");
    assert_eq!(paused.message, "Cluster spec.paused is set to true");
}

#[test]
fn a_deleted_cluster_leaves_nothing() {
    let mut world = world(3, 2);
    world.settle();
    world.delete_cluster();
    world.settle();
    assert_eq!(world.left(), Vec::<String>::new());
    assert_eq!(world.machines(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    /// Killed between any two writes, the driver goes on where it was: nothing is made twice, nothing is forgotten, and etcd has
    /// exactly the members that there are machines for.
    #[test]
    fn interruptions_do_no_harm(cuts in prop::collection::vec(0_usize..12, 40), then in prop::sample::select(vec![1, 3, 5])) {
        let mut world = world(3, 0);
        for cut in &cuts[..20] {
            world.step_killed_after(*cut);
        }
        world.change_control_plane(json!({"replicas": then, "version": "v1.36.1"}));
        for cut in &cuts[20..] {
            world.step_killed_after(*cut);
        }
        world.settle();
        let wanted = usize::try_from(then).expect("a size");
        prop_assert_eq!((world.control_plane_machines().len(), world.machines()), (wanted, wanted));
        prop_assert_eq!(world.provider().members("default", "prod").len(), wanted);
        prop_assert_eq!(world.count("infrastructure.example.com/v1", "DemoMachine"), wanted);
        prop_assert_eq!(world.count("bootstrap.cluster.x-k8s.io/v1beta2", "KubeadmConfig"), wanted);
        prop_assert_eq!(world.control_plane().status.up_to_date_replicas, Some(then));
    }
}
