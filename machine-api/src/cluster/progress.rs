//! Conditions of a Cluster that are made of those of its control plane, its workers and its machines.

use super::{Observed, is_set};
use crate::{
    conditions::{
        Aggregate, Owner, find,
        machines::{self, Reasons},
        of_object, told,
    },
    core::v1beta2::Machine,
    labels,
    machine::observed::External,
    meta::{Condition, ConditionStatus},
};

/// Conditions that only say that what they are made of could not be found out.
const OF_DESCENDANTS: [&str; 9] = [
    "WorkersAvailable",
    "ControlPlaneMachinesReady",
    "WorkerMachinesReady",
    "ControlPlaneMachinesUpToDate",
    "WorkerMachinesUpToDate",
    "RollingOut",
    "ScalingUp",
    "ScalingDown",
    "Remediating",
];

impl Observed<'_> {
    pub(super) fn progress(&self) -> Vec<Condition> {
        if !self.knows_descendants() {
            return OF_DESCENDANTS.map(unreadable).into();
        }
        let (control_plane, workers) = (self.control_plane_machines(), self.worker_machines());
        let control_plane_conditions = match self.control_plane {
            External::Found(object) => of_object(object).unwrap_or_default(),
            External::Unknown | External::Missing => Vec::new(),
        };
        let moving = |kind: &Moving<'_>| self.moving(kind, &control_plane_conditions);
        vec![
            self.workers_available(),
            machines::ready(&control_plane, "ControlPlaneMachinesReady"),
            machines::ready(&workers, "WorkerMachinesReady"),
            machines::up_to_date(&control_plane, "ControlPlaneMachinesUpToDate", self.now),
            machines::up_to_date(&workers, "WorkerMachinesUpToDate", self.now),
            moving(&Moving {
                condition: "RollingOut",
                unknown: "RollingOutUnknown",
                not: "NotRollingOut",
                of_sets: false,
            }),
            moving(&Moving {
                condition: "ScalingUp",
                unknown: "ScalingUpUnknown",
                not: "NotScalingUp",
                of_sets: true,
            }),
            moving(&Moving {
                condition: "ScalingDown",
                unknown: "ScalingDownUnknown",
                not: "NotScalingDown",
                of_sets: true,
            }),
            self.remediating(),
        ]
    }

    /// MachinePools have no condition `Available` yet, so only MachineDeployments count.
    fn workers_available(&self) -> Condition {
        let reasons = Reasons {
            issue: "NotAvailable",
            unknown: "AvailableUnknown",
            good: "Available",
            nothing: "NoWorkers",
        };
        let aggregate = Aggregate::of("Available").target("WorkersAvailable");
        machines::aggregate(aggregate, &self.deployments(), &reasons)
    }

    /// A condition that is false if all is well. The control plane only counts if it has it.
    fn moving(&self, moving: &Moving<'_>, control_plane: &[Condition]) -> Condition {
        let reference = &self.cluster.spec.control_plane_ref;
        if is_set(reference) && matches!(self.control_plane, External::Unknown) {
            return unreadable(moving.condition);
        }
        let mut owners = Vec::new();
        if find(control_plane, moving.condition).is_some() {
            owners.push(Owner {
                kind: &reference.kind,
                name: &reference.name,
                control_plane: false,
                conditions: control_plane,
            });
        }
        owners.extend(self.deployments());
        let sets = self.machine_sets.iter().filter(|_| moving.of_sets);
        let alone = sets.filter(|set| self.owns(&set.metadata));
        owners.extend(alone.map(|set| Owner {
            kind: "MachineSet",
            name: &set.metadata.name,
            control_plane: false,
            conditions: &set.status.conditions,
        }));
        let reasons = Reasons {
            issue: moving.condition,
            unknown: moving.unknown,
            good: moving.not,
            nothing: moving.not,
        };
        machines::aggregate(
            Aggregate::of(moving.condition).negative(),
            &owners,
            &reasons,
        )
    }

    fn remediating(&self) -> Condition {
        let pool = |one: &&Machine| one.metadata.labels.contains_key(labels::POOL_NAME);
        let all = self.machines.iter().copied().filter(|one| !pool(one));
        let all: Vec<&Machine> = all.collect();
        machines::remediating(&all, "")
    }

    fn deployments(&self) -> Vec<Owner<'_>> {
        let all = self.machine_deployments.iter();
        all.map(|deployment| Owner {
            kind: "MachineDeployment",
            name: &deployment.metadata.name,
            control_plane: false,
            conditions: &deployment.status.conditions,
        })
        .collect()
    }
}

/// Something that goes on in a cluster: a condition, and its other reasons.
struct Moving<'a> {
    condition: &'a str,
    unknown: &'a str,
    not: &'a str,
    /// Whether MachineSets count that belong to no MachineDeployment.
    of_sets: bool,
}

fn unreadable(kind: &str) -> Condition {
    let message = "Please check controller logs for errors";
    told(kind, ConditionStatus::Unknown, "InternalError", message)
}
