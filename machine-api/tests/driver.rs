//! A management cluster inside the process: an API server, a provider in memory, and the driver between them.
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
    contract::ContractVersion,
    core::v1beta2::{Machine, MachineDeployment, MachineHealthCheck, MachineSet},
    provider::{Job, MemoryProvider, ProviderError},
};
use proptest::prelude::*;
use serde_json::json;
use world::World;

#[test]
fn a_cluster_comes_up_scales_and_goes() {
    for contract in ContractVersion::ALL {
        let provider = MemoryProvider::new()
            .delay(Job::CreateCluster, 60)
            .delay(Job::ControlPlane, 120)
            .delay(Job::Bootstrap, 5)
            .delay(Job::CreateMachine, 90)
            .delay(Job::StartNode, 30)
            .delay(Job::DeleteMachine, 20);
        let mut world = World::new(provider, contract);
        world.create_cluster(3);
        world.settle();
        assert_eq!(world.available(), Some(3));
        assert_eq!(world.machines(), 3);
        let machines: Vec<Machine> = world.list();
        for machine in &machines {
            assert!(
                machine.spec.provider_id.starts_with("memory:///"),
                "{machine:?}"
            );
            assert_eq!(machine.status.phase.as_str(), "Running");
        }

        world.scale(5);
        world.settle();
        assert_eq!((world.available(), world.machines()), (Some(5), 5));
        world.scale(1);
        world.settle();
        assert_eq!((world.available(), world.machines()), (Some(1), 1));

        world.delete_cluster();
        world.settle();
        assert_eq!(world.left(), Vec::<String>::new());
        assert_eq!(world.machines(), 0);
    }
}

/// No machine goes before another one is available in its place, and there is never more than one too many.
#[test]
fn another_version_rolls() {
    let provider = MemoryProvider::new()
        .delay(Job::CreateMachine, 60)
        .delay(Job::DeleteMachine, 30);
    let mut world = World::new(provider, ContractVersion::V1Beta2);
    world.create_cluster(3);
    world.settle();
    world.set_version("v1.36.1");
    world.settle_watching(|world| {
        let available = world.available().unwrap_or(0);
        assert!(available >= 3, "{available} available");
        let machines: Vec<Machine> = world.list();
        let alive = machines
            .iter()
            .filter(|machine| !machine.metadata.is_deleting())
            .count();
        assert!(alive <= 4, "{alive} machines");
    });
    assert_eq!((world.available(), world.machines()), (Some(3), 3));
    let machines: Vec<Machine> = world.list();
    assert!(
        machines
            .iter()
            .all(|machine| machine.spec.version == "v1.36.1")
    );
    let sets: Vec<MachineSet> = world.list();
    assert_eq!(sets.len(), 1);
    let deployment: MachineDeployment = world.list().remove(0);
    assert_eq!(deployment.status.up_to_date_replicas, Some(3));
}

#[test]
fn a_broken_node_is_replaced() {
    let mut world = World::new(MemoryProvider::new(), ContractVersion::V1Beta2);
    world.create_cluster(3);
    world.create_health_check(&json!({"unhealthyLessThanOrEqualTo": "40%"}));
    world.settle();
    let before: Vec<Machine> = world.list();
    let broken = before[0].metadata.name.clone();
    world.break_node(&broken);
    world.settle();
    let after: Vec<Machine> = world.list();
    assert_eq!(
        (after.len(), world.available(), world.machines()),
        (3, Some(3), 3)
    );
    assert!(after.iter().all(|machine| machine.metadata.name != broken));

    // Too many at once are left alone, and the check says why.
    for machine in &after[..2] {
        world.break_node(&machine.metadata.name);
    }
    world.settle();
    let still: Vec<Machine> = world.list();
    let names = |machines: &[Machine]| -> Vec<String> {
        machines
            .iter()
            .map(|machine| machine.metadata.name.clone())
            .collect()
    };
    assert_eq!(names(&still), names(&after));
    let check: MachineHealthCheck = world.list().remove(0);
    assert_eq!(check.status.remediations_allowed, Some(0));
    assert!(
        world
            .why()
            .iter()
            .any(|why| why.reason == "TooManyUnhealthy"),
        "{:?}",
        world.why()
    );
}

#[test]
fn a_provider_that_fails_is_asked_again() {
    let mut provider = MemoryProvider::new();
    let quota = ProviderError::new("QuotaExceeded", "no machines left");
    provider.fail(Job::CreateMachine, None, 7, quota);
    let mut world = World::new(provider, ContractVersion::V1Beta2);
    world.create_cluster(2);
    let mut seen = false;
    world.settle_watching(|world| {
        seen |= world.why().iter().any(|why| why.reason == "ProviderFailed");
    });
    assert!(seen);
    assert_eq!((world.available(), world.machines()), (Some(2), 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    /// Killed between any two writes, the driver goes on where it was: nothing is made twice, nothing is forgotten.
    #[test]
    fn interruptions_do_no_harm(cuts in prop::collection::vec(0_usize..9, 24), replicas in 1_i32..4, then in 0_i32..4) {
        let provider = MemoryProvider::new().delay(Job::CreateMachine, 20).delay(Job::DeleteMachine, 10);
        let mut world = World::new(provider, ContractVersion::V1Beta2);
        world.create_cluster(replicas);
        for cut in &cuts[..12] {
            world.step_killed_after(*cut);
        }
        world.scale(then);
        for cut in &cuts[12..] {
            world.step_killed_after(*cut);
        }
        world.settle();
        let machines: Vec<Machine> = world.list();
        let wanted = usize::try_from(then).expect("a size");
        prop_assert_eq!((machines.len(), world.machines()), (wanted, wanted));
        prop_assert_eq!(world.available(), Some(then));
        prop_assert_eq!(world.count("infrastructure.example.com/v1", "DemoMachine"), wanted);
        prop_assert_eq!(world.count("bootstrap.example.com/v1", "DemoConfig"), wanted);
    }
}
