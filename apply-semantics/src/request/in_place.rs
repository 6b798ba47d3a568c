//! Writes done in the live object, wherever one walk can tell what they do ([`crate::fused`]).

mod apply;
#[cfg(test)]
mod tests;
mod update;

pub(super) use apply::apply;
pub(super) use update::update;

use serde_json::Value;

use super::{Engine, RequestError, Written, entries::Entries};
use crate::{
    fused::trie,
    managed_fields::{self, Manager, Time, strip},
    schema::Type,
    typed::{Comparison, Duplicates, valid::is_valid},
    updater::Filter,
};

/// What became of a request.
pub(super) enum Attempt {
    Done(Result<Written, RequestError>),
    /// Nothing: here are the live object and the other one again.
    GivenUp(Option<Value>, Value),
}

impl Attempt {
    /// The same, for a request that makes the object.
    fn without_live(self) -> Self {
        match self {
            Self::GivenUp(_, other) => Self::GivenUp(None, other),
            done @ Self::Done(_) => done,
        }
    }
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    let text = object.get(name).and_then(Value::as_str);
    text.unwrap_or_default()
}

/// What changes from one object to another of the same version and kind, if both are valid.
fn compare(
    engine: &Engine,
    ty: &Type,
    [live, new]: [&Value; 2],
    subresource: &str,
) -> Option<Comparison> {
    let is_valid = |value| is_valid(&ty.schema, ty.root, value, Duplicates::Allow);
    if !is_valid(new) {
        return None;
    }
    if live == new {
        return Some(Comparison::default());
    }
    if !is_valid(live) {
        return None;
    }
    let comparison = ty.compare(Some(live), Some(new)).ok()?;
    if comparison.is_same() {
        return Some(comparison);
    }
    let version = text(new, "apiVersion");
    let filters = engine.kinds.filters(text(new, "kind"), subresource);
    // Of several filters of one version the last counts.
    let filter = filters.into_iter().rev().find(|(of, _)| of == version);
    let comparison = match filter {
        None => comparison,
        Some((_, Filter::Exclude(fields))) => comparison.without(&fields),
        Some((_, Filter::Include(patterns))) => comparison.matching(&patterns),
    };
    let sets = [&comparison.added, &comparison.modified, &comparison.removed];
    let plain = sets.into_iter().all(trie::is_plain);
    plain.then_some(comparison)
}

/// Takes what changes from whoever owns it, and gives what is there to the manager.
fn change_owners(
    entries: &mut Entries,
    own: Option<usize>,
    comparison: &Comparison,
    manager: &Manager,
    time: Option<Time>,
) {
    if comparison.is_same() {
        return;
    }
    let changed = comparison.modified.union(&comparison.added);
    let touched = changed.union(&comparison.removed);
    for at in 0..entries.len() {
        if entries.owns_any(at, &touched) {
            entries.change(at, |owned| trie::subtract(owned, &touched));
        }
    }
    let current = strip(&changed);
    if current.is_empty() {
        return;
    }
    if let Some(own) = own {
        entries.change(own, |owned| trie::unite(owned, &current));
        entries.touch(own, time);
    } else {
        let version = manager.api_version().unwrap_or_default();
        entries.add(manager, version, time, current.to_value());
    }
}

/// Puts entries into an object; without any it has no list.
fn put(object: &mut Value, list: Value) {
    if list.as_array().is_some_and(|list| !list.is_empty()) {
        managed_fields::put(object, list);
    }
}
