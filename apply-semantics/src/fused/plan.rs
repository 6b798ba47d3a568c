//! What a write changes, written down while nothing is changed yet.

use std::{mem, ops::Range};

use serde_json::Value;

use super::{
    Fields,
    trie::{self, Undo},
};
use crate::{
    fieldset::{FieldSet, FieldSetBuilder},
    path::PathElement,
};

/// No such element.
pub(super) const NONE: usize = usize::MAX;

/// What an apply changes.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The texts of path elements.
    text: String,
    steps: Vec<Step>,
    object: Vec<(Range<usize>, Change)>,
    orders: Vec<(usize, usize)>,
    own: Vec<(Range<usize>, Option<Value>)>,
    /// What others own of what changes: who it is, and the path.
    taken: Vec<(usize, Range<usize>)>,
    /// Whether the object changes, and not only the spelling of numbers.
    pub(crate) is_change: bool,
}

/// A step of a path: the text of its element, and for list elements where they are in the live object and in the configuration.
#[derive(Debug, Clone)]
struct Step {
    key: Range<usize>,
    item: Option<(usize, usize)>,
}

#[derive(Debug)]
enum Change {
    /// What the configuration has there takes the place.
    Put,
    /// The field goes away.
    Remove,
    /// The list consists of these elements of the live object and the configuration.
    Order(Range<usize>),
}

/// A step as it is walked.
#[derive(Debug, Clone)]
pub(super) enum Way<'a> {
    Field(&'a str),
    Item {
        text: Range<usize>,
        live: usize,
        config: usize,
    },
}

impl Plan {
    pub(super) fn put(&mut self, way: &[Way<'_>], texts: &str) {
        let path = self.path(way, texts);
        self.object.push((path, Change::Put));
    }

    pub(super) fn remove(&mut self, way: &[Way<'_>], texts: &str) {
        let path = self.path(way, texts);
        self.object.push((path, Change::Remove));
    }

    /// Each element of the list comes from the live object, or else from the configuration.
    pub(super) fn order(&mut self, way: &[Way<'_>], texts: &str, order: &[(usize, usize)]) {
        let start = self.orders.len();
        self.orders.extend_from_slice(order);
        let path = self.path(way, texts);
        let order = Change::Order(start..self.orders.len());
        self.object.push((path, order));
    }

    /// The manager owns that at the path now, and nothing else.
    pub(super) fn own(&mut self, way: &[Way<'_>], texts: &str, below: Option<Value>) {
        let path = self.path(way, texts);
        self.own.push((path, below));
    }

    /// The manager owns nothing under that key any more.
    pub(super) fn disown(&mut self, way: &[Way<'_>], texts: &str, key: &str) {
        let start = self.steps.len();
        self.path(way, texts);
        let at = self.text.len();
        self.text.push_str(key);
        let key = at..self.text.len();
        self.steps.push(Step { key, item: None });
        self.own.push((start..self.steps.len(), None));
    }

    pub(super) fn take(&mut self, other: usize, way: &[Way<'_>], texts: &str) {
        let path = self.path(way, texts);
        self.taken.push((other, path));
    }

    fn path(&mut self, way: &[Way<'_>], texts: &str) -> Range<usize> {
        let start = self.steps.len();
        for step in way {
            let at = self.text.len();
            let item = match step {
                Way::Field(name) => {
                    self.text.push_str("f:");
                    self.text.push_str(name);
                    None
                }
                Way::Item { text, live, config } => {
                    self.text
                        .push_str(texts.get(text.clone()).unwrap_or_default());
                    Some((*live, *config))
                }
            };
            let key = at..self.text.len();
            self.steps.push(Step { key, item });
        }
        start..self.steps.len()
    }

    /// Makes the live object the new one.
    pub(crate) fn change_object(&mut self, live: &mut Value, config: &mut Value) {
        for (path, change) in mem::take(&mut self.object) {
            let steps = self.steps.get(path).unwrap_or_default();
            match change {
                Change::Put => self.put_at(steps, live, config),
                Change::Remove => self.remove_at(steps, live),
                Change::Order(order) => self.order_at(steps, order, live, config),
            }
        }
    }

    fn put_at(&self, steps: &[Step], live: &mut Value, config: &mut Value) {
        let Some((last, way)) = steps.split_last() else {
            return;
        };
        let new = self
            .config_at(steps, config)
            .map(mem::take)
            .unwrap_or_default();
        match (self.live_at(way, live), last.item) {
            (Some(Value::Array(items)), Some((at, _))) => {
                if let Some(item) = items.get_mut(at) {
                    *item = new;
                }
            }
            (Some(Value::Object(map)), None) => {
                let name = self.name(last);
                match map.get_mut(name) {
                    Some(field) => *field = new,
                    None => drop(map.insert(name.to_owned(), new)),
                }
            }
            _ => {}
        }
    }

    fn remove_at(&self, steps: &[Step], live: &mut Value) {
        let Some((last, way)) = steps.split_last() else {
            return;
        };
        if let Some(Value::Object(map)) = self.live_at(way, live) {
            map.remove(self.name(last));
        }
    }

    fn order_at(&self, steps: &[Step], order: Range<usize>, live: &mut Value, config: &mut Value) {
        let order = self.orders.get(order).unwrap_or_default();
        let (Some(Value::Array(under)), Some(Value::Array(over))) =
            (self.live_at(steps, live), self.config_at(steps, config))
        else {
            return;
        };
        let item = |(live, config): &(usize, usize)| {
            let item = under.get_mut(*live).or_else(|| over.get_mut(*config));
            item.map(mem::take)
        };
        *under = order.iter().filter_map(item).collect();
    }

    fn live_at<'v>(&self, steps: &[Step], object: &'v mut Value) -> Option<&'v mut Value> {
        steps
            .iter()
            .try_fold(object, |value, step| match step.item {
                Some((live, _)) => value.get_mut(live),
                None => value.get_mut(self.name(step)),
            })
    }

    fn config_at<'v>(&self, steps: &[Step], config: &'v mut Value) -> Option<&'v mut Value> {
        steps
            .iter()
            .try_fold(config, |value, step| match step.item {
                Some((_, config)) => value.get_mut(config),
                None => value.get_mut(self.name(step)),
            })
    }

    fn key(&self, step: &Step) -> &str {
        self.text.get(step.key.clone()).unwrap_or_default()
    }

    fn name(&self, step: &Step) -> &str {
        self.key(step).get(2..).unwrap_or_default()
    }

    /// Whether what the manager owns changes.
    pub(crate) fn changes_own(&self) -> bool {
        !self.own.is_empty()
    }

    /// Makes what the manager owned what it owns now; answers how that is undone. What comes goes first: an entry without any
    /// children counts as a leaf.
    pub(crate) fn change_own(&mut self, own: &mut Value) -> Undo {
        let mut undo = Undo::new();
        let (new, gone): (Vec<_>, Vec<_>) = mem::take(&mut self.own)
            .into_iter()
            .partition(|(_, below)| below.is_some());
        for (path, below) in new.into_iter().chain(gone) {
            let steps = self.steps.get(path).unwrap_or_default();
            let Some((last, way)) = steps.split_last() else {
                continue;
            };
            let level = way
                .iter()
                .try_fold(&mut *own, |value, step| value.get_mut(self.key(step)));
            if let Some(Value::Object(level)) = level {
                let before = trie::put(level, self.key(last).to_owned(), below);
                let path = steps.iter().map(|step| self.key(step).to_owned());
                undo.push((path.collect(), before));
            }
        }
        trie::reorder(own);
        undo
    }

    /// What others own of what changes: who it is, by index and in order, and which fields.
    pub(crate) fn taken(&self) -> Vec<(usize, FieldSet)> {
        let mut taken: Vec<_> = self.taken.iter().collect();
        taken.sort_by_key(|(other, _)| *other);
        let of_one = |same: &[&(usize, Range<usize>)]| {
            let other = same.first().map_or(NONE, |(other, _)| *other);
            let mut set = FieldSetBuilder::new();
            for (_, path) in same {
                let steps = self.steps.get(path.clone()).unwrap_or_default();
                let path = steps.iter().map(|step| PathElement::parse(self.key(step)));
                if let Ok(path) = path.collect::<Result<Vec<_>, _>>() {
                    set.insert(&path);
                }
            }
            (other, set.finish())
        };
        taken.chunk_by(|a, b| a.0 == b.0).map(of_one).collect()
    }
}

/// Whether a set has anything at a path, and whether the path itself is in it.
pub(super) fn look_up(
    root: &Fields,
    way: &[Way<'_>],
    texts: &str,
    key: &mut String,
) -> Option<bool> {
    let mut level = root;
    for step in way {
        let below = match step {
            Way::Field(name) => {
                key.clear();
                key.push_str("f:");
                key.push_str(name);
                level.get(key.as_str())
            }
            Way::Item { text, .. } => level.get(texts.get(text.clone()).unwrap_or_default()),
        };
        level = below?.as_object()?;
    }
    Some(trie::is_member(level))
}
