//! One MachineSet of a plan.

use std::borrow::Cow;

use componentconfig::core::Time;

use super::{Reason, TemplateChange};
use crate::core::v1beta2::MachineSet;

/// What a plan decides about a MachineSet.
#[derive(Clone, Debug)]
pub struct PlannedSet<'a> {
    pub(super) existing: Option<&'a MachineSet>,
    pub(super) name: Cow<'a, str>,
    pub(super) changes: Vec<TemplateChange<'a>>,
    pub(super) in_place: bool,
    /// `spec.replicas`, and machines that were moved to the set and count from now on.
    pub(super) spec: i64,
    /// What `spec.replicas` is to become, if anything else.
    pub(super) intent: Option<i64>,
    pub(super) machines: i64,
    pub(super) available: i64,
    pub(super) up_to_date: i64,
    pub(super) moves: bool,
    pub(super) reasons: Vec<Reason<'a>>,
}

impl<'a> PlannedSet<'a> {
    /// A MachineSet that exists, as it is.
    pub(super) fn existing(set: &'a MachineSet) -> Self {
        let count = |number: Option<i32>| i64::from(number.unwrap_or_default());
        Self {
            existing: Some(set),
            name: Cow::Borrowed(&set.metadata.name),
            changes: Vec::new(),
            in_place: false,
            spec: count(set.spec.replicas),
            intent: None,
            machines: count(set.status.replicas),
            available: count(set.status.available_replicas),
            up_to_date: count(set.status.up_to_date_replicas),
            moves: false,
            reasons: Vec::new(),
        }
    }

    /// A MachineSet that is to be made.
    pub(super) const fn made(name: String) -> Self {
        Self {
            existing: None,
            name: Cow::Owned(name),
            changes: Vec::new(),
            in_place: false,
            spec: 0,
            intent: None,
            machines: 0,
            available: 0,
            up_to_date: 0,
            moves: false,
            reasons: Vec::new(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The MachineSet as it was observed; none if it is to be made.
    pub const fn observed(&self) -> Option<&'a MachineSet> {
        self.existing
    }

    /// How many machines it is to have: the new `spec.replicas`.
    pub fn replicas(&self) -> i32 {
        clamp(self.wanted())
    }

    /// By how many machines `spec.replicas` changes.
    pub fn change(&self) -> i64 {
        let before = self.existing.and_then(|set| set.spec.replicas);
        self.wanted() - i64::from(before.unwrap_or_default())
    }

    /// Whether it is to give its machines to the current MachineSet rather than to delete them.
    pub const fn moves_machines(&self) -> bool {
        self.moves
    }

    /// What its template has otherwise than that of the MachineDeployment; nothing for the current MachineSet.
    pub fn changes(&self) -> &[TemplateChange<'a>] {
        &self.changes
    }

    /// Whether its machines may be updated in place, as far as the MachineDeployment is concerned.
    pub const fn in_place_allowed(&self) -> bool {
        self.in_place
    }

    /// Why it changes, in the order of the decisions.
    pub fn reasons(&self) -> &[Reason<'a>] {
        &self.reasons
    }

    pub(super) fn wanted(&self) -> i64 {
        self.intent.unwrap_or(self.spec)
    }

    /// Machines that it has or is about to make.
    pub(super) fn occupied(&self) -> i64 {
        self.spec.max(self.machines)
    }

    /// Its controller has not said anything since `spec` changed, so it may have more machines than both numbers say: it was
    /// still growing when it last spoke, or never spoke.
    pub(super) fn is_unobserved(&self) -> bool {
        self.existing
            .is_some_and(|set| set.metadata.generation > set.status.observed_generation)
    }

    pub(super) fn created(&self) -> Option<Time> {
        self.existing
            .and_then(|set| set.metadata.creation_timestamp)
    }

    pub(super) fn because(&mut self, reason: Reason<'a>) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}

/// Counts are sums of numbers of 32 bits; what is written is one again.
pub(super) fn clamp(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(if count < 0 { i32::MIN } else { i32::MAX })
}
