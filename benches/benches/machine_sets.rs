//! In which order machines of a MachineSet are deleted: all of 10, 1,000, 10,000 and 100,000, and the first ten of them.
//!
//! `cargo bench -p benches --bench machine_sets`.
#![allow(clippy::expect_used, reason = "what is measured works")]

use divan::{Bencher, black_box, counter::ItemsCount};
use machine_api::{
    core::v1beta2::{Machine, MachineSetDeletionOrder},
    machine_set::delete_order::DeleteOrder,
};
use serde_json::json;

fn main() {
    divan::main();
}

/// The clock: 2026-06-01T00:00:00Z.
const NOW: i64 = 1_780_272_000;

const SIZES: [usize; 4] = [10, 1_000, 10_000, 100_000];

/// Machines as they are in a cluster: labels, owner, finalizer, four conditions; one in a hundred is being deleted, marked or
/// without node.
fn machines(count: usize) -> Vec<Machine> {
    let machine = |index: usize| -> Machine {
        let name = format!("workers-x2b4c-{:05}", index * 7919 % 100_003);
        let age = i64::try_from(index * 104_729 % 40_000_000).expect("a time");
        let time = |seconds: i64| componentconfig::core::Time::from_unix(seconds).expect("a time");
        let since = time(NOW - age).to_string();
        let conditions = ["Available", "Ready", "NodeHealthy", "HealthCheckSucceeded"].map(|kind| {
            json!({"type": kind, "status": "True", "reason": kind, "message": "", "lastTransitionTime": since})
        });
        let mut machine: Machine = serde_json::from_value(json!({
            "metadata": {
                "name": name, "namespace": "default", "uid": name, "finalizers": ["machine.cluster.x-k8s.io"],
                "creationTimestamp": time(NOW - age).to_string(),
                "labels": {
                    "cluster.x-k8s.io/cluster-name": "prod", "cluster.x-k8s.io/deployment-name": "workers",
                    "cluster.x-k8s.io/set-name": "workers-x2b4c", "machine-template-hash": "1-x2b4c",
                },
                "annotations": {"example.com/owner": "team"},
                "ownerReferences": [{
                    "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "MachineSet", "name": "workers-x2b4c", "uid": "u",
                    "controller": true,
                }],
            },
            "spec": {"clusterName": "prod", "version": "v1.36.0", "providerID": format!("demo:///{name}")},
            "status": {
                "nodeRef": {"name": name}, "phase": "Running",
                "conditions": conditions,
            },
        }))
        .expect("a machine");
        match index % 300 {
            0 => machine.metadata.deletion_timestamp = Some(time(NOW - 60)),
            100 => {
                let mark = "cluster.x-k8s.io/delete-machine".to_owned();
                machine.metadata.annotations.insert(mark, String::new());
            }
            200 => machine.status.node_ref.name.clear(),
            _ => {}
        }
        machine
    };
    (0..count).map(machine).collect()
}

fn select(bencher: Bencher, policy: &MachineSetDeletionOrder, size: usize, count: usize) {
    let machines = machines(size);
    let now = componentconfig::core::Time::from_unix(NOW).expect("a time");
    let order = DeleteOrder::new(policy, now).expect("known");
    bencher
        .counter(ItemsCount::new(size))
        .bench(|| order.select(black_box(&machines), count));
}

#[divan::bench(args = SIZES)]
fn random_all(bencher: Bencher, size: usize) {
    select(bencher, &MachineSetDeletionOrder::Random, size, size);
}

#[divan::bench(args = SIZES)]
fn oldest_all(bencher: Bencher, size: usize) {
    select(bencher, &MachineSetDeletionOrder::Oldest, size, size);
}

#[divan::bench(args = SIZES)]
fn newest_all(bencher: Bencher, size: usize) {
    select(bencher, &MachineSetDeletionOrder::Newest, size, size);
}

#[divan::bench(args = SIZES)]
fn random_first_ten(bencher: Bencher, size: usize) {
    select(bencher, &MachineSetDeletionOrder::Random, size, 10);
}

#[divan::bench(args = SIZES)]
fn oldest_first_ten(bencher: Bencher, size: usize) {
    select(bencher, &MachineSetDeletionOrder::Oldest, size, 10);
}

#[divan::bench(args = SIZES)]
fn newest_first_ten(bencher: Bencher, size: usize) {
    select(bencher, &MachineSetDeletionOrder::Newest, size, 10);
}
