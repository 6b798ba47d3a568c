//! A cluster of two control planes and a worker, from 1.35 to 1.36, against an API server inside the process.

#![cfg(feature = "kubeadm")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod cluster;
#[path = "../support/cluster.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::sync::Mutex;
use std::time::Duration;

use apply_semantics::op::{DeleteOptions, ListOptions, Operation, ResourceRef, WriteOptions};
use apply_semantics::patch::Patch;
use bootstrap_phases::kubeadm::Paths;
use bootstrap_phases::kubeadm::api::PORT;
use bootstrap_phases::kubeadm::join::{ETCD_PORT, EtcdPort};
use bootstrap_phases::kubeadm::upgrade::{
    self, RollbackContext, STATIC_POD_PORT, StaticPodPort, UpgradeCommand, UpgradeSettings,
};
use bootstrap_phases::{
    CancelToken, Cx, Digest, Event, EventKind, Files as _, HOST_PORT, HostPort, MemJournal,
    RunError, Runner,
};

use serde_json::json;

use cluster::{Cluster, flow_of};

#[test]
fn a_cluster_goes_up_node_by_node() {
    let cluster = Cluster::new();
    the_first_control_plane(&cluster);
    the_second_control_plane(&cluster);
    the_worker(&cluster);
}

fn the_first_control_plane(cluster: &Cluster) {
    let [first, ..] = &cluster.nodes;
    let before = first.text("/etc/kubernetes/pki/apiserver.crt");
    let ca = first.text("/etc/kubernetes/pki/ca.crt");

    let order = Mutex::new(Vec::new());
    let events = |event: &Event| {
        if let EventKind::Waiting { error, .. } = &event.kind {
            let mut order = order.lock().unwrap();
            if order.last() != Some(&error.message) {
                order.push(error.message.clone());
            }
        }
        cluster.attend(first, event);
    };
    cluster.run(UpgradeCommand::Apply, first, &events).unwrap();
    let waited = order.lock().unwrap().join("\n");
    let place = |text: &str| {
        let found = waited.find(text);
        assert!(found.is_some(), "{text}: {waited}");
        found
    };
    assert!(place("Job upgrade-health-check") < place("etcd on cp-1"));
    assert!(place("etcd on cp-1") < place("kube-apiserver on cp-1"));
    assert!(place("kube-apiserver on cp-1") < place("kube-controller-manager on cp-1"));
    assert!(place("kube-controller-manager on cp-1") < place("kube-scheduler on cp-1"));

    assert!(
        first
            .manifest("kube-apiserver")
            .contains("kube-apiserver:v1.36.2")
    );
    assert!(first.manifest("etcd").contains("etcd:3.6.8-0"));
    assert_ne!(
        first.text("/etc/kubernetes/pki/apiserver.crt"),
        before,
        "renewed on the way"
    );
    assert_eq!(first.text("/etc/kubernetes/pki/ca.crt"), ca);
    let config = cluster.get("v1", "ConfigMap", "kubeadm-config");
    let config = config["data"]["ClusterConfiguration"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(config.contains("kubernetesVersion: v1.36.2"), "{config}");
    assert!(
        cluster.proxy_image().ends_with(":v1.35.3"),
        "the other control plane is still old"
    );
    // What was replaced is kept.
    let backup = upgrade::newest_backup(&first.files, &Paths::default())
        .unwrap()
        .unwrap();
    assert!(
        first
            .text(&format!("{backup}/kube-apiserver.yaml"))
            .contains(":v1.35.3")
    );
    let commands: Vec<String> = first
        .host
        .commands()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        commands.iter().any(|line| line
            .starts_with("cp -r -n /var/lib/etcd /etc/kubernetes/tmp/kubeadm-backup-etcd-")),
        "{commands:?}"
    );
    // A second run has nothing to do but the add-ons, which wait.
    let plan = cluster.plan(UpgradeCommand::Apply, first);
    assert!(plan.is_empty(), "{plan}");
}

fn the_second_control_plane(cluster: &Cluster) {
    let [_, second, _] = &cluster.nodes;
    cluster
        .run(UpgradeCommand::Node, second, &|event| {
            cluster.attend(second, event);
        })
        .unwrap();
    assert!(
        second
            .manifest("kube-scheduler")
            .contains("kube-scheduler:v1.36.2")
    );
    assert!(
        cluster.proxy_image().ends_with(":v1.36.2"),
        "the last control plane brings the add-ons"
    );
    assert!(
        second
            .manifest("etcd")
            .contains("--initial-cluster-state=existing")
    );
    let own = second.text("/etc/kubernetes/kubelet.conf");
    assert!(own.contains("server: https://10.1.2.4:6443"), "{own}");
    let plan = cluster.plan(UpgradeCommand::Node, second);
    assert!(plan.is_empty(), "{plan}");
}

fn the_worker(cluster: &Cluster) {
    let [_, _, worker] = &cluster.nodes;
    let flags = "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/w.sock --v=2\"\n";
    let flags_path = "/var/lib/kubelet/kubeadm-flags.env";
    worker
        .files
        .write_atomic(flags_path, flags.as_bytes(), 0o644)
        .unwrap();
    worker
        .files
        .remove("/var/lib/kubelet/instance-config.yaml")
        .unwrap();
    cluster.run(UpgradeCommand::Node, worker, &|_| {}).unwrap();
    assert_eq!(worker.text(flags_path), "KUBELET_KUBEADM_ARGS=\"--v=2\"\n");
    let config = worker.text("/var/lib/kubelet/config.yaml");
    assert!(
        config.contains("containerRuntimeEndpoint: unix:///run/w.sock"),
        "{config}"
    );
    assert!(
        worker
            .files
            .stat("/etc/kubernetes/manifests")
            .unwrap()
            .is_none()
    );
    let plan = cluster.plan(UpgradeCommand::Node, worker);
    assert!(plan.is_empty(), "{plan}");
}

#[test]
fn a_component_that_does_not_come_up_stops_the_rest_and_is_rolled_back() {
    let cluster = Cluster::new();
    let [first, ..] = &cluster.nodes;
    let old = first.manifest("kube-apiserver");
    // The kubelet takes the new etcd, and never the new API server.
    let events = |event: &Event| {
        if let EventKind::Waiting { error, .. } = &event.kind
            && !error.message.contains("kube-apiserver")
        {
            cluster.attend(first, event);
        }
    };
    let failure = cluster
        .run(UpgradeCommand::Apply, first, &events)
        .unwrap_err();
    let text = failure.to_string();
    assert!(
        text.contains("control-plane") && text.contains("kube-apiserver on cp-1"),
        "{text}"
    );
    assert!(first.manifest("kube-apiserver").contains(":v1.36.2"));
    assert!(
        first.manifest("kube-scheduler").contains(":v1.35.3"),
        "not touched yet"
    );
    let paths = first.files.paths();
    assert!(
        paths.iter().all(|(path, _)| !path.contains(".staged")),
        "{paths:?}"
    );

    let backup = upgrade::newest_backup(&first.files, &Paths::default())
        .unwrap()
        .unwrap();
    let context = RollbackContext {
        backup,
        paths: Paths::default(),
        etcd: false,
    };
    let flow = upgrade::rollback_workflow().build().unwrap();
    let runner = Runner::new(&flow, &first.files).clock(&cluster.clock);
    runner.run(&context).unwrap();
    assert_eq!(first.manifest("kube-apiserver"), old);
    assert!(
        first.manifest("etcd").contains("etcd:3.6.8-0"),
        "etcd stays as it is"
    );
    assert!(runner.plan(&context).unwrap().is_empty());
}

#[test]
fn a_run_that_was_killed_while_it_waited_waits_again_and_goes_on() {
    let cluster = Cluster::new();
    let [first, ..] = &cluster.nodes;
    let journal = MemJournal::new();
    let flow = flow_of(UpgradeCommand::Apply);
    let cancel = CancelToken::new();
    let run = |stop: bool| {
        let context = cluster.context(UpgradeCommand::Apply, first);
        let members = EtcdPort(cluster.etcd.as_ref());
        let pods = StaticPodPort(context.api.clone());
        let host = HostPort(&first.host);
        let events = |event: &Event| {
            if let EventKind::Waiting { error, .. } = &event.kind
                && stop
                && error.message.contains("kube-apiserver on")
            {
                cancel.cancel();
                return;
            }
            cluster.attend(first, event);
        };
        let runner = Runner::new(&flow, &first.files)
            .clock(&cluster.clock)
            .journal(&journal, Digest::of(b"upgrade"))
            .port(PORT, &context.api)
            .port(STATIC_POD_PORT, &pods)
            .port(ETCD_PORT, &members)
            .port(HOST_PORT, &host)
            .events(&events);
        if stop {
            runner.cancel(&cancel).run(&context)
        } else {
            runner.run(&context)
        }
    };
    run(true).unwrap_err();
    let certificate = first.text("/etc/kubernetes/pki/apiserver.crt");
    assert!(first.manifest("kube-scheduler").contains(":v1.35.3"));
    cluster.clock.advance(Duration::from_secs(3600));
    run(false).unwrap();
    assert!(first.manifest("kube-scheduler").contains(":v1.36.2"));
    assert_eq!(
        first.text("/etc/kubernetes/pki/apiserver.crt"),
        certificate,
        "issued once"
    );
    assert!(cluster.plan(UpgradeCommand::Apply, first).is_empty());
}

#[test]
fn what_there_is_to_upgrade_to_and_what_manifests_become() {
    let cluster = Cluster::new();
    let [first, ..] = &cluster.nodes;
    let cancel = CancelToken::new();
    let context = cluster.context(UpgradeCommand::Plan, first);
    let cx = Cx::new(&context, &first.files, &cluster.clock, &cancel);
    let (plan, _) = upgrade::plan(&cx).unwrap();
    let text = upgrade::plan_text(&plan);
    for line in [
        "kubelet     w-1    v1.35.3   v1.36.2",
        "etcd                      cp-2   3.5.24-0   3.6.8-0",
        "kubelet.config.k8s.io     v1beta1           v1beta1             no",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let pods = ResourceRef::of_kind("v1", "Pod").within("kube-system");
    let pods = cluster
        .server
        .execute(&Operation::list(pods, ListOptions::default()));
    assert_eq!(pods.unwrap().into_list().unwrap().items.len(), 8);

    let context = cluster.context(UpgradeCommand::Diff, first);
    let cx = Cx::new(&context, &first.files, &cluster.clock, &cancel);
    let diffs = upgrade::diff(&cx).unwrap();
    assert_eq!(diffs.len(), 3);
    for diff in &diffs {
        assert_eq!(diff.diff.matches("\n-").count(), 1, "{}", diff.diff);
        assert!(diff.diff.contains(":v1.36.2"), "{}", diff.diff);
    }
}

#[test]
fn a_feature_gate_that_nobody_knows_any_more_is_no_obstacle() {
    let cluster = Cluster::new();
    let [first, ..] = &cluster.nodes;
    let map = cluster.get("v1", "ConfigMap", "kubeadm-config");
    let text = map["data"]["ClusterConfiguration"].as_str().unwrap();
    let text = format!(
        "{text}featureGates: {{WaitForAllControlPlaneComponents: true, NodeLocalCRISocket: true}}\n"
    );
    let target = ResourceRef::of_kind("v1", "ConfigMap").within("kube-system");
    let patch = Patch::Merge(json!({"data": {"ClusterConfiguration": text}}));
    let patch = Operation::patch(
        target.named("kubeadm-config"),
        patch,
        WriteOptions::new("somebody"),
    );
    cluster.server.execute(&patch).unwrap();

    let plan = cluster.plan(UpgradeCommand::Apply, first);
    let notes = plan.phases[0].notes.iter();
    let unknown = notes.filter(|note| note.code == "upgrade.unknown-feature-gate");
    let unknown: Vec<_> = unknown.map(|note| note.text.as_str()).collect();
    assert_eq!(
        unknown,
        ["this release knows no feature gate WaitForAllControlPlaneComponents"]
    );
    let attend = |event: &Event| cluster.attend(first, event);
    cluster.run(UpgradeCommand::Apply, first, &attend).unwrap();
    let map = cluster.get("v1", "ConfigMap", "kubeadm-config");
    let text = map["data"]["ClusterConfiguration"].as_str().unwrap();
    assert!(text.contains("kubernetesVersion: v1.36.2"), "{text}");
    assert!(
        text.contains("WaitForAllControlPlaneComponents: true"),
        "kept as it is: {text}"
    );
}

/// As in a cluster that kubeadm itself made: it replaces objects, and is another owner than who applies them.
#[test]
fn what_kubeadm_wrote_is_taken_and_what_others_changed_stays() {
    let cluster = Cluster::new();
    let [first, second, _] = &cluster.nodes;
    let mut proxy = cluster.get("apps/v1", "DaemonSet", "kube-proxy");
    let metadata = proxy["metadata"].as_object_mut().unwrap();
    metadata.retain(|key, _| ["name", "namespace", "labels"].contains(&key.as_str()));
    proxy.as_object_mut().unwrap().remove("status");
    let target = ResourceRef::of_kind("apps/v1", "DaemonSet").within("kube-system");
    let target = target.named("kube-proxy");
    let delete = DeleteOptions::default().grace_period_seconds(0);
    let delete = Operation::delete(target.clone(), delete);
    cluster.server.execute(&delete).unwrap();
    let create = Operation::create(target.collection(), proxy, WriteOptions::new("kubeadm"));
    cluster.server.execute(&create).unwrap();
    let class = json!({"spec": {"template": {"spec": {"priorityClassName": "own"}}}});
    let edit = Operation::patch(
        target,
        Patch::Merge(class),
        WriteOptions::new("kubectl-edit"),
    );
    cluster.server.execute(&edit).unwrap();

    let attend = |event: &Event| cluster.attend(first, event);
    cluster.run(UpgradeCommand::Apply, first, &attend).unwrap();
    let attend = |event: &Event| cluster.attend(second, event);
    cluster.run(UpgradeCommand::Node, second, &attend).unwrap();
    let image = cluster.proxy_image();
    assert!(image.ends_with(":v1.36.2"), "{image}");
    let proxy = cluster.get("apps/v1", "DaemonSet", "kube-proxy");
    let spec = &proxy["spec"]["template"]["spec"];
    assert_eq!(spec["priorityClassName"], "own");
}

#[test]
fn what_may_not_be_upgraded_to_is_refused_before_anything_changes() {
    let cluster = Cluster::new();
    let [first, ..] = &cluster.nodes;
    let revision = cluster.server.revision();
    let code = |change: &dyn Fn(&mut UpgradeSettings)| {
        let mut context = cluster.context(UpgradeCommand::Apply, first);
        change(&mut context.settings);
        let flow = flow_of(UpgradeCommand::Apply);
        let failure = Runner::new(&flow, &first.files)
            .clock(&cluster.clock)
            .run(&context)
            .unwrap_err();
        match failure.error {
            RunError::Phase { path, error } => {
                assert_eq!(path, "preflight");
                error.code.into_owned()
            }
            other => other.to_string(),
        }
    };
    assert_eq!(
        code(&|to| "v1.37.0".clone_into(&mut to.version)),
        "upgrade.version-policy"
    );
    assert_eq!(
        code(&|to| "v1.34.0".clone_into(&mut to.version)),
        "upgrade.unsupported-version"
    );
    assert_eq!(
        code(&|to| "nonsense".clone_into(&mut to.version)),
        "upgrade.bad-version"
    );
    assert_eq!(code(&|to| to.confirmed = false), "upgrade.not-confirmed");
    assert_eq!(
        code(&|to| to.ignore_preflight_errors.clear()),
        "preflight.failed"
    );
    assert_eq!(cluster.server.revision(), revision);
}
