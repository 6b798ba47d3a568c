//! The groups of a rollout, in the order of their indices, and which of them are mandatory.

use std::collections::BTreeSet;

use crate::inventory::Group;

use super::GroupRef;

/// Groups in the order of their indices, each with its clusters in the order of their names.
pub(super) struct Groups<'a>(Vec<BTreeSet<&'a str>>);

impl<'a> Groups<'a> {
    /// The mandatory groups, and the others.
    pub(super) fn split(groups: &'a [Group], mandatory: &[GroupRef]) -> (Self, Self) {
        let mut ordered: Vec<&Group> = groups.iter().collect();
        ordered.sort_by_key(|group| group.index);
        let (first, rest) = ordered
            .into_iter()
            .partition(|group| mandatory.iter().any(|reference| reference.means(group)));
        (Self::of(first), Self::of(rest))
    }

    fn of(groups: Vec<&'a Group>) -> Self {
        let clusters = |group: &'a Group| group.clusters.iter().map(String::as_str).collect();
        Self(groups.into_iter().map(clusters).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &BTreeSet<&'a str>> {
        self.0.iter()
    }

    /// Every cluster, by name.
    pub(super) fn clusters(&self) -> BTreeSet<&'a str> {
        self.0.iter().flatten().copied().collect()
    }
}

impl GroupRef {
    fn means(&self, group: &Group) -> bool {
        if self.group_name.is_empty() {
            self.group_index == group.index
        } else {
            self.group_name == group.name
        }
    }
}
