//! Plans of rollouts: `cargo bench -p benches --bench rollout`. Allocations are counted with the times.
#![allow(clippy::expect_used, reason = "what is measured works")]

use divan::{AllocProfiler, Bencher, black_box};
use machine_api::{
    Gates,
    core::v1beta2::{Machine, MachineDeployment, MachineSet},
    names,
    rollout::{MovingMachine, Rollout},
};
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn template(version: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": "workers", "cluster.x-k8s.io/cluster-name": "prod"}},
        "spec": {
            "clusterName": "prod",
            "version": version,
            "bootstrap": {"configRef": {"apiGroup": "bootstrap.cluster.x-k8s.io", "kind": "KubeadmConfigTemplate", "name": "workers"}},
            "infrastructureRef": {"apiGroup": "infrastructure.cluster.x-k8s.io", "kind": "DemoMachineTemplate", "name": "workers"},
        },
    })
}

fn deployment(replicas: usize) -> MachineDeployment {
    let deployment = json!({
        "metadata": {"name": "workers", "namespace": "default", "uid": "1", "annotations": {"example.com/team": "infra"}},
        "spec": {
            "clusterName": "prod",
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "workers"}},
            "template": template("v1.36.0"),
            "rollout": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 3, "maxUnavailable": 1}}},
        },
    });
    serde_json::from_value(deployment).expect("a MachineDeployment")
}

/// MachineSets that share the machines; the last one is the current one, and two machines are available beyond the bound.
fn sets(count: usize, machines: usize) -> Vec<MachineSet> {
    let set = |index: usize| {
        let own = machines / count + if index == 0 { machines % count } else { 0 };
        let own = own + usize::from(index + 1 == count);
        let version = if index + 1 == count {
            "v1.36.0"
        } else {
            "v1.35.4"
        };
        let name = format!("workers-{}", names::suffix(index as u64, 5));
        let set = json!({
            "metadata": {
                "name": name,
                "namespace": "default",
                "uid": name,
                "creationTimestamp": format!("2026-05-{:02}T00:00:00Z", index + 1),
                "labels": {"app": "workers", "machine-template-hash": format!("1234-{index}")},
                "annotations": {"machinedeployment.clusters.x-k8s.io/revision": (index + 1).to_string()},
            },
            "spec": {"clusterName": "prod", "replicas": own, "template": template(version)},
            "status": {"replicas": own, "readyReplicas": own, "availableReplicas": own, "upToDateReplicas": own},
        });
        serde_json::from_value(set).expect("a MachineSet")
    };
    (0..count).map(set).collect()
}

fn rollout<'a>(deployment: &'a MachineDeployment, sets: &'a [MachineSet]) -> Rollout<'a> {
    let now = "2026-06-01T00:00:00Z".parse().expect("a time");
    Rollout::of(deployment, sets, now)
}

/// Two MachineSets in the middle of a rolling update.
#[divan::bench(args = [10, 1_000, 10_000])]
fn plan(bencher: Bencher<'_, '_>, machines: usize) {
    let (deployment, sets) = (deployment(machines), sets(2, machines));
    let rollout = rollout(&deployment, &sets);
    bencher.bench_local(|| {
        let plan = black_box(rollout).plan(&mut |length| names::suffix(0, length));
        plan.expect("a plan").changes_anything()
    });
}

/// The same, and both MachineSets as they are to be applied.
#[divan::bench(args = [10, 10_000])]
fn plan_and_objects(bencher: Bencher<'_, '_>, machines: usize) {
    let (deployment, sets) = (deployment(machines), sets(2, machines));
    let rollout = rollout(&deployment, &sets);
    bencher.bench_local(|| {
        let plan = black_box(rollout).plan(&mut |length| names::suffix(0, length));
        plan.expect("a plan").machine_sets().expect("objects")
    });
}

#[divan::bench]
fn plan_of_20_sets(bencher: Bencher<'_, '_>) {
    let (deployment, sets) = (deployment(1_000), sets(20, 1_000));
    let rollout = rollout(&deployment, &sets);
    bencher.bench_local(|| {
        let plan = black_box(rollout).plan(&mut |length| names::suffix(0, length));
        plan.expect("a plan").changes_anything()
    });
}

/// With updates in place: the machines are looked through for those that move.
#[divan::bench(args = [10, 1_000, 10_000])]
fn plan_in_place(bencher: Bencher<'_, '_>, count: usize) {
    let (deployment, sets) = (deployment(count), sets(2, count));
    let mut gates = Gates::default();
    gates.in_place_updates = true;
    let machine = |index: usize| {
        let mut machine = Machine::default();
        machine.metadata.name = format!("workers-{index}");
        machine
    };
    let machines: Vec<Machine> = (0..count).map(machine).collect();
    let yes = |_: &MachineSet, _: &MachineDeployment| Ok(true);
    bencher.bench_local(|| {
        let moving = MovingMachine::all(black_box(&machines));
        let rollout = rollout(&deployment, &sets).gates(gates);
        let rollout = rollout.moving(&moving).in_place(&yes);
        let plan = rollout.plan(&mut |length| names::suffix(0, length));
        plan.expect("a plan").changes_anything()
    });
}
