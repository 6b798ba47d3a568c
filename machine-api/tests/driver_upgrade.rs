//! What the driver changes inside of a cluster when its control plane gets another version.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/world.rs"]
mod world;

use apply_semantics::op::{ObjectRef, ResourceRef};
use machine_api::{
    contract::ContractVersion,
    provider::{Job, MemoryProvider},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use world::World;

fn world() -> World {
    let provider = MemoryProvider::new()
        .delay(Job::CreateMachine, 30)
        .delay(Job::StartNode, 20)
        .delay(Job::DeleteMachine, 10);
    let mut world = World::new(provider, ContractVersion::V1Beta2);
    world.create_kubeadm_cluster(1, 0);
    world
}

fn target(api_version: &str, kind: &str, name: &str) -> ObjectRef {
    let resource = ResourceRef::of_kind(api_version, kind);
    resource.within("kube-system").named(name)
}

fn object(world: &mut World, target: &ObjectRef) -> Option<Value> {
    let provider = world.provider();
    provider.object("default", "prod", target).cloned()
}

fn configuration(world: &mut World) -> String {
    let map = object(world, &target("v1", "ConfigMap", "kubeadm-config")).expect("a ConfigMap");
    let text = map["data"]["ClusterConfiguration"].as_str();
    text.expect("a configuration").to_owned()
}

fn image(world: &mut World, kind: &str, name: &str) -> String {
    let object = object(world, &target("apps/v1", kind, name)).expect(name);
    let image = &object["spec"]["template"]["spec"]["containers"][0]["image"];
    image.as_str().expect("an image").to_owned()
}

fn corefile(world: &mut World) -> (String, Option<String>) {
    let map = object(world, &target("v1", "ConfigMap", "coredns")).expect("a ConfigMap");
    let text = |key: &str| map["data"][key].as_str().map(str::to_owned);
    (
        text("Corefile").expect("a Corefile"),
        text("Corefile-backup"),
    )
}

fn key_read(world: &mut World) -> String {
    let deployment = object(world, &target("apps/v1", "Deployment", "coredns")).expect("one");
    let volume = &deployment["spec"]["template"]["spec"]["volumes"][0];
    let key = &volume["configMap"]["items"][0]["key"];
    key.as_str().expect("a key").to_owned()
}

#[test]
fn machines_join_with_the_new_version_and_kube_proxy_follows() {
    let mut world = world();
    world.settle();
    let before = image(&mut world, "DaemonSet", "kube-proxy");
    assert_eq!(before, "registry.k8s.io/kube-proxy:v1.36.0");
    world.change_control_plane(json!({"version": "v1.36.1"}));
    world.settle_watching(|world| {
        let machines = world.control_plane_machines();
        let new = |machine: &machine_api::core::v1beta2::Machine| machine.spec.version == "v1.36.1";
        if cfg!(feature = "bootstrap-data") && machines.iter().any(new) {
            let text = configuration(world);
            assert!(text.contains("kubernetesVersion: v1.36.1\n"), "{text}");
        }
        // kube-proxy is not newer than any machine of the control plane.
        if machines.iter().any(|machine| !new(machine)) {
            let image = image(world, "DaemonSet", "kube-proxy");
            assert_eq!(image, "registry.k8s.io/kube-proxy:v1.36.0");
        }
    });
    let after = image(&mut world, "DaemonSet", "kube-proxy");
    assert_eq!(
        after,
        "registry.k8s.io/kube-proxy:v1.36.1",
        "{:?}",
        world.why()
    );
    // Nobody asked for another CoreDNS.
    assert_eq!(
        image(&mut world, "Deployment", "coredns"),
        "registry.k8s.io/coredns/coredns:v1.12.0"
    );
    assert_eq!(corefile(&mut world).1, None);
    let binding = ResourceRef::of_kind("rbac.authorization.k8s.io/v1", "ClusterRoleBinding").all();
    let binding = binding.named("kubeadm:apiserver-kubelet-client");
    let binding = object(&mut world, &binding).expect("a binding");
    assert_eq!(binding["roleRef"]["name"], "system:kubelet-api-admin");
    world.changes_in(600);
    assert_eq!(world.changes_in(3600), Vec::<String>::new());
}

#[cfg(feature = "bootstrap-data")]
#[test]
fn what_the_control_plane_is_told_is_what_machines_join_with() {
    let mut world = world();
    world.settle();
    let map = target("v1", "ConfigMap", "kubeadm-config");
    let mut kept = object(&mut world, &map).expect("a ConfigMap");
    kept["data"]["ClusterConfiguration"] = json!(
        "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nclusterName: prod\nkubernetesVersion: v1.30.9\n\
         imageRepository: registry.k8s.io\nnetworking:\n  podSubnet: 10.0.0.0/8\napiServer:\n  extraArgs:\n    v: \"4\"\n"
    );
    world.provider().put_object("default", "prod", kept);
    world.change_control_plane(
        json!({"version": "v1.36.1", "kubeadmConfigSpec": {"clusterConfiguration": {
            "imageRepository": "example.com/k8s", "featureGates": {"NodeLocalCRISocket": true},
            "apiServer": {"extraArgs": [{"name": "v", "value": "2"}]},
            "certificateValidityPeriodDays": 30,
        }}}),
    );
    world.settle();
    let text = configuration(&mut world);
    for line in [
        "apiVersion: kubeadm.k8s.io/v1beta4\n",
        "certificateValidityPeriod: 720h0m0s\n",
        "clusterName: prod\n",
        "featureGates:\n  NodeLocalCRISocket: true\n",
        "imageRepository: example.com/k8s\n",
        "kubernetesVersion: v1.36.1\n",
        "podSubnet: 10.0.0.0/8\n",
        "extraArgs:\n  - name: v\n    value: \"2\"\n",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert_eq!(
        image(&mut world, "DaemonSet", "kube-proxy"),
        "example.com/k8s/kube-proxy:v1.36.1"
    );
}

#[test]
fn core_dns_gets_what_it_understands() {
    let mut world = world();
    world.settle();
    let map = target("v1", "ConfigMap", "coredns");
    let mut changed = object(&mut world, &map).expect("a ConfigMap");
    let old = ".:53 {\n  kubernetes cluster.local {\n    endpoint https://a https://b\n  }\n}\n";
    changed["data"]["Corefile"] = json!(old);
    world.provider().put_object("default", "prod", changed);
    world.change_control_plane(
        json!({"kubeadmConfigSpec": {"clusterConfiguration": {"dns": {"imageTag": "v1.12.4"}}}}),
    );
    let mut images = Vec::new();
    world.settle_watching(|world| images.push(image(world, "Deployment", "coredns")));
    let (now, backup) = corefile(&mut world);
    assert_eq!(
        now,
        ".:53 {\n    kubernetes cluster.local {\n        endpoint https://a\n    }\n}\n"
    );
    assert_eq!(backup.as_deref(), Some(old));
    assert_eq!(
        images.last().map(String::as_str),
        Some("registry.k8s.io/coredns/coredns:v1.12.4")
    );
    assert_eq!(key_read(&mut world), "Corefile");
    if cfg!(feature = "bootstrap-data") {
        let text = configuration(&mut world);
        assert!(text.contains("dns:\n  imageTag: v1.12.4\n"), "{text}");
    }
    // The machine stays: CoreDNS is nothing of it.
    assert_eq!(world.machines(), 1);
}

#[test]
fn what_cannot_be_done_is_told_and_keeps_nothing_else() {
    let mut world = world();
    world.settle();
    world.change_control_plane(
        json!({"kubeadmConfigSpec": {"clusterConfiguration": {"dns": {"imageTag": "v1.11.1"}}}}),
    );
    world.settle();
    let told = world
        .why()
        .iter()
        .find(|why| why.reason == "AddOnsNotUpdated");
    assert_eq!(
        told.expect("a reason").evidence,
        "failed to validate CoreDNS: toVersion \"v1.11.1\" must be greater than or equal to fromVersion \"v1.12.0\""
    );
    assert_eq!(
        image(&mut world, "Deployment", "coredns"),
        "registry.k8s.io/coredns/coredns:v1.12.0"
    );
    world.change_control_plane(json!({"version": "v1.36.1"}));
    world.settle();
    assert_eq!(
        image(&mut world, "DaemonSet", "kube-proxy"),
        "registry.k8s.io/kube-proxy:v1.36.1"
    );
}

#[test]
fn who_looks_after_add_ons_himself_says_so() {
    let mut world = world();
    world.settle();
    let skip = json!({"metadata": {"annotations": {
        "controlplane.cluster.x-k8s.io/skip-kube-proxy": "", "controlplane.cluster.x-k8s.io/skip-coredns": "",
    }}});
    let (api_version, kind) = (
        "controlplane.cluster.x-k8s.io/v1beta2",
        "KubeadmControlPlane",
    );
    world.change(api_version, kind, "prod", skip);
    world.change_control_plane(json!({"version": "v1.36.1",
        "kubeadmConfigSpec": {"clusterConfiguration": {"dns": {"imageTag": "v1.12.4"}}}}));
    world.settle();
    assert_eq!(
        image(&mut world, "DaemonSet", "kube-proxy"),
        "registry.k8s.io/kube-proxy:v1.36.0"
    );
    assert_eq!(
        image(&mut world, "Deployment", "coredns"),
        "registry.k8s.io/coredns/coredns:v1.12.0"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Somebody else writes into the cluster while CoreDNS is changed: what it is told is never lost, and all comes to its end.
    #[test]
    fn others_that_write_are_no_obstacle(writes in prop::collection::vec(0_usize..3, 1..6)) {
        let mut world = world();
        world.settle();
        let before = corefile(&mut world).0;
        world.change_control_plane(json!({"version": "v1.36.1",
            "kubeadmConfigSpec": {"clusterConfiguration": {"dns": {"imageTag": "v1.12.4"}}}}));
        let mut writes = writes.into_iter();
        world.settle_watching(|world| {
            let target = match writes.next() {
                Some(0) => target("v1", "ConfigMap", "coredns"),
                Some(1) => target("apps/v1", "Deployment", "coredns"),
                Some(_) => target("v1", "ConfigMap", "kubeadm-config"),
                None => return,
            };
            let mut changed = object(world, &target).expect("an object");
            let count = changed["metadata"]["annotations"]["count"].as_u64().unwrap_or(0) + 1;
            changed["metadata"]["annotations"] = json!({"count": count});
            world.provider().put_object("default", "prod", changed);
        });
        prop_assert_eq!(image(&mut world, "Deployment", "coredns"), "registry.k8s.io/coredns/coredns:v1.12.4");
        prop_assert_eq!(key_read(&mut world), "Corefile");
        let (after, backup) = corefile(&mut world);
        let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        prop_assert_eq!(words(&after), words(&before));
        prop_assert_eq!(backup, Some(before));
    }
}
