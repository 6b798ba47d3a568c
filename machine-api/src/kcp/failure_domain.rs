//! Which failure domain a machine comes into, and which one it goes from.

use std::{cmp::Reverse, collections::BTreeMap};

use super::observed::ControlPlane;
use crate::core::v1beta2::Machine;

/// How many machines there are in a failure domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    /// Of those that matter most.
    first: usize,
    all: usize,
}

impl<'a> ControlPlane<'a> {
    /// The failure domain for a new machine: that with the fewest up-to-date machines, which are those that stay, and of equals the
    /// one with the fewest machines altogether. None if there are no failure domains.
    pub fn domain_for_new_machine(
        &self,
        is_up_to_date: impl Fn(&Machine) -> bool,
    ) -> Option<&'a str> {
        let stays = |machine: &Machine| is_up_to_date(machine) && !machine.metadata.is_deleting();
        let counts = self.count(stays);
        let fewest = counts
            .into_iter()
            .min_by_key(|(name, count)| (count.first, count.all, *name));
        fewest.map(|(name, _)| name)
    }

    /// Of several machines the one to go: the oldest of those in no failure domain there is, else of that with the most of them,
    /// and of equals the one with the most machines altogether.
    pub(super) fn oldest_of_largest_domain(&self, eligible: &[&'a Machine]) -> Option<&'a Machine> {
        let known: Vec<&str> = self.failure_domains().collect();
        let domain = |machine: &Machine| machine.spec.failure_domain.clone();
        let outside = eligible
            .iter()
            .filter(|machine| !known.contains(&domain(machine).as_str()));
        let domain = if let Some(outside) = oldest(outside.copied()) {
            outside.spec.failure_domain.as_str()
        } else {
            let is_eligible = |machine: &Machine| {
                eligible
                    .iter()
                    .any(|other| other.metadata.name == machine.metadata.name)
            };
            let counts = self.count(is_eligible).into_iter();
            let most = counts.max_by_key(|(name, count)| (count.first, count.all, Reverse(*name)));
            most.map(|(name, _)| name)?
        };
        let inside = eligible
            .iter()
            .filter(|machine| machine.spec.failure_domain == domain);
        oldest(inside.copied())
    }

    fn count(&self, matters: impl Fn(&Machine) -> bool) -> BTreeMap<&'a str, Count> {
        let mut counts: BTreeMap<&str, Count> = self
            .failure_domains()
            .map(|name| (name, Count::default()))
            .collect();
        for machine in self.machines {
            if let Some(count) = counts.get_mut(machine.spec.failure_domain.as_str()) {
                count.all += 1;
                count.first += usize::from(matters(machine));
            }
        }
        counts
    }
}

/// The oldest machine; of equals the one whose name comes first.
pub(super) fn oldest<'a>(machines: impl Iterator<Item = &'a Machine>) -> Option<&'a Machine> {
    machines.min_by_key(|machine| age(machine))
}

pub(super) fn age(machine: &Machine) -> (Option<componentconfig::core::Time>, &str) {
    (machine.metadata.creation_timestamp, &machine.metadata.name)
}
