//! CoreDNS of a cluster, brought to another version in steps that may end anywhere.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]

use apply_semantics::{
    op::{ObjectRef, Operation},
    patch::{Patch, merge},
};
use machine_api::{
    controlplane::v1beta2::KubeadmControlPlane,
    kcp::upgrade::{CoreDns, UpgradeError, core_dns, kube_proxy},
};
use serde_json::{Value, json};

const OLD: &str =
    ".:53 {\n    kubernetes cluster.local {\n        endpoint https://a https://b\n    }\n}\n";
const NEW: &str = ".:53 {\n    kubernetes cluster.local {\n        endpoint https://a\n    }\n}\n";

fn control_plane(configuration: &Value) -> KubeadmControlPlane {
    let kcp = json!({"spec": {"version": "v1.36.1", "kubeadmConfigSpec": {"clusterConfiguration": configuration}}});
    serde_json::from_value(kcp).expect("a control plane")
}

fn metadata(name: &str) -> Value {
    json!({"name": name, "namespace": "kube-system", "resourceVersion": "1"})
}

/// A ConfigMap and a Deployment.
fn cluster(image: &str) -> [Value; 2] {
    [
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata("coredns"),
            "data": {"Corefile": OLD, "note": "mine"}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata("coredns"),
        "spec": {"replicas": 3, "template": {"spec": {
            "containers": [{"name": "sidecar", "image": "a"}, {"name": "coredns", "image": image, "args": ["-conf"]}],
            "volumes": [{"name": "tmp"}, {"name": "config-volume", "configMap": {"name": "coredns", "items": [{"key": "Corefile", "path": "Corefile"}]}}],
        }}}}),
    ]
}

fn plan(kcp: &KubeadmControlPlane, cluster: &[Value; 2]) -> Result<Vec<Operation>, UpgradeError> {
    let [config_map, deployment] = cluster;
    core_dns(
        kcp,
        CoreDns {
            config_map,
            deployment,
        },
    )
}

/// Carries an operation out, as a server would that counts versions.
fn run(cluster: &mut [Value; 2], operation: &Operation) {
    let Operation::Patch {
        target,
        patch: Patch::Merge(patch),
        ..
    } = operation
    else {
        panic!("{operation}");
    };
    let object = cluster
        .iter_mut()
        .find(|one| ObjectRef::of(one).as_ref() == Ok(target));
    let object = object.expect("an object");
    let version = |object: &Value| object.pointer("/metadata/resourceVersion").cloned();
    let wanted = version(patch);
    assert!(
        wanted.is_none() || wanted == version(object),
        "{operation} of an old object"
    );
    let mut changed = merge::apply(object.clone(), patch.clone()).expect("a patch");
    let next = version(object).and_then(|version| version.as_str()?.parse::<u32>().ok());
    changed["metadata"]["resourceVersion"] = json!((next.expect("a version") + 1).to_string());
    *object = changed;
}

fn image(cluster: &[Value; 2]) -> &str {
    cluster[1]["spec"]["template"]["spec"]["containers"][1]["image"]
        .as_str()
        .expect("an image")
}

/// What CoreDNS reads, which its image has to understand.
fn read(cluster: &[Value; 2]) -> &str {
    let items = &cluster[1]["spec"]["template"]["spec"]["volumes"][1]["configMap"]["items"];
    let key = items[0]["key"].as_str().expect("a key");
    cluster[0]["data"][key].as_str().expect("a text")
}

#[test]
fn killed_after_any_write_it_begins_anew_and_the_old_version_reads_what_it_had() {
    let kcp = control_plane(&json!({"dns": {"imageTag": "v1.12.4"}}));
    let steps = plan(&kcp, &cluster("registry.k8s.io/coredns/coredns:v1.12.0"))
        .expect("a plan")
        .len();
    assert_eq!(steps, 4);
    for done in 0..=steps {
        let mut cluster = cluster("registry.k8s.io/coredns/coredns:v1.12.0");
        let mut left = done;
        // The first run is cut off, the second one is not.
        for most in [done, usize::MAX] {
            let operations = plan(&kcp, &cluster).expect("a plan");
            for operation in operations.iter().take(most) {
                run(&mut cluster, operation);
                let expected = if image(&cluster).ends_with(":v1.12.0") {
                    OLD
                } else {
                    NEW
                };
                assert_eq!(read(&cluster), expected, "after {done} writes");
            }
            left = left.saturating_sub(most);
        }
        assert_eq!(left, 0);
        assert_eq!(image(&cluster), "registry.k8s.io/coredns/coredns:v1.12.4");
        assert_eq!(
            cluster[0]["data"],
            json!({"Corefile": NEW, "Corefile-backup": OLD, "note": "mine"})
        );
        assert_eq!(cluster[1]["spec"]["replicas"], 3);
        assert_eq!(
            cluster[1]["spec"]["template"]["spec"]["containers"][0]["image"],
            "a"
        );
        assert_eq!(plan(&kcp, &cluster), Ok(Vec::new()));
    }
}

#[test]
fn images_come_from_where_the_control_plane_says() {
    let after = |configuration: Value, image: &str| {
        let mut cluster = cluster(image);
        let kcp = control_plane(&configuration);
        for operation in plan(&kcp, &cluster).expect("a plan") {
            run(&mut cluster, &operation);
        }
        self::image(&cluster).to_owned()
    };
    let old = "registry.k8s.io/coredns:v1.8.0";
    assert_eq!(
        after(json!({"dns": {"imageTag": "v1.8.6"}}), old),
        "registry.k8s.io/coredns/coredns:v1.8.6"
    );
    let own = json!({"dns": {"imageTag": "v1.8.6", "imageRepository": "example.com/dns/"}, "imageRepository": "example.com"});
    assert_eq!(after(own, old), "example.com/dns/coredns:v1.8.6");
    assert_eq!(
        after(json!({"imageRepository": "example.com"}), old),
        "example.com/coredns:v1.8.0"
    );
    let custom = json!({"dns": {"imageTag": "v1.12.4_mine.1"}});
    assert_eq!(
        after(custom, "example.com/coredns:v1.12.0"),
        "example.com/coredns:v1.12.4_mine.1"
    );
    // Nothing is configured, so nothing is looked at.
    assert_eq!(after(json!({}), "coredns"), "coredns");
}

#[test]
fn what_cannot_be_is_refused() {
    let problem = |tag: &str, image: &str| {
        let kcp = control_plane(&json!({"dns": {"imageTag": tag}}));
        plan(&kcp, &cluster(image))
            .expect_err("no plan")
            .to_string()
    };
    let image = "registry.k8s.io/coredns/coredns:v1.12.0";
    assert!(problem("v1.11.3", image).contains("must be greater than or equal to"));
    assert!(problem("v1.99.0", image).contains("cannot migrate up to '1.99.0' from '1.12.0'"));
    assert!(
        problem("v1.12.4", "registry.k8s.io/coredns/coredns:v1.9.9")
            .contains("'1.9.9' not supported")
    );
    assert!(
        problem("v1.12.4", "registry.k8s.io/coredns/coredns")
            .contains("does not have a valid image tag")
    );
    assert!(
        problem("v1.12.4", "coredns/coredns:v1.12.0").contains("does not begin with its registry")
    );
    let kcp = control_plane(&json!({"dns": {"imageTag": "v1.12.4"}}));
    let [mut config_map, deployment] = cluster(image);
    config_map["data"] = json!({});
    assert_eq!(
        plan(&kcp, &[config_map, deployment]),
        Err(UpgradeError::NoCorefile)
    );
}

#[test]
fn kube_proxy_that_is_not_kubeadms_is_left_alone() {
    let kcp = control_plane(&json!({}));
    let daemon_set = |image: &str, container: &str| {
        json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata("kube-proxy"),
            "spec": {"template": {"spec": {"containers": [{"name": container, "image": image}]}}}})
    };
    assert_eq!(kube_proxy(&kcp, &daemon_set("a/b:v1", "other")), Ok(None));
    assert_eq!(
        kube_proxy(&kcp, &daemon_set("a.b/kube-proxy:v1.36.1", "kube-proxy")),
        Ok(None)
    );
    let digest = format!("a.b/kube-proxy@sha256:{}", "0".repeat(64));
    assert!(kube_proxy(&kcp, &daemon_set(&digest, "kube-proxy")).is_err());
}
