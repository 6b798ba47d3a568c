//! The clusters, in slots that stay theirs, with what is known of them in columns.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    ops::Bound,
    sync::Arc,
};

use super::bits::Bits;
use crate::inventory::Cluster;

/// The distance between the ranks of neighbours when all are given anew.
const GAP: u64 = 1 << 24;

/// The clusters of a fleet.
#[derive(Debug, Default)]
pub(super) struct Members {
    slots: Vec<Option<Member>>,
    by_name: BTreeMap<Arc<str>, usize>,
    free: Vec<usize>,
    /// The slots that hold a cluster.
    pub(super) live: Bits,
    /// By slot, a number whose order is that of the names.
    ranks: Vec<u64>,
    /// By slot, the cores that are allocatable; not a number where that is not known.
    pub(super) cpu: Vec<f64>,
    /// By slot, the bytes of memory that are allocatable; not a number where that is not known.
    pub(super) memory: Vec<f64>,
}

/// A cluster.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: Arc<str>,
    pub(super) cluster: Cluster,
}

impl Members {
    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    pub(super) fn slot(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(super) fn get(&self, slot: usize) -> Option<&Member> {
        self.slots.get(slot)?.as_ref()
    }

    pub(super) fn rank(&self, slot: usize) -> u64 {
        self.ranks.get(slot).copied().unwrap_or(u64::MAX)
    }

    /// Every cluster with its slot, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Member)> {
        let slots = self.by_name.values();
        slots.filter_map(|slot| Some((*slot, self.get(*slot)?)))
    }

    /// Puts the cluster into its slot, a new one if it has none, and gives back what was there.
    pub(super) fn put(&mut self, cluster: Cluster) -> (usize, Option<Cluster>) {
        let name: Arc<str> = Arc::from(cluster.name.as_str());
        let slot = match self.by_name.entry(Arc::clone(&name)) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let slot = self.free.pop().unwrap_or_else(|| {
                    self.slots.push(None);
                    self.ranks.push(0);
                    self.cpu.push(f64::NAN);
                    self.memory.push(f64::NAN);
                    self.slots.len() - 1
                });
                entry.insert(slot);
                self.find_rank(&name, slot);
                slot
            }
        };
        self.live.set(slot, true);
        let known = |resource: &str| {
            let allocatable = cluster.allocatable.get(resource)?;
            let capacity = cluster.capacity.get(resource);
            capacity.map(|_| allocatable.approximate())
        };
        if let Some(cpu) = self.cpu.get_mut(slot) {
            *cpu = known("cpu").unwrap_or(f64::NAN);
        }
        if let Some(memory) = self.memory.get_mut(slot) {
            *memory = known("memory").unwrap_or(f64::NAN);
        }
        let old = self
            .slots
            .get_mut(slot)
            .and_then(|place| place.replace(Member { name, cluster }));
        (slot, old.map(|member| member.cluster))
    }

    /// Takes the cluster out.
    pub(super) fn take(&mut self, name: &str) -> Option<(usize, Cluster)> {
        let slot = self.by_name.remove(name)?;
        self.live.set(slot, false);
        self.free.push(slot);
        let member = self.slots.get_mut(slot)?.take()?;
        Some((slot, member.cluster))
    }

    /// Gives the slot a rank between those of the names beside it.
    fn find_rank(&mut self, name: &Arc<str>, slot: usize) {
        let rank_of = |(_, slot): (&Arc<str>, &usize)| self.rank(*slot);
        let (own, open) = (Bound::Excluded(name.as_ref()), Bound::Unbounded);
        let before = self.by_name.range::<str, _>((open, own)).next_back();
        let before = before.map_or(0, rank_of);
        let after = self
            .by_name
            .range::<str, _>((own, open))
            .next()
            .map(rank_of);
        let between = match after {
            Some(after) => before.midpoint(after),
            None => before.saturating_add(GAP),
        };
        if between > before && after.is_none_or(|after| between < after) {
            if let Some(rank) = self.ranks.get_mut(slot) {
                *rank = between;
            }
            return;
        }
        let mut next = 0;
        for slot in self.by_name.values() {
            next += GAP;
            if let Some(rank) = self.ranks.get_mut(*slot) {
                *rank = next;
            }
        }
    }
}
