//! How many placements have chosen each cluster, and what they take of it.

use std::collections::BTreeMap;

/// How often each cluster is chosen.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// By slot.
    chosen: Vec<u32>,
    /// How many clusters are chosen so often.
    clusters: Vec<u32>,
}

impl Counts {
    pub(super) fn of(&self, slot: usize) -> u32 {
        self.chosen.get(slot).copied().unwrap_or(0)
    }

    /// Counts the slot once more, or once less.
    pub(super) fn change(&mut self, slot: usize, more: bool) {
        if slot >= self.chosen.len() {
            self.chosen.resize(slot + 1, 0);
        }
        let Some(count) = self.chosen.get_mut(slot) else {
            return;
        };
        let before = *count;
        *count = if more {
            before.saturating_add(1)
        } else {
            before.saturating_sub(1)
        };
        let after = *count;
        if let Some(clusters) = self.clusters.get_mut(index(before)) {
            *clusters = clusters.saturating_sub(1);
        }
        if index(after) >= self.clusters.len() {
            self.clusters.resize(index(after) + 1, 0);
        }
        if let Some(clusters) = self.clusters.get_mut(index(after)) {
            *clusters += 1;
        }
    }

    /// How often the most chosen cluster is chosen by others than the one that chose `own`.
    pub(super) fn most_by_others(&self, own: &[usize]) -> u32 {
        let mut level = self.clusters.len();
        while level > 1 {
            level -= 1;
            let clusters = self.clusters.get(level).copied().unwrap_or(0);
            let chosen = u32::try_from(level).unwrap_or(u32::MAX);
            let ours = own.iter().filter(|slot| self.of(**slot) == chosen).count();
            if index(clusters) > ours {
                return chosen;
            }
            // What is left here is one less for others.
            if ours > 0 {
                return chosen - 1;
            }
        }
        0
    }
}

fn index(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// What placements take of each cluster that its own figures do not show yet, in thousandths, by resource and slot.
#[derive(Debug, Default)]
pub(super) struct Reserved(BTreeMap<String, BTreeMap<usize, i64>>);

impl Reserved {
    pub(super) fn of(&self, resource: &str, slot: usize) -> i64 {
        let slots = self.0.get(resource);
        slots
            .and_then(|slots| slots.get(&slot))
            .copied()
            .unwrap_or(0)
    }

    /// Reserves that much, or gives it back.
    pub(super) fn change(&mut self, slot: usize, requests: &[(String, i64)], more: bool) {
        for (resource, amount) in requests {
            let amount = if more { *amount } else { -*amount };
            let slots = self.0.entry(resource.clone()).or_default();
            let reserved = slots.entry(slot).or_insert(0);
            *reserved = reserved.saturating_add(amount);
            if *reserved == 0 {
                slots.remove(&slot);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_most_by_others_is_what_counting_finds(
            own in prop::collection::btree_set(0..6_usize, 0..4),
            others in prop::collection::vec(0..6_usize, 0..30),
        ) {
            let own: Vec<usize> = own.into_iter().collect();
            let mut counts = Counts::default();
            for slot in own.iter().chain(&others) {
                counts.change(*slot, true);
            }
            let most = (0..6).map(|slot| others.iter().filter(|other| **other == slot).count()).max();
            prop_assert_eq!(index(counts.most_by_others(&own)), most.unwrap_or(0));
        }
    }
}
