//! Choosing the paths of a set by patterns.

use super::{Element, FieldSet, Level};
use crate::path::PathElement;

/// A pattern: a path whose elements may be [`Pattern::Any`]. It matches that path and all below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// Any element.
    Any,
    /// This element.
    Element(PathElement),
}

/// Several patterns, as a tree.
///
/// What is below an element follows the first pattern that matches it, and [`Pattern::Any`] comes first, so a pattern may be
/// overshadowed by another. The original means to merge patterns that begin alike, but does so only where it has seen no
/// other beginning; the same is done here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patterns {
    /// Whether everything from here on matches.
    all: bool,
    /// Sorted: any element first, then by element; equal ones as they came.
    entries: Vec<(Pattern, Self)>,
}

impl Patterns {
    /// No pattern: nothing matches.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pattern. The empty pattern matches everything.
    pub fn insert(&mut self, pattern: impl IntoIterator<Item = Pattern>) {
        let mut steps = pattern.into_iter();
        let mut patterns = self;
        while !patterns.all {
            let Some(step) = steps.next() else {
                *patterns = Self {
                    all: true,
                    entries: Vec::new(),
                };
                return;
            };
            let merges = matches!(patterns.entries.as_slice(), [(only, _)] if step != Pattern::Any && *only == step);
            if !merges {
                let below = Self::chain(&mut steps);
                patterns.entries.push((step, below));
                patterns
                    .entries
                    .sort_by(|(a, _), (b, _)| rank(a).cmp(&rank(b)));
                return;
            }
            let Some((_, below)) = patterns.entries.first_mut() else {
                return;
            };
            patterns = below;
        }
    }

    fn chain(steps: &mut impl Iterator<Item = Pattern>) -> Self {
        match steps.next() {
            Some(step) => Self {
                all: false,
                entries: vec![(step, Self::chain(steps))],
            },
            None => Self {
                all: true,
                entries: Vec::new(),
            },
        }
    }
}

impl<P: IntoIterator<Item = Pattern>> FromIterator<P> for Patterns {
    fn from_iter<T: IntoIterator<Item = P>>(patterns: T) -> Self {
        let mut merged = Self::new();
        for pattern in patterns {
            merged.insert(pattern);
        }
        merged
    }
}

fn rank(pattern: &Pattern) -> Option<&PathElement> {
    match pattern {
        Pattern::Any => None,
        Pattern::Element(element) => Some(element),
    }
}

impl FieldSet {
    /// The paths of the set that match. A path on the way to a pattern's end matches too, if it is in the set itself.
    #[must_use]
    pub fn matching(&self, patterns: &Patterns) -> Self {
        let mut matching = Self::draft(self.nodes.len());
        filter(self.level(), patterns, &mut matching);
        matching
    }
}

fn filter(level: Level<'_>, patterns: &Patterns, out: &mut FieldSet) {
    if patterns.all {
        out.push_all(level);
        return;
    }
    for entry in level.entries() {
        let matches = |pattern: &Pattern| {
            rank(pattern).is_none_or(|element| Element::from(element) == entry.element())
        };
        let Some((_, below)) = patterns
            .entries
            .iter()
            .find(|(pattern, _)| matches(pattern))
        else {
            continue;
        };
        let at = out.push_entry(entry);
        filter(entry.level, below, out);
        out.close(at);
    }
}
