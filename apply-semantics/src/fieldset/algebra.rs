//! Set operations: two sorted trees are walked side by side, and the result is written in order.

use std::cmp::Ordering;

use super::{Entry, FieldSet, Level};

impl FieldSet {
    /// The paths in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        combine(self, other, &Union)
    }

    /// The paths in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        combine(self, other, &Intersection)
    }

    /// The paths of this set that are not in the other; what is below a path of the other stays.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        combine(self, other, &Difference)
    }

    /// The paths of this set that are neither in the other nor below a path of the other.
    #[must_use]
    pub fn recursive_difference(&self, other: &Self) -> Self {
        combine(self, other, &RecursiveDifference)
    }

    /// The paths that have no path of the set below them.
    #[must_use]
    pub fn leaves(&self) -> Self {
        let mut leaves = self.clone();
        for node in &mut leaves.nodes {
            leaves.canonical &= !node.member || node.below == 0;
            node.member &= node.below == 0;
        }
        leaves
    }
}

/// What an operation does with entries.
trait Operation {
    const KEEP_LEFT: bool;
    const KEEP_RIGHT: bool;

    /// Whether a path that has an entry on both sides is in the result.
    fn member(left: bool, right: bool) -> bool;

    /// Whether anything below it can be.
    fn descends(left: bool, right: bool) -> bool;
}

struct Union;
struct Intersection;
struct Difference;
struct RecursiveDifference;

impl Operation for Union {
    const KEEP_LEFT: bool = true;
    const KEEP_RIGHT: bool = true;

    fn member(left: bool, right: bool) -> bool {
        left || right
    }

    fn descends(_: bool, _: bool) -> bool {
        true
    }
}

impl Operation for Intersection {
    const KEEP_LEFT: bool = false;
    const KEEP_RIGHT: bool = false;

    fn member(left: bool, right: bool) -> bool {
        left && right
    }

    fn descends(_: bool, _: bool) -> bool {
        true
    }
}

impl Operation for Difference {
    const KEEP_LEFT: bool = true;
    const KEEP_RIGHT: bool = false;

    fn member(left: bool, right: bool) -> bool {
        left && !right
    }

    fn descends(_: bool, _: bool) -> bool {
        true
    }
}

impl Operation for RecursiveDifference {
    const KEEP_LEFT: bool = true;
    const KEEP_RIGHT: bool = false;

    fn member(left: bool, right: bool) -> bool {
        left && !right
    }

    fn descends(_: bool, right: bool) -> bool {
        !right
    }
}

fn combine<O: Operation>(left: &FieldSet, right: &FieldSet, _: &O) -> FieldSet {
    let mut out = FieldSet::draft(left.nodes.len().max(right.nodes.len()));
    levels::<O>(left.level(), right.level(), &mut out);
    out
}

fn levels<O: Operation>(mut left: Level<'_>, mut right: Level<'_>, out: &mut FieldSet) {
    loop {
        let order = match (left.first(), right.first()) {
            (Some(left), Some(right)) => left.element().cmp(&right.element()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return,
        };
        match order {
            Ordering::Less => copy(&mut left, O::KEEP_LEFT, out),
            Ordering::Greater => copy(&mut right, O::KEEP_RIGHT, out),
            Ordering::Equal => {
                if let (Some(left), Some(right)) = (left.take(), right.take()) {
                    both::<O>(left, right, out);
                }
            }
        }
    }
}

/// Takes the next entry, with all below it, into the result or past it.
fn copy(level: &mut Level<'_>, keep: bool, out: &mut FieldSet) {
    if let Some(entry) = level.take()
        && keep
    {
        out.push_entry(entry);
        out.push_all(entry.level);
    }
}

fn both<O: Operation>(left: Entry<'_>, right: Entry<'_>, out: &mut FieldSet) {
    let at = out.push_entry(left);
    if let Some(node) = out.nodes.get_mut(at) {
        node.member = O::member(left.member, right.member);
    }
    if O::descends(left.member, right.member) {
        levels::<O>(left.level, right.level, out);
    }
    out.close(at);
}
