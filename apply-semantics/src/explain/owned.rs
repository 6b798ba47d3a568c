//! The sets of fields of several entries as one tree.

use std::collections::BTreeMap;

use crate::{
    managed_fields::{Entry, Operation},
    path::PathElement,
};

/// Who owns a path, and what is below it.
#[derive(Default)]
pub(super) struct Owned {
    /// The entries with this path in their set, by index.
    pub(super) owners: Vec<usize>,
    /// Whether an applier has this path in its set, and others below it.
    pub(super) applied_key: bool,
    /// Whether an applier has only others below this path in its set.
    pub(super) applied_way: bool,
    pub(super) children: BTreeMap<PathElement, Owned>,
}

impl Owned {
    pub(super) fn of<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Self {
        let mut root = Self::default();
        for (index, entry) in entries.into_iter().enumerate() {
            let applied = entry.operation() == Operation::Apply;
            // A path comes before those below it.
            for path in entry.fields().paths() {
                root.insert(&path, index, applied);
            }
        }
        root
    }

    pub(super) fn child(&self, element: &PathElement) -> Option<&Self> {
        self.children.get(element)
    }

    /// Takes in what another path, which stands for a place of the same type, has below it.
    pub(super) fn merge(&mut self, other: &Self) {
        self.owners.extend(&other.owners);
        self.applied_key |= other.applied_key;
        self.applied_way |= other.applied_way;
        for (element, child) in &other.children {
            self.children
                .entry(element.clone())
                .or_default()
                .merge(child);
        }
    }

    fn insert(&mut self, path: &[PathElement], owner: usize, applied: bool) {
        let Some((element, rest)) = path.split_first() else {
            self.owners.push(owner);
            return;
        };
        if applied && self.owners.last() == Some(&owner) {
            self.applied_key = true;
        } else if applied {
            self.applied_way = true;
        }
        self.children
            .entry(element.clone())
            .or_default()
            .insert(rest, owner, applied);
    }
}
