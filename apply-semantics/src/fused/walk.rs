//! Walking maps side by side.

use std::{
    cmp::Ordering,
    iter::{Flatten, Peekable},
    option,
};

use serde_json::{Map, Value, map};

use super::Fields;

/// The entries of two maps: each name once, with what either has under it. Sorted maps are walked in lockstep.
pub(crate) struct Join<'a> {
    left: Entries<'a>,
    right: Entries<'a>,
    /// The maps themselves, if they are not sorted.
    unsorted: Option<[Side<'a>; 2]>,
}

type Side<'a> = Option<&'a Map<String, Value>>;
type Entries<'a> = Peekable<Flatten<option::IntoIter<&'a Map<String, Value>>>>;

pub(crate) type Joined<'a> = (&'a str, Option<&'a Value>, Option<&'a Value>);

impl<'a> Join<'a> {
    pub(crate) fn new(left: Side<'a>, right: Side<'a>, sorted: bool) -> Self {
        Self {
            left: left.into_iter().flatten().peekable(),
            right: right.into_iter().flatten().peekable(),
            unsorted: (!sorted).then_some([left, right]),
        }
    }

    fn unsorted(&mut self, [left, right]: [Side<'a>; 2]) -> Option<Joined<'a>> {
        if let Some((name, value)) = self.left.next() {
            return Some((name, Some(value), right.and_then(|right| right.get(name))));
        }
        let is_new = |name: &str| left.is_none_or(|left| !left.contains_key(name));
        let (name, value) = self.right.find(|(name, _)| is_new(name))?;
        Some((name, None, Some(value)))
    }
}

impl<'a> Iterator for Join<'a> {
    type Item = Joined<'a>;

    fn next(&mut self) -> Option<Joined<'a>> {
        if let Some(maps) = self.unsorted {
            return self.unsorted(maps);
        }
        let order = match (self.left.peek(), self.right.peek()) {
            (Some((left, _)), Some((right, _))) => left.cmp(right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return None,
        };
        let left = order.is_le().then(|| self.left.next()).flatten();
        let right = order.is_ge().then(|| self.right.next()).flatten();
        let (name, _) = left.or(right)?;
        Some((
            name,
            left.map(|(_, value)| value),
            right.map(|(_, value)| value),
        ))
    }
}

/// Looks fields up in a level of FieldsV1, and counts those found. Names have to come in order if maps are sorted.
pub(super) struct Cursor<'a> {
    level: &'a Fields,
    entries: Peekable<map::Iter<'a>>,
    sorted: bool,
    found: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(level: &'a Fields, sorted: bool) -> Self {
        Self {
            level,
            entries: level.iter().peekable(),
            sorted,
            found: 0,
        }
    }

    pub(super) fn field(&mut self, name: &str) -> Option<&'a Fields> {
        let found = if self.sorted {
            self.advance(name)
        } else {
            self.level.get(&format!("f:{name}"))
        };
        self.found += usize::from(found.is_some());
        found.and_then(Value::as_object)
    }

    fn advance(&mut self, name: &str) -> Option<&'a Value> {
        while let Some((key, value)) = self.entries.peek() {
            let order = match key.strip_prefix("f:") {
                Some(field) => field.cmp(name),
                None => key.as_str().cmp("f:"),
            };
            match order {
                Ordering::Less => drop(self.entries.next()),
                Ordering::Equal => return Some(*value),
                Ordering::Greater => return None,
            }
        }
        None
    }

    /// Whether the level has more than was found.
    pub(super) fn has_more(&self) -> bool {
        self.found < self.level.len() - usize::from(self.level.contains_key("."))
    }
}
