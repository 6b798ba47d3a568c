//! What holds for the decisions of MachineSets, whatever the machines.
#![allow(clippy::expect_used, reason = "a test")]

#[path = "laws/fleet.rs"]
mod fleet;

use std::collections::BTreeSet;

use fleet::{NOW, at, machine_set, machines, order, target};
use machine_api::{
    Compat,
    core::v1beta2::{Cluster, Machine},
    labels,
    machine_set::{
        delete_order::{Claim, DeleteOrder},
        preflight::{Preflight, PreflightCheck},
        sync::{Observed, SyncAction},
    },
    propagation,
};
use proptest::{collection::vec, prelude::*, sample::select};

fn compat() -> impl Strategy<Value = Compat> {
    select(vec![Compat::Fixed, Compat::Upstream])
}

fn names<'a>(machines: impl IntoIterator<Item = &'a Machine>) -> Vec<&'a str> {
    let machines = machines.into_iter();
    machines
        .map(|machine| machine.metadata.name.as_str())
        .collect()
}

/// What is left of the machines of a MachineSet once a plan is carried out and deletions are through.
fn carried_out(machines: &[Machine], gone: &[&Machine], made: usize) -> Vec<Machine> {
    let gone: BTreeSet<&str> = names(gone.iter().copied()).into_iter().collect();
    let mut left: Vec<Machine> = machines
        .iter()
        .filter(|machine| !gone.contains(machine.metadata.name.as_str()))
        .cloned()
        .collect();
    for index in 0..made {
        let mut machine = Machine::default();
        machine.metadata.name = format!("new-{index}");
        left.push(machine);
    }
    left
}

proptest! {
    /// The order does not depend on how machines are given, the first of it are a prefix of all of it, and Cluster API's
    /// priorities never rise along it.
    #[test]
    fn the_order_is_total(machines in machines(), order in order(), count in 0_usize..13, compat in compat(), seed in 0_usize..13) {
        let order = DeleteOrder::new(&order, at(NOW)).expect("known").compat(compat);
        let all = names(order.select(&machines, usize::MAX));
        prop_assert_eq!(all.len(), machines.len());
        let mut turned = machines.clone();
        turned.rotate_left(seed.min(machines.len()));
        turned.reverse();
        prop_assert_eq!(&all, &names(order.select(&turned, usize::MAX)));
        let first = names(order.select(&turned, count));
        prop_assert_eq!(&all[..count.min(all.len())], &first[..]);
        let priorities: Vec<f64> = order
            .select(&machines, usize::MAX)
            .into_iter()
            .map(|machine| order.priority(machine))
            .collect();
        prop_assert!(priorities.is_sorted_by(|a, b| a >= b), "{priorities:?}");
    }

    /// What is selected is what a plain sort by priority, then name, namespace and uid puts first, whatever the names.
    #[test]
    fn equals_go_by_name(machines in machines(), names in vec(("[ab]{0,14}", "[ab]?"), 12), order in order(), count in 0_usize..13) {
        let order = DeleteOrder::new(&order, at(NOW)).expect("known").compat(Compat::Upstream);
        let mut machines = machines;
        for (machine, (name, namespace)) in machines.iter_mut().zip(names) {
            machine.metadata.name = name;
            machine.metadata.namespace = namespace;
        }
        let mut plain: Vec<&Machine> = machines.iter().collect();
        plain.sort_by(|a, b| {
            let key = |machine: &Machine| {
                let metadata = &machine.metadata;
                (metadata.name.clone(), metadata.namespace.clone(), metadata.uid.clone())
            };
            order.priority(b).total_cmp(&order.priority(a)).then_with(|| key(a).cmp(&key(b)))
        });
        plain.truncate(count);
        let uid = |machines: Vec<&Machine>| -> Vec<String> { machines.iter().map(|one| one.metadata.uid.clone()).collect() };
        prop_assert_eq!(uid(order.select(&machines, count)), uid(plain));
    }

    /// The better order never takes a healthy machine before one with a claim.
    #[test]
    fn claims_come_first(machines in machines(), order in order()) {
        let order = DeleteOrder::new(&order, at(NOW)).expect("known");
        let claims: Vec<Claim> = order.select(&machines, usize::MAX).into_iter().map(Claim::of).collect();
        prop_assert!(claims.is_sorted(), "{claims:?}");
    }

    /// Never more go than there are too many, with those that are going already.
    #[test]
    fn no_more_go_than_too_many(set in machine_set(), machines in machines(), compat in compat()) {
        let target = target();
        let plan = Observed::new(&set, &machines, at(NOW)).target(Some(&target)).compat(compat).plan().expect("a plan");
        let surplus = usize::try_from(plan.surplus).unwrap_or(0);
        let (going, taken) = match &plan.action {
            SyncAction::Delete { delete, waiting, .. } => (delete.len(), waiting.len()),
            SyncAction::Move { moved, delete, .. } => (moved.len() + delete.len(), 0),
            _ => (0, 0),
        };
        prop_assert!(going + taken <= surplus);
        if let SyncAction::Delete { delete, .. } = &plan.action {
            prop_assert!(delete.iter().all(|machine| !machine.metadata.is_deleting()));
            prop_assert_eq!(going + taken, surplus);
        }
        if let SyncAction::Create { count } = plan.action {
            prop_assert!(count + machines.len() == usize::try_from(set.spec.replicas.unwrap_or(0)).expect("a size"));
        }
        prop_assert!(!plan.explain().is_empty());
    }

    /// Once a plan is carried out, there is nothing left to do.
    #[test]
    fn a_plan_is_enough(mut set in machine_set(), machines in machines()) {
        set.metadata.annotations.remove(labels::MOVE_MACHINES_TO_MACHINE_SET);
        let plan = |machines: &[Machine]| {
            let plan = Observed::new(&set, machines, at(NOW)).plan().expect("a plan");
            let (gone, made): (Vec<&str>, usize) = match &plan.action {
                SyncAction::Create { count } => (Vec::new(), *count),
                SyncAction::Delete { delete, waiting, .. } => {
                    (names(delete.iter().chain(waiting).copied()), 0)
                }
                _ => (Vec::new(), 0),
            };
            let gone: Vec<String> = gone.into_iter().map(str::to_owned).collect();
            (plan.is_empty(), gone, made)
        };
        let (_, gone, made) = plan(&machines);
        let gone: Vec<&Machine> = machines.iter().filter(|machine| gone.contains(&machine.metadata.name)).collect();
        let after = carried_out(&machines, &gone, made);
        let (empty, gone, made) = plan(&after);
        prop_assert!(empty, "{gone:?} {made}");
    }

    /// A machine that was given away belongs to the other MachineSet only, and is not given away again.
    #[test]
    fn moved_machines_change_hands(mut set in machine_set(), machines in machines()) {
        let target = target();
        let to = ("target".to_owned(), labels::MOVE_MACHINES_TO_MACHINE_SET.to_owned());
        set.metadata.annotations.insert(to.1, to.0);
        let owned: Vec<Machine> = machines.into_iter().map(|mut machine| {
            machine.metadata.owner_references = vec![propagation::controller_reference(&set)];
            machine
        }).collect();
        let plan = Observed::new(&set, &owned, at(NOW)).target(Some(&target)).plan().expect("a plan");
        let SyncAction::Move { moved, .. } = &plan.action else { return Ok(()) };
        for machine in moved {
            let machine = propagation::moved_machine(machine, &set, &target).expect("a hash");
            prop_assert_eq!(machine.metadata.controller().map(|owner| owner.name.as_str()), Some("target"));
            prop_assert_eq!(machine.metadata.owner_references.len(), 1);
            let one = [machine];
            let mut empty = set.clone();
            empty.spec.replicas = Some(0);
            let again = Observed::new(&empty, &one, at(NOW)).target(Some(&target)).plan().expect("a plan");
            prop_assert!(again.is_empty());
        }
    }
}

/// A year of age is where Cluster API stops telling machines apart.
#[test]
fn very_old_machines_still_differ() {
    let machine = |name: &str, days: i64, node: bool| {
        let mut machine = Machine::default();
        machine.metadata.name = name.to_owned();
        machine.metadata.creation_timestamp = Some(at(NOW - days * 86_400));
        if node {
            machine.status.node_ref.name = name.to_owned();
        }
        machine
    };
    let machines = [
        machine("a", 500, true),
        machine("b", 600, true),
        machine("c", 1, false),
    ];
    let oldest = machine_api::core::v1beta2::MachineSetDeletionOrder::Oldest;
    let order = DeleteOrder::new(&oldest, at(NOW)).expect("known");
    assert_eq!(names(order.select(&machines, 3)), ["c", "b", "a"]);
    let upstream = order.compat(Compat::Upstream);
    assert_eq!(names(upstream.select(&machines, 3)), ["a", "b", "c"]);
}

/// Cluster API deletes a machine that does not count yet, and then misses it.
#[test]
fn machines_that_do_not_count_yet_stay() {
    let machine = |name: &str, mark: Option<&str>| {
        let mut machine = Machine::default();
        machine.metadata.name = name.to_owned();
        machine.status.node_ref.name = name.to_owned();
        let marks = mark.into_iter();
        machine.metadata.annotations = marks.map(|mark| (mark.to_owned(), String::new())).collect();
        machine
    };
    let machines = [
        machine("a", None),
        machine("b", Some(labels::PENDING_ACKNOWLEDGE_MOVE)),
        machine("c", None),
    ];
    let mut set = target();
    set.spec.replicas = Some(1);
    let mut moved = machines;
    let update = labels::UPDATE_IN_PROGRESS.to_owned();
    moved[1].metadata.annotations.insert(update, String::new());
    let deleted = |compat| {
        let plan = Observed::new(&set, &moved, at(NOW)).compat(compat).plan();
        match plan.expect("a plan").action {
            SyncAction::Delete { delete, .. } => names(delete)[0].to_owned(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(deleted(Compat::Fixed), "a");
    assert_eq!(deleted(Compat::Upstream), "b");
}

/// The difference of versions of a very old control plane runs over in Cluster API.
#[test]
fn a_control_plane_below_minor_version_three_takes_machines() {
    let mut set = target();
    set.spec.template.spec.version = "v1.2.0".to_owned();
    let mut cluster = Cluster::default();
    cluster.spec.control_plane_ref.name = "cp".to_owned();
    let object =
        serde_json::json!({"spec": {"version": "v1.2.0"}, "status": {"version": "v1.2.0"}});
    let checks = [PreflightCheck::All];
    let preflight = Preflight::new(&cluster, &set, Some(&object), &checks);
    assert_eq!(preflight.run(), Ok(Vec::new()));
    let failures = preflight.compat(Compat::Upstream).run().expect("readable");
    assert_eq!(failures[0].check(), PreflightCheck::KubernetesVersionSkew);
    assert!(failures[0].explain(&set).remedy.is_some());
}

#[test]
fn nothing_happens_for_a_reason() {
    let mut set = target();
    set.spec.replicas = Some(2);
    let disabled = labels::DISABLE_MACHINE_CREATE.to_owned();
    set.metadata.annotations.insert(disabled, "true".to_owned());
    let plan = Observed::new(&set, &[], at(NOW)).plan().expect("a plan");
    let why = plan.explain();
    assert_eq!(
        why[0].to_string(),
        "MachineSet target: 2 machines are missing, and none are made (MachineCreateDisabled); to change that, remove the \
         annotation cluster.x-k8s.io/disable-machine-create"
    );
    set.spec.replicas = None;
    let error = Observed::new(&set, &[], at(NOW)).plan().expect_err("none");
    assert_eq!(
        error.to_string(),
        "spec.replicas of MachineSet target is not set"
    );
}
