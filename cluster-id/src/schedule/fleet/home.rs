//! Clusters that placements lost, and go back to.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use componentconfig::core::Time;

use super::{super::Failback, Fleet, Placed};
use crate::clock::seconds;

/// The clusters that a placement lost.
#[derive(Debug, Default)]
pub(super) struct Homes {
    /// By name: a cluster that is gone may come back.
    lost: BTreeSet<Arc<str>>,
    /// The slots of the clusters that were chosen instead; when one of those is lost, it is nobody's home.
    substitutes: BTreeSet<usize>,
    /// Whether somebody asked to go back.
    returning: bool,
}

/// By the name of a cluster, the placements that lost it.
pub(super) type LostBy = BTreeMap<Arc<str>, BTreeSet<usize>>;

impl Homes {
    pub(super) fn is_empty(&self) -> bool {
        self.lost.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.lost.len()
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.lost.contains(name)
    }

    /// A target is lost.
    pub(super) fn lose(&mut self, id: usize, slot: usize, name: &Arc<str>, lost_by: &mut LostBy) {
        if !self.substitutes.remove(&slot) {
            self.lost.insert(Arc::clone(name));
            lost_by.entry(Arc::clone(name)).or_default().insert(id);
        }
    }

    /// A target is given up for another one.
    pub(super) fn give_up(&mut self, slot: usize) {
        self.substitutes.remove(&slot);
    }

    /// A cluster was chosen.
    pub(super) fn choose(&mut self, id: usize, slot: usize, name: &str, lost_by: &mut LostBy) {
        if self.lost.remove(name) {
            forget(id, name, lost_by);
        } else if self.substitutes.len() < self.lost.len() {
            self.substitutes.insert(slot);
        }
        while self.substitutes.len() > self.lost.len() {
            self.substitutes.pop_last();
        }
        self.returning &= !self.lost.is_empty();
    }

    /// The placement is gone.
    pub(super) fn clear(&mut self, id: usize, lost_by: &mut LostBy) {
        for name in std::mem::take(&mut self.lost) {
            forget(id, &name, lost_by);
        }
    }
}

fn forget(id: usize, name: &str, lost_by: &mut LostBy) {
    if let Some(users) = lost_by.get_mut(name) {
        users.remove(&id);
        if users.is_empty() {
            lost_by.remove(name);
        }
    }
}

impl Fleet {
    /// Lets a placement go back, by its next decision, to the clusters that it lost and that may be chosen again, however
    /// long they are ready; says whether it lost any.
    pub fn fail_back(&mut self, placement: &str) -> bool {
        let id = self.by_name.get(placement);
        let placed = id.and_then(|id| self.placed.get_mut(*id)?.as_mut());
        let Some(placed) = placed.filter(|placed| !placed.homes.is_empty()) else {
            return false;
        };
        placed.homes.returning = true;
        true
    }

    /// The clusters that a placement lost and may go back to.
    pub fn lost(&self, placement: &str) -> Vec<Arc<str>> {
        let placed = self.find(placement);
        let lost = placed.into_iter().flat_map(|placed| &placed.homes.lost);
        lost.cloned().collect()
    }

    /// The seconds until the placement goes back to the cluster, if it may be chosen: none left, or less, is now. `None` if
    /// it is no cluster that it lost, or does not go back.
    pub(super) fn returns_in(&self, placed: &Placed, slot: usize, now: Time) -> Option<i64> {
        if placed.homes.is_empty() {
            return None;
        }
        let member = self.members.get(slot)?;
        if !placed.homes.contains(&member.name) {
            return None;
        }
        match (placed.homes.returning, placed.placement.failback) {
            (true, _) => Some(0),
            (false, Failback::Never) => None,
            (false, Failback::After(duration)) => {
                let since = member.cluster.ready_since.map_or(i64::MIN, Time::unix);
                let then = since.saturating_add(seconds(duration));
                Some(then.saturating_sub(now.unix()))
            }
        }
    }
}
