//! Arbitrary machines and MachineSets.

use componentconfig::core::Time;
use machine_api::{
    core::v1beta2::{Machine, MachineSet, MachineSetDeletionOrder},
    labels,
    meta::{Condition, ConditionStatus, ObjectMeta},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

/// The clock of every law: 2026-06-01T00:00:00Z.
pub(crate) const NOW: i64 = 1_780_272_000;

pub(crate) fn at(unix: i64) -> Time {
    Time::from_unix(unix).expect("within four thousand years")
}

pub(crate) fn condition(kind: &str, status: ConditionStatus) -> Condition {
    Condition {
        r#type: kind.to_owned(),
        status,
        reason: "R".to_owned(),
        last_transition_time: Some(at(NOW - 1000)),
        ..Condition::default()
    }
}

fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    let status = || {
        option::of(select(vec![
            ConditionStatus::True,
            ConditionStatus::False,
            ConditionStatus::Unknown,
        ]))
    };
    (status(), status(), status()).prop_map(|(node, check, owner)| {
        let kinds = ["NodeHealthy", "HealthCheckSucceeded", "OwnerRemediated"];
        let all = kinds.into_iter().zip([node, check, owner]);
        all.filter_map(|(kind, status)| Some(condition(kind, status?)))
            .collect()
    })
}

/// A machine; the name is set by [`machines`].
fn machine() -> impl Strategy<Value = Machine> {
    let marks = select(vec![
        labels::DELETE_MACHINE,
        labels::UPDATE_IN_PROGRESS,
        labels::PENDING_ACKNOWLEDGE_MOVE,
        labels::REMEDIATE_MACHINE,
        labels::PAUSED,
        labels::SKIP_REMEDIATION,
    ]);
    let created = option::of(-1_000_i64..2_000 * 86_400);
    let deleting = prop::bool::weighted(0.2);
    let node = prop::bool::weighted(0.8);
    (created, deleting, vec(marks, 0..2), node, conditions()).prop_map(
        |(age, deleting, marks, node, conditions)| {
            let mut machine = Machine::default();
            machine.metadata.creation_timestamp = age.map(|age| at(NOW - age));
            machine.metadata.deletion_timestamp = deleting.then(|| at(NOW - 50));
            let marks = marks.into_iter();
            machine.metadata.annotations =
                marks.map(|mark| (mark.to_owned(), String::new())).collect();
            if node {
                "node".clone_into(&mut machine.status.node_ref.name);
            }
            machine.status.conditions = conditions;
            machine
        },
    )
}

/// Machines of one MachineSet, in no order.
pub(crate) fn machines() -> impl Strategy<Value = Vec<Machine>> {
    let machines = vec(machine(), 0..12).prop_map(|mut machines| {
        for (index, machine) in machines.iter_mut().enumerate() {
            machine.metadata.name = format!("workers-{}", index * 7919 % 997);
            machine.metadata.uid.clone_from(&machine.metadata.name);
        }
        machines
    });
    machines.prop_shuffle()
}

pub(crate) fn order() -> impl Strategy<Value = MachineSetDeletionOrder> {
    select(vec![
        MachineSetDeletionOrder::Random,
        MachineSetDeletionOrder::Newest,
        MachineSetDeletionOrder::Oldest,
    ])
}

/// A MachineSet that may be told to take machines, to give them away, or to make none.
pub(crate) fn machine_set() -> impl Strategy<Value = MachineSet> {
    let marks = vec(
        select(vec![
            (labels::DISABLE_MACHINE_CREATE, "true"),
            (labels::RECEIVE_MACHINES_FROM_MACHINE_SETS, "other"),
            (labels::MOVE_MACHINES_TO_MACHINE_SET, "target"),
        ]),
        0..3,
    );
    (0_i32..12, order(), marks).prop_map(|(replicas, order, marks)| {
        let mut set = MachineSet {
            metadata: ObjectMeta::named("default", "set"),
            ..MachineSet::default()
        };
        set.spec.replicas = Some(replicas);
        set.spec.deletion.order = order;
        let marks = marks.into_iter();
        set.metadata.annotations = marks
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        set
    })
}

/// A MachineSet that takes machines from [`machine_set`]'s.
pub(crate) fn target() -> MachineSet {
    let mut set = MachineSet {
        metadata: ObjectMeta::named("default", "target"),
        ..MachineSet::default()
    };
    let hash = (labels::MACHINE_TEMPLATE_HASH.to_owned(), "1-b".to_owned());
    set.metadata.labels = [hash].into();
    let from = labels::RECEIVE_MACHINES_FROM_MACHINE_SETS.to_owned();
    set.metadata.annotations = [(from, "set".to_owned())].into();
    set
}
