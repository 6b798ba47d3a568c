//! What an actor has seen of the objects.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{random::Random, turn::Turn};
use crate::store::Event;

/// Objects as somebody has seen them: as they are, or as they were.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// By group and kind, then by namespace and name.
    kinds: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Seen>>,
}

/// The last that was seen of an object.
#[derive(Debug, Clone)]
struct Seen {
    revision: u64,
    object: Option<Arc<Value>>,
}

/// One write, as it is told to who watches.
#[derive(Debug, Clone)]
pub(super) struct Change {
    revision: u64,
    kind: Arc<str>,
    key: Arc<str>,
    object: Option<Arc<Value>>,
}

impl View {
    /// All objects of a kind that were seen, by namespace and name.
    pub fn all(&self, api_version: &str, kind: &str) -> impl Iterator<Item = &Value> {
        let objects = self.kinds.get(&*kind_key(api_version, kind));
        let objects = objects.into_iter().flat_map(BTreeMap::values);
        objects.filter_map(|seen| seen.object.as_deref())
    }

    /// An object, if it was seen; of one that belongs to no namespace the namespace is empty.
    pub fn get(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Option<&Value> {
        let objects = self.kinds.get(&*kind_key(api_version, kind))?;
        let seen = match namespace {
            "" => objects.get(name),
            _ => objects.get(&*format!("{namespace}/{name}")),
        };
        seen?.object.as_deref()
    }

    pub(super) fn see(&mut self, change: &Change) {
        let Change {
            revision,
            kind,
            key,
            object,
        } = change;
        let objects = self.kinds.entry(Arc::clone(kind)).or_default();
        let seen = Seen {
            revision: *revision,
            object: object.clone(),
        };
        match objects.get_mut(key) {
            // What was seen of a write of one's own is newer than what one is told.
            Some(before) if before.revision >= *revision => {}
            Some(before) => *before = seen,
            None => drop(objects.insert(Arc::clone(key), seen)),
        }
    }
}

/// Where an actor stands in the history of each kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Watcher {
    pub(super) view: View,
    seen: BTreeMap<Arc<str>, usize>,
    /// It ended, and has looked at nothing since.
    began_anew: bool,
    /// It does not know what became of a write, and looks before it does anything else.
    in_doubt: bool,
}

impl Watcher {
    /// Hears of what happened; of all of it, unless something goes wrong.
    pub(super) fn look(&mut self, history: &History, turn: &mut Turn<'_>) {
        for (kind, changes) in &history.kinds {
            let seen = self.seen.get(kind).copied();
            let from = seen.unwrap_or_default();
            let pending = changes.len().saturating_sub(from);
            if pending == 0 {
                continue;
            }
            let behind = if self.began_anew {
                turn.is_rewound(format_args!("lists {kind}"))
            } else {
                seen.is_some() && !self.in_doubt && turn.is_stale(format_args!("sees {kind}"))
            };
            let hears = if behind {
                part(turn.random(), pending)
            } else {
                pending
            };
            for change in changes.iter().skip(from).take(hears) {
                self.view.see(change);
            }
            self.seen.insert(Arc::clone(kind), from + hears);
        }
        self.began_anew = false;
        self.in_doubt = false;
    }

    /// Sees what it did itself.
    pub(super) fn wrote(&mut self, changes: &[Change], done: bool) {
        if done {
            for change in changes {
                self.view.see(change);
            }
        } else {
            self.in_doubt = true;
        }
    }

    pub(super) fn forget(&mut self) {
        *self = Self {
            began_anew: true,
            ..Self::default()
        };
    }
}

fn part(random: &mut Random, of: usize) -> usize {
    usize::try_from(random.below(of as u64)).unwrap_or_default()
}

/// All that was written, kind by kind.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    kinds: BTreeMap<Arc<str>, Vec<Change>>,
    /// What was written last.
    pub(super) revision: u64,
}

impl History {
    /// Notes down a write.
    pub(super) fn push(&mut self, event: &Event) -> Option<Change> {
        let object = event.new.as_ref().map(|object| object.value());
        let last = object.clone();
        let last = last.or_else(|| Some(event.old.as_ref()?.value()))?;
        let text = |field: &str| last.get(field).and_then(Value::as_str).unwrap_or_default();
        let kind = kind_key(text("apiVersion"), text("kind"));
        let kind = match self.kinds.get_key_value(&*kind) {
            Some((present, _)) => Arc::clone(present),
            None => kind.into(),
        };
        let change = Change {
            revision: event.revision,
            kind: Arc::clone(&kind),
            key: Arc::clone(&event.place.key),
            object,
        };
        self.revision = event.revision;
        self.kinds.entry(kind).or_default().push(change.clone());
        Some(change)
    }
}

/// Objects are the same in all versions of a group.
fn kind_key(api_version: &str, kind: &str) -> String {
    match api_version.split_once('/') {
        Some((group, _)) => format!("{kind}.{group}"),
        None => kind.to_owned(),
    }
}
