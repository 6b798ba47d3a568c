//! The best regions that have clusters enough.
//!
//! The original goes through the regions from the one with fewest clusters on, adds them one by one, and stops as soon as
//! there are regions and clusters enough; of all choices that it meets so, the one of greatest weight counts, then the
//! one with most clusters, then the first. A choice that is found that way and is the beginning of the best one, by
//! weight, goes before it.
//!
//! What may follow such a choice depends only on how many regions and how many clusters it has: so one best choice is kept
//! for each of these pairs.

use std::cmp::{Ordering, Reverse};

use super::{Bounds, group::Group};

/// The best choice of regions, by weight from the greatest down; empty if no choice is enough.
///
/// `clusters` is the fewest clusters that all regions must have together.
pub(super) fn best(mut groups: Vec<Group<'_>>, regions: Bounds, clusters: usize) -> Vec<Group<'_>> {
    groups.sort_by_key(|group| (group.members.len(), Reverse(group.weight), group.name));
    let Some(chosen) = Search::new(&groups, regions, clusters).run() else {
        return Vec::new();
    };
    let mut chosen: Vec<(usize, Group<'_>)> = groups
        .into_iter()
        .enumerate()
        .filter(|(index, _)| contains(&chosen, *index))
        .collect();
    chosen.sort_by(|(_, left), (_, right)| {
        let rank = |group: &Group<'_>| (Reverse(group.weight), group.name.to_owned());
        rank(left).cmp(&rank(right))
    });
    let shortest = (1..chosen.len())
        .find(|length| is_met(chosen.get(..*length).unwrap_or_default(), regions, clusters));
    chosen.truncate(shortest.unwrap_or(chosen.len()));
    chosen.into_iter().map(|(_, group)| group).collect()
}

/// Whether the search meets this choice: it is enough, and leaving out those added last it is not.
fn is_met(choice: &[(usize, Group<'_>)], regions: Bounds, clusters: usize) -> bool {
    let mut by_index: Vec<(usize, usize)> = choice
        .iter()
        .map(|(index, group)| (*index, group.members.len()))
        .collect();
    by_index.sort_unstable();
    let mut sum = 0;
    let enough = by_index.iter().position(|(_, members)| {
        sum += members;
        sum >= clusters
    });
    let needed = enough.map(|position| (position + 1).max(regions.min));
    needed == Some(choice.len()) && choice.len() <= regions.max
}

/// The best choice for each number of regions and of clusters.
struct Search<'a> {
    groups: &'a [Group<'a>],
    fewest: usize,
    most: usize,
    clusters: usize,
    /// Words of a set of regions.
    words: usize,
    values: Vec<Option<Value>>,
    /// The regions of each choice, as a set.
    sets: Vec<u64>,
}

/// How good a choice is, apart from which comes first.
type Value = (u64, usize);

impl<'a> Search<'a> {
    fn new(groups: &'a [Group<'a>], regions: Bounds, clusters: usize) -> Self {
        let most = regions.max.min(groups.len());
        // All clusters are as good as any number above, and no choice has that many.
        let all: usize = groups.iter().map(|group| group.members.len()).sum();
        let clusters = clusters.min(all + 1);
        let words = groups.len().div_ceil(64);
        let states = (most + 1) * (clusters + 1);
        Self {
            groups,
            fewest: regions.min,
            most,
            clusters,
            words,
            values: vec![None; states],
            sets: vec![0; states * words],
        }
    }

    /// The set of the best choice.
    fn run(mut self) -> Option<Vec<u64>> {
        if let Some(start) = self.values.first_mut() {
            *start = Some((0, 0));
        }
        let mut set = vec![0; self.words];
        for (index, group) in self.groups.iter().enumerate() {
            for count in (0..self.most.min(index + 1)).rev() {
                for covered in 0..=self.clusters {
                    if !self.is_enough(count, covered) {
                        self.add(index, group, count, covered, &mut set);
                    }
                }
            }
        }
        let mut best: Option<(Value, &[u64])> = None;
        for count in self.fewest..=self.most {
            let state = self.state(count, self.clusters);
            let Some(Some(value)) = self.values.get(state) else {
                continue;
            };
            let set = self.set(state);
            if best.is_none_or(|(other, first)| is_better(*value, set, other, first)) {
                best = Some((*value, set));
            }
        }
        best.map(|(_, set)| set.to_vec())
    }

    fn is_enough(&self, count: usize, covered: usize) -> bool {
        count >= self.fewest && covered >= self.clusters
    }

    fn state(&self, count: usize, covered: usize) -> usize {
        count * (self.clusters + 1) + covered
    }

    fn set(&self, state: usize) -> &[u64] {
        let start = state * self.words;
        self.sets.get(start..start + self.words).unwrap_or_default()
    }

    /// Adds a region to the choice of that many regions and clusters, if there is one.
    fn add(
        &mut self,
        index: usize,
        group: &Group<'_>,
        count: usize,
        covered: usize,
        set: &mut [u64],
    ) {
        let from = self.state(count, covered);
        let Some(Some((weight, members))) = self.values.get(from).copied() else {
            return;
        };
        let value = (
            weight.saturating_add(group.weight),
            members + group.members.len(),
        );
        let to = self.state(
            count + 1,
            (covered + group.members.len()).min(self.clusters),
        );
        let other = self.values.get(to).copied().flatten();
        if other.is_some_and(|other| other > value) {
            return;
        }
        set.copy_from_slice(self.set(from));
        insert(set, index);
        if other.is_some_and(|other| !is_better(value, set, other, self.set(to))) {
            return;
        }
        if let Some(slot) = self.values.get_mut(to) {
            *slot = Some(value);
        }
        let start = to * self.words;
        if let Some(slot) = self.sets.get_mut(start..start + self.words) {
            slot.copy_from_slice(set);
        }
    }
}

/// Whether a choice goes before another: by value, then the one that the search meets first.
fn is_better(value: Value, set: &[u64], other: Value, other_set: &[u64]) -> bool {
    match value.cmp(&other) {
        Ordering::Greater => true,
        Ordering::Less => false,
        Ordering::Equal => is_first(set, other_set),
    }
}

/// Whether the first region that only one of them has is in the first.
fn is_first(set: &[u64], other: &[u64]) -> bool {
    set.iter()
        .zip(other)
        .find(|(left, right)| left != right)
        .is_some_and(|(left, right)| {
            let first = (left ^ right).trailing_zeros();
            left >> first & 1 == 1
        })
}

fn insert(set: &mut [u64], index: usize) {
    if let Some(word) = set.get_mut(index / 64) {
        *word |= 1 << (index % 64);
    }
}

fn contains(set: &[u64], index: usize) -> bool {
    set.get(index / 64)
        .is_some_and(|word| word >> (index % 64) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Candidate;
    use super::*;

    /// Every choice that the original meets, in its order, as indexes into the sorted groups.
    fn paths(groups: &[Group<'_>], regions: Bounds, clusters: usize) -> Vec<Vec<usize>> {
        fn go(
            groups: &[Group<'_>],
            bounds: (Bounds, usize),
            path: &mut Vec<usize>,
            sum: usize,
            found: &mut Vec<Vec<usize>>,
        ) {
            let (regions, clusters) = bounds;
            if sum >= clusters && (regions.min..=regions.max).contains(&path.len()) {
                found.push(path.clone());
                return;
            }
            if path.len() >= regions.max {
                return;
            }
            for next in path.last().map_or(0, |last| last + 1)..groups.len() {
                path.push(next);
                let members = groups[next].members.len();
                go(groups, bounds, path, sum + members, found);
                path.pop();
            }
        }
        let mut found = Vec::new();
        go(groups, (regions, clusters), &mut Vec::new(), 0, &mut found);
        found
    }

    /// The choice of the original, by name.
    fn by_all_paths(mut groups: Vec<Group<'_>>, regions: Bounds, clusters: usize) -> Vec<String> {
        groups.sort_by_key(|group| (group.members.len(), Reverse(group.weight), group.name));
        let paths = paths(&groups, regions, clusters);
        let value = |path: &[usize]| {
            let groups = path.iter().map(|index| &groups[*index]);
            groups.fold((0, 0), |(weight, members), group| {
                (weight + group.weight, members + group.members.len())
            })
        };
        let names = |path: &[usize]| {
            let mut chosen: Vec<&Group<'_>> = path.iter().map(|index| &groups[*index]).collect();
            chosen.sort_by_key(|group| (Reverse(group.weight), group.name));
            let names = chosen.iter().map(|group| group.name.to_owned());
            names.collect::<Vec<String>>()
        };
        let mut sorted: Vec<&Vec<usize>> = paths.iter().collect();
        sorted.sort_by_key(|path| Reverse(value(path)));
        let mut sorted = sorted.into_iter().map(|path| names(path));
        let mut best = sorted.next().unwrap_or_default();
        for other in sorted {
            if other.len() < best.len() && best.starts_with(&other) {
                best = other;
            }
        }
        best
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_same_regions_as_by_all_paths(
            regions in prop::collection::vec((1..5_usize, prop_oneof![Just(0), 1..4_u64, 1000..1003_u64]), 1..9),
            min in 0..4_usize,
            more in 0..4_usize,
            clusters in 0..14_usize,
        ) {
            let candidate = Candidate::default();
            let names: Vec<String> = (0..regions.len()).map(|index| format!("r{index}")).collect();
            let groups: Vec<Group<'_>> = regions.iter().zip(&names).map(|((members, weight), name)| Group {
                name,
                members: vec![&candidate; *members],
                weight: *weight,
            }).collect();
            let bounds = Bounds { min, max: min + more };
            let chosen = best(groups.clone(), bounds, clusters);
            let chosen: Vec<String> = chosen.iter().map(|group| group.name.to_owned()).collect();
            prop_assert_eq!(chosen, by_all_paths(groups, bounds, clusters));
        }
    }
}
