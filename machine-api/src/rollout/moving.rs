//! Machines that are updated in place rather than replaced.

use crate::{
    core::v1beta2::{Machine, MachineDeployment, MachineSet},
    facts,
    kind::Object,
};
use componentconfig::Kind;

/// A machine that moves from an old MachineSet to the current one, or that is being updated there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MovingMachine<'a> {
    /// Its name.
    pub name: &'a str,
    /// The MachineSet that it belongs to; empty if to none.
    pub set: &'a str,
    /// It was moved, and its MachineSet does not count it yet.
    pub pending: bool,
    /// It is being updated, or about to be.
    pub updating: bool,
}

impl<'a> MovingMachine<'a> {
    /// Those of `machines` that move or are being updated, in the same order.
    pub fn all(machines: &'a [Machine]) -> Vec<Self> {
        machines.iter().filter_map(Self::of).collect()
    }

    /// What a machine says of its move; none if it says nothing.
    pub fn of(machine: &'a Machine) -> Option<Self> {
        let metadata = machine.metadata();
        let pending = facts::is_pending_acknowledge_move(machine);
        let updating = facts::is_update_in_progress(machine);
        let set = metadata.controller().filter(|owner| {
            let group = owner.api_version.split_once('/').map(|(group, _)| group);
            owner.kind == MachineSet::GVK.kind() && group == Some(MachineSet::GVK.group())
        });
        (pending || updating).then(|| Self {
            name: &metadata.name,
            set: set.map(|owner| owner.name.as_str()).unwrap_or_default(),
            pending,
            updating,
        })
    }
}

/// Says which machines can be updated in place: what update extensions answer. A closure is one.
///
/// An extension is asked before the plan is made; what it says has to be about the whole difference between the templates.
pub trait InPlace {
    /// Whether the machines of an old MachineSet can be updated to the template of its MachineDeployment.
    ///
    /// # Errors
    /// The answer is not known; there is no plan until it is.
    fn can_update(&self, old: &MachineSet, deployment: &MachineDeployment) -> Result<bool, String>;
}

impl<F: Fn(&MachineSet, &MachineDeployment) -> Result<bool, String>> InPlace for F {
    fn can_update(&self, old: &MachineSet, deployment: &MachineDeployment) -> Result<bool, String> {
        self(old, deployment)
    }
}

/// No machine can.
#[derive(Clone, Copy, Debug)]
pub(super) struct Never;

impl InPlace for Never {
    fn can_update(&self, _: &MachineSet, _: &MachineDeployment) -> Result<bool, String> {
        Ok(false)
    }
}
