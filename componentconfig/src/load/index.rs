//! Where the keys of a large map are, without copies of them.

use std::hash::{BuildHasher, RandomState};

use crate::tree::Entry;

/// A hash table of positions in a list of entries, which it does not hold itself.
#[derive(Debug, Default)]
pub(super) struct Index {
    hasher: RandomState,
    /// Half of them empty at least; their number is a power of two.
    slots: Vec<Option<Slot>>,
}

/// A position, and the hash of the key there.
#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u64,
    at: usize,
}

impl Index {
    /// The position of a key among `entries`. If it is not there, it is noted as the one of the next entry.
    pub(super) fn find_or_note(&mut self, key: &str, entries: &[Entry]) -> Option<usize> {
        if entries.len() * 2 >= self.slots.len() {
            self.grow(entries);
        }
        let hash = self.hasher.hash_one(key);
        let same = |slot: &Slot| {
            let entry = entries.get(slot.at);
            slot.hash == hash && entry.is_some_and(|entry| entry.key == key)
        };
        let found = probe(&mut self.slots, hash, same)?;
        let at = found.as_ref().map(|slot| slot.at);
        found.get_or_insert(Slot {
            hash,
            at: entries.len(),
        });
        at
    }

    fn grow(&mut self, entries: &[Entry]) {
        let known: Vec<Slot> = if self.slots.is_empty() {
            let slot = |(at, entry): (usize, &Entry)| Slot {
                hash: self.hasher.hash_one(entry.key.as_str()),
                at,
            };
            entries.iter().enumerate().map(slot).collect()
        } else {
            self.slots.drain(..).flatten().collect()
        };
        let wanted = (entries.len() + 1).next_power_of_two() * 4;
        self.slots.resize(wanted, None);
        for slot in known {
            if let Some(free) = probe(&mut self.slots, slot.hash, |_| false) {
                *free = Some(slot);
            }
        }
    }
}

/// The slot that is the `same`, or the empty one where it would be. There is always one: half of the slots are empty.
fn probe(
    slots: &mut [Option<Slot>],
    hash: u64,
    same: impl Fn(&Slot) -> bool,
) -> Option<&mut Option<Slot>> {
    let mask = slots.len().checked_sub(1)?;
    let start = usize::try_from(hash & u64::try_from(mask).ok()?).ok()?;
    let at = (0..=mask).map(|step| (start + step) & mask).find(|at| {
        slots
            .get(*at)
            .is_some_and(|slot| slot.as_ref().is_none_or(&same))
    })?;
    slots.get_mut(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Span,
        tree::{Content, Node},
    };

    #[test]
    fn every_key_is_found_where_it_is() {
        let mut index = Index::default();
        let mut entries: Vec<Entry> = Vec::new();
        for round in 0..2 {
            for number in 0..5_000 {
                let key = format!("key-{number}");
                let found = index.find_or_note(&key, &entries);
                assert_eq!(found, (round == 1).then_some(number), "{key}");
                if found.is_none() {
                    entries.push(Entry {
                        key,
                        key_span: Span::default(),
                        value: Node::new(Span::default(), Content::Null),
                    });
                }
            }
        }
    }
}
