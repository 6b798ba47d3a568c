//! From the machines of a MachineSet and the number wanted to what happens to them.
//!
//! Follows `syncReplicas`, `deleteMachines` and `startMoveMachines` of Cluster API.

mod explain;

use componentconfig::core::Time;
use serde::Serialize;

use super::delete_order::{DeleteOrder, UnknownOrder};
use crate::{
    Compat,
    core::v1beta2::{Machine, MachineSet},
    facts, labels,
};

/// What is looked at.
///
/// ```
/// use machine_api::{core::v1beta2::MachineSet, machine_set::sync::{Observed, SyncAction}};
///
/// let set: MachineSet = serde_json::from_str(r#"{"metadata": {"name": "workers"}, "spec": {"replicas": 3}}"#)?;
/// let plan = Observed::new(&set, &[], "2026-06-01T00:00:00Z".parse()?).plan()?;
/// assert_eq!(plan.action, SyncAction::Create { count: 3 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    machine_set: &'a MachineSet,
    machines: &'a [Machine],
    target: Option<&'a MachineSet>,
    now: Time,
    compat: Compat,
}

/// Why nothing can be decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The number of machines is not set. Defaults of admission set it.
    #[error("spec.replicas of MachineSet {0} is not set")]
    NoReplicas(String),
    /// The deletion order is not known.
    #[error("spec.deletion.order: {0}")]
    Order(#[from] UnknownOrder),
}

/// What happens to the machines of a MachineSet, and why.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SyncPlan<'a> {
    /// The MachineSet.
    pub machine_set: &'a MachineSet,
    /// How many machines there are beyond those wanted; negative if some are missing. Machines that came from another
    /// MachineSet and do not count yet are not counted.
    pub surplus: i64,
    /// What is done.
    pub action: SyncAction<'a>,
    /// Machines that came from another MachineSet and do not count yet.
    pub unacknowledged: Vec<&'a Machine>,
}

/// What is done with the machines of a MachineSet.
#[derive(Clone, Debug, PartialEq)]
pub enum SyncAction<'a> {
    /// Nothing: there are as many as wanted.
    Nothing,
    /// Nothing, although that many are missing: the MachineSet is not to make any.
    CreateDisabled {
        /// How many are missing.
        count: usize,
    },
    /// Machines are made, if [preflight checks](super::preflight) let them.
    Create {
        /// How many.
        count: usize,
    },
    /// Machines are deleted.
    Delete {
        /// How many have to go, with those that are going already.
        count: usize,
        /// Those that a delete is sent for, in order.
        delete: Vec<&'a Machine>,
        /// Those among the `count` that are going already.
        waiting: Vec<&'a Machine>,
    },
    /// Machines are given to another MachineSet, which updates them in place.
    Move {
        /// How many have to go.
        count: usize,
        /// The other MachineSet.
        target: &'a MachineSet,
        /// Those that are given away, in order.
        moved: Vec<&'a Machine>,
        /// Those that are deleted rather than given away, because they are to be remediated.
        delete: Vec<&'a Machine>,
        /// Those that stay for now, each with the reason.
        left: Vec<(&'a Machine, NotMoved)>,
    },
    /// Nothing, although machines should be given away.
    MoveRefused {
        /// How many have to go.
        count: usize,
        /// Name of the other MachineSet.
        target: &'a str,
        /// What is wrong with it.
        refusal: MoveRefusal,
    },
}

/// Why a machine is not given away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum NotMoved {
    /// It is being deleted, which takes one of the places.
    Deleting,
    /// It is still being updated in place.
    UpdateInProgress,
    /// It has no node yet.
    NoNode,
}

/// Why machines cannot be given to another MachineSet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoveRefusal {
    /// It is not there.
    #[error("MachineSet {0}, which machines are to be moved to, was not found")]
    NoTarget(String),
    /// It takes machines from others only.
    #[error(
        "MachineSet {from} is set to move replicas to {to}, but {to} only accepts Machines from {accepted}"
    )]
    NotAccepted {
        /// The MachineSet that gives.
        from: String,
        /// The one that should take.
        to: String,
        /// From which ones it takes.
        accepted: String,
    },
    /// It has no label that tells its machines from those of others.
    #[error("MachineSet {0} does not have the machine-template-hash label")]
    NoHash(String),
}

impl<'a> Observed<'a> {
    /// A MachineSet and the machines that it owns.
    pub const fn new(machine_set: &'a MachineSet, machines: &'a [Machine], now: Time) -> Self {
        Self {
            machine_set,
            machines,
            target: None,
            now,
            compat: Compat::Fixed,
        }
    }

    /// With the MachineSet that machines are to be given to. It only matters where the annotation of that name asks for it.
    #[must_use]
    pub const fn target(mut self, target: Option<&'a MachineSet>) -> Self {
        self.target = target;
        self
    }

    /// With Cluster API's answer where that is wrong: it deletes machines that came from another MachineSet and do not count
    /// yet, although others are too many; and see [`DeleteOrder`].
    #[must_use]
    pub const fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// Decides.
    ///
    /// # Errors
    /// The number of machines is not set, or the deletion order is unknown.
    pub fn plan(&self) -> Result<SyncPlan<'a>, SyncError> {
        let set = self.machine_set;
        let wanted = set
            .spec
            .replicas
            .ok_or_else(|| SyncError::NoReplicas(set.metadata.name.clone()))?;
        let wanted = usize::try_from(wanted).unwrap_or(0);
        let mut unacknowledged = Vec::new();
        let action = if let Some(count) = wanted
            .checked_sub(self.machines.len())
            .filter(|count| *count > 0)
        {
            self.create(count)
        } else {
            unacknowledged = self.unacknowledged();
            let counted = self.machines.len() - unacknowledged.len();
            match counted.saturating_sub(wanted) {
                0 => SyncAction::Nothing,
                count => self.shrink(count)?,
            }
        };
        let counted = self.machines.len() - unacknowledged.len();
        Ok(SyncPlan {
            machine_set: set,
            surplus: signed(counted) - signed(wanted),
            action,
            unacknowledged,
        })
    }

    fn create(&self, count: usize) -> SyncAction<'a> {
        let annotations = &self.machine_set.metadata.annotations;
        if annotations
            .get(labels::DISABLE_MACHINE_CREATE)
            .is_some_and(|value| value == "true")
        {
            return SyncAction::CreateDisabled { count };
        }
        SyncAction::Create { count }
    }

    /// Machines that came from another MachineSet are not part of the number wanted before the MachineDeployment says so.
    fn unacknowledged(&self) -> Vec<&'a Machine> {
        if !self.receives() {
            return Vec::new();
        }
        let machines = self.machines.iter();
        machines
            .filter(|machine| facts::is_pending_acknowledge_move(machine))
            .collect()
    }

    /// Whether machines come from other MachineSets.
    fn receives(&self) -> bool {
        let metadata = &self.machine_set.metadata;
        facts::annotation(metadata, labels::RECEIVE_MACHINES_FROM_MACHINE_SETS).is_some()
    }

    fn shrink(&self, count: usize) -> Result<SyncAction<'a>, SyncError> {
        let order =
            DeleteOrder::new(&self.machine_set.spec.deletion.order, self.now)?.compat(self.compat);
        let metadata = &self.machine_set.metadata;
        if let Some(target) = facts::annotation(metadata, labels::MOVE_MACHINES_TO_MACHINE_SET) {
            return Ok(self.give_away(count, target, order));
        }
        let (waiting, delete) = order
            .select(self.deletable(), count)
            .into_iter()
            .partition(|machine| machine.metadata.is_deleting());
        Ok(SyncAction::Delete {
            count,
            delete,
            waiting,
        })
    }

    /// Those that do not count yet are not among those that are too many. Cluster API takes them first all the same, and then
    /// lacks them once they count.
    fn deletable(&self) -> impl Iterator<Item = &'a Machine> {
        let kept = self.compat == Compat::Fixed && self.receives();
        let machines = self.machines.iter();
        machines.filter(move |machine| !(kept && facts::is_pending_acknowledge_move(machine)))
    }

    fn give_away(&self, count: usize, target: &'a str, order: DeleteOrder) -> SyncAction<'a> {
        let target = match self.accepting(target) {
            Ok(target) => target,
            Err(refusal) => {
                return SyncAction::MoveRefused {
                    count,
                    target,
                    refusal,
                };
            }
        };
        let (mut moved, mut delete, mut left) = (Vec::new(), Vec::new(), Vec::new());
        let mut places = count;
        for machine in order.select(self.machines, usize::MAX) {
            if places == 0 {
                break;
            }
            if machine.metadata.is_deleting() {
                left.push((machine, NotMoved::Deleting));
            } else if facts::awaits_remediation(machine) {
                delete.push(machine);
            } else if facts::is_update_in_progress(machine) {
                left.push((machine, NotMoved::UpdateInProgress));
                continue;
            } else if machine.status.node_ref.name.is_empty() {
                left.push((machine, NotMoved::NoNode));
                continue;
            } else {
                moved.push(machine);
            }
            places -= 1;
        }
        let hash = &target.metadata.labels;
        if !moved.is_empty() && !hash.contains_key(labels::MACHINE_TEMPLATE_HASH) {
            let name = &target.metadata.name;
            return SyncAction::MoveRefused {
                count,
                target: name,
                refusal: MoveRefusal::NoHash(name.clone()),
            };
        }
        SyncAction::Move {
            count,
            target,
            moved,
            delete,
            left,
        }
    }

    /// The MachineSet of that name, if it takes machines from this one.
    fn accepting(&self, name: &str) -> Result<&'a MachineSet, MoveRefusal> {
        let target = self
            .target
            .filter(|target| target.metadata.name == name)
            .ok_or_else(|| MoveRefusal::NoTarget(name.to_owned()))?;
        let from = &self.machine_set.metadata.name;
        let annotations = &target.metadata.annotations;
        let accepted = annotations
            .get(labels::RECEIVE_MACHINES_FROM_MACHINE_SETS)
            .map_or("", String::as_str);
        if !accepted.split(',').any(|accepted| accepted == from) {
            return Err(MoveRefusal::NotAccepted {
                from: from.clone(),
                to: name.to_owned(),
                accepted: accepted.to_owned(),
            });
        }
        Ok(target)
    }
}

impl SyncPlan<'_> {
    /// Whether nothing is done.
    pub fn is_empty(&self) -> bool {
        match &self.action {
            SyncAction::Nothing
            | SyncAction::CreateDisabled { .. }
            | SyncAction::MoveRefused { .. } => true,
            SyncAction::Create { count } => *count == 0,
            SyncAction::Delete { delete, .. } => delete.is_empty(),
            SyncAction::Move { moved, delete, .. } => moved.is_empty() && delete.is_empty(),
        }
    }
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
