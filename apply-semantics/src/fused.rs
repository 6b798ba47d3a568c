//! Writes in one walk: what users get where it is proven to answer as the literal engine does.
//!
//! [`crate::updater`] follows the original step by step: it makes sets of fields of whole objects, merges, removes, compares
//! and puts back. Here an object, what is written to it and the sets of fields of its managers are walked together, in place,
//! and only what differs is written down: a [`Plan`]. Sets of fields are not even read, but walked as the JSON they are.
//!
//! Nothing is changed before the plan is complete. Whatever a single walk does not prove makes it give up ([`GiveUp`]), and
//! the literal engine has its turn: objects that are not valid, managers at other versions, sets that are not canonical or
//! not in line with the schema, doubled elements, nulls in the place of lists and maps, elements without a key of their own,
//! and whatever is taken away while others have a part in it.
//!
//! Why nothing else has to be looked at when a manager applies less than before: the original removes everything that was
//! applied last time and puts back what anybody owns, and then what was not applied last time. What goes away for good
//! are the topmost fields that were applied then, are not applied now, and have no owner in or above them. The exceptions
//! that are known, elements that lose their keys or all they consist of on the way, are among those given up.

pub(crate) mod apply;
#[cfg(test)]
pub(crate) mod check;
mod lists;
pub(crate) mod plan;
#[cfg(test)]
mod tests;
pub(crate) mod trie;
mod walk;

use std::sync::OnceLock;

use serde_json::{Map, Value};

pub(crate) use apply::{Apply, Excluded, first, plan};
pub(crate) use plan::Plan;
pub(crate) use walk::Join;

/// The single walk cannot tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GiveUp;

pub(crate) type Fused<T> = Result<T, GiveUp>;

/// A level of FieldsV1: of path elements to what is below each of them.
pub(crate) type Fields = Map<String, Value>;

/// Whether JSON objects are sorted by name, which depends on the features of `serde_json` that anybody may have switched on.
pub(crate) fn maps_are_sorted() -> bool {
    static SORTED: OnceLock<bool> = OnceLock::new();
    *SORTED.get_or_init(|| {
        let pair = ["b", "a"].map(|name| (name.to_owned(), Value::Null));
        let map: Map<String, Value> = pair.into_iter().collect();
        map.keys().is_sorted()
    })
}
