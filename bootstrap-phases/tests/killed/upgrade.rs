//! The upgrade of the first control plane: the kubelet follows what the run writes.

use std::sync::Arc;

use apply_semantics::op::{
    ApplyOptions, DeleteOptions, ObjectRef, Operation, ResourceRef, WriteOptions,
};
use apply_semantics::patch::Patch;
use bootstrap_phases::kubeadm::HostFacts;
use bootstrap_phases::kubeadm::join::MemEtcd;
use bootstrap_phases::kubeadm::upgrade::{
    UpgradeCommand, UpgradeContext, UpgradeSettings, apply_workflow,
};
use bootstrap_phases::{Digest, Event, EventKind, Files as _, Report, RunFailure, RunPlan};
use componentconfig::kubeadm::Facts;
use componentconfig::kubeadm::v1beta4::UpgradeConfiguration;
use serde_json::{Value, json};

use super::cluster::node_object;
use super::workflows::initialised_at;
use super::world::{DAY, Process, World};

const OLD: &str = "v1.35.3";
const NEW: &str = "v1.36.2";
const HASH: &str = "kubernetes.io/config.hash";
const COMPONENTS: [&str; 4] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
];

/// A control plane of the release before, with its etcd, a day later.
pub(crate) fn older() -> World {
    let mut world = initialised_at(OLD);
    world.etcd = Some(Arc::new(MemEtcd::new("cp-1", "https://10.1.2.3:2380")));
    world.time += DAY;
    let path = "/etc/kubernetes/manifests/etcd.yaml";
    let text = String::from_utf8(world.files.read(path).unwrap()).unwrap();
    let text = text.replace("etcd:3.6.8-0", "etcd:3.5.24-0");
    world
        .files
        .write_atomic(path, text.as_bytes(), 0o600)
        .unwrap();
    write(&world, node_object("cp-1"));
    let status = json!({
        "nodeInfo": {"kubeletVersion": OLD},
        "conditions": [{"type": "Ready", "status": "True"}],
    });
    let node = ResourceRef::of_kind("v1", "Node").all().named("cp-1");
    tell(&world, node, &status);
    for component in COMPONENTS {
        restart(&world, component);
    }
    world
}

fn write(world: &World, object: Value) {
    let options = ApplyOptions::new("kubelet").force();
    let apply = Operation::apply_object(object, options).unwrap();
    world.server.execute(&apply).unwrap();
}

fn tell(world: &World, target: ObjectRef, status: &Value) {
    let patch = Patch::Merge(json!({"status": status}));
    let options = WriteOptions::new("kubelet");
    let told = Operation::patch(target.subresource("status"), patch, options);
    // What was not made yet has no status.
    let _ = world.server.execute(&told);
}

/// A static Pod that runs from what its manifest is now, shown as a mirror Pod.
fn restart(world: &World, component: &str) {
    let path = format!("/etc/kubernetes/manifests/{component}.yaml");
    let text = world.files.read(&path).unwrap();
    let mut pod = componentconfig::yaml::read(std::str::from_utf8(&text).unwrap()).unwrap();
    pod["metadata"]["name"] = json!(format!("{component}-cp-1"));
    let hash = json!(Digest::of(&text).to_string());
    let shown = world.get("Pod", "kube-system", &format!("{component}-cp-1"));
    if shown.is_some_and(|shown| shown["metadata"]["annotations"][HASH] == hash) {
        return;
    }
    pod["metadata"]["annotations"][HASH] = hash;
    pod["spec"]["nodeName"] = json!("cp-1");
    pod.as_object_mut().unwrap().remove("status");
    let target = ObjectRef::of(&pod).unwrap();
    let delete = DeleteOptions::default().grace_period_seconds(0);
    let _ = world
        .server
        .execute(&Operation::delete(target.clone(), delete));
    write(world, pod);
    tell(world, target, &json!({"phase": "Running"}));
}

fn upgrade_of(world: &World, process: &Process<'_>) -> UpgradeContext {
    let mut config = UpgradeConfiguration::default();
    config.set_defaults();
    let mut settings = UpgradeSettings::new(UpgradeCommand::Apply, &config);
    settings.confirmed = true;
    NEW.clone_into(&mut settings.version);
    // The kernel of this host is not described.
    settings.ignore_preflight_errors = vec!["systemverification".to_owned()];
    let host = HostFacts {
        hostname: "cp-1".to_owned(),
        ..HostFacts::default()
    };
    let (api, keys) = (process.api.clone(), process.keys.clone());
    let mut context = UpgradeContext::new(settings, api, Facts::default(), host, keys);
    context.machine = Some(Arc::new(process.host.clone()));
    context.etcd = world.etcd.clone().map(|etcd| etcd as _);
    context
}

pub(crate) fn run(world: &World, process: &Process<'_>) -> Result<Report, Box<RunFailure>> {
    let flow = apply_workflow().build().unwrap();
    let kubelet = |event: &Event| {
        if matches!(event.kind, EventKind::Waiting { .. }) {
            for component in COMPONENTS {
                restart(world, component);
            }
            let jobs = ResourceRef::of_kind("batch/v1", "Job").within("kube-system");
            let done = json!({"conditions": [{"type": "Complete", "status": "True"}]});
            tell(world, jobs.named("upgrade-health-check"), &done);
        }
    };
    process.run(world, &flow, &upgrade_of(world, process), &kubelet)
}

pub(crate) fn plan(world: &World, process: &Process<'_>) -> RunPlan {
    let flow = apply_workflow().build().unwrap();
    process.plan(world, &flow, &upgrade_of(world, process))
}
