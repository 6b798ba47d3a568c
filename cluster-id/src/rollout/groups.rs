//! The clusters of a rollout by number, and its groups in the order of their indices.

use crate::inventory::Group;

use super::{ClusterState, GroupRef};

/// Every selected cluster, by name: its place in the list is its number from there on.
pub(super) struct Clusters<'a>(Vec<&'a str>);

impl<'a> Clusters<'a> {
    pub(super) fn of(groups: &'a [Group]) -> Self {
        let clusters = groups.iter().flat_map(|group| &group.clusters);
        Self(sorted(clusters.map(String::as_str)))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn name(&self, cluster: usize) -> &'a str {
        self.0.get(cluster).copied().unwrap_or_default()
    }

    /// The states by name, each with the number of its cluster, and those of no cluster that is selected.
    pub(super) fn split<'s>(
        &self,
        states: &'s [ClusterState],
    ) -> (Vec<(usize, &'s ClusterState)>, Vec<&'s ClusterState>) {
        let mut sorted: Vec<&ClusterState> = states.iter().collect();
        sorted.sort_by(|left, right| left.cluster.cmp(&right.cluster));
        let (mut selected, mut removed) = (Vec::with_capacity(sorted.len()), Vec::new());
        let mut finder = self.finder();
        for state in sorted {
            match finder.find(&state.cluster) {
                Some(cluster) => selected.push((cluster, state)),
                None => removed.push(state),
            }
        }
        (selected, removed)
    }

    /// The numbers of a group's clusters, from the least up.
    pub(super) fn numbers(&self, group: &Group) -> Vec<usize> {
        let mut finder = self.finder();
        let names = sorted(group.clusters.iter().map(String::as_str));
        names
            .into_iter()
            .filter_map(|name| finder.find(name))
            .collect()
    }

    fn finder(&self) -> Finder<'_> {
        Finder {
            names: &self.0,
            from: 0,
        }
    }
}

/// Finds names that are asked for in their order.
struct Finder<'a> {
    names: &'a [&'a str],
    from: usize,
}

impl Finder<'_> {
    fn find(&mut self, name: &str) -> Option<usize> {
        while let Some(next) = self.names.get(self.from)
            && *next < name
        {
            self.from += 1;
        }
        let next = self.names.get(self.from)?;
        (*next == name).then_some(self.from)
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Groups in the order of their indices, each as the numbers of its clusters.
pub(super) struct Groups(Vec<Vec<usize>>);

impl Groups {
    /// The mandatory groups, and the others.
    pub(super) fn split(
        groups: &[Group],
        clusters: &Clusters<'_>,
        mandatory: &[GroupRef],
    ) -> (Self, Self) {
        let mut ordered: Vec<&Group> = groups.iter().collect();
        ordered.sort_by_key(|group| group.index);
        let (first, rest): (Vec<&Group>, Vec<&Group>) = ordered
            .into_iter()
            .partition(|group| mandatory.iter().any(|reference| reference.means(group)));
        let numbers = |groups: Vec<&Group>| {
            let groups = groups.into_iter();
            Self(groups.map(|group| clusters.numbers(group)).collect())
        };
        (numbers(first), numbers(rest))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[usize]> {
        self.0.iter().map(Vec::as_slice)
    }

    /// Every cluster of them, from the least number up.
    pub(super) fn clusters(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.0.iter().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        all
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
