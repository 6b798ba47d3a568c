use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, OnceLock},
};

use bytes::Bytes;

use super::{Object, Place};

/// One write.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) revision: u64,
    pub(crate) place: Place,
    /// What was there before.
    pub(crate) old: Option<Arc<Object>>,
    /// What is there now.
    pub(crate) new: Option<Arc<Object>>,
    /// After a removal: what was there before, with the revision of the removal.
    pub(crate) last: Option<Arc<Object>>,
    /// As watches are told of it.
    pub(crate) lines: Lines,
}

/// The text of an event for watches, which is the same for all of them: written when the first one needs it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines(Option<Box<[OnceLock<Bytes>; 3]>>);

impl Lines {
    fn ready() -> Self {
        Self(Some(Box::default()))
    }

    /// The text of an event of that type, as `write` makes it.
    pub(crate) fn get(&self, kind: &'static str, write: impl FnOnce() -> Bytes) -> Bytes {
        let index = match kind {
            "ADDED" => 0,
            "MODIFIED" => 1,
            _ => 2,
        };
        match self.0.as_ref().and_then(|lines| lines.get(index)) {
            Some(line) => line.get_or_init(write).clone(),
            None => write(),
        }
    }
}

/// The texts of that many last events are kept for watches that come after the first one.
const FRESH: usize = 1024;

/// The last writes, one for each revision.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    events: VecDeque<Event>,
    capacity: usize,
    /// Events up to this revision are forgotten.
    compacted: u64,
    /// The last event of each table that is forgotten.
    forgotten: BTreeMap<Arc<str>, u64>,
}

impl History {
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            compacted: 1,
            ..Self::default()
        }
    }

    /// The revision up to which nothing is remembered.
    pub(crate) fn compacted(&self) -> u64 {
        self.compacted
    }

    /// The last write.
    pub(crate) fn last(&self) -> Option<&Event> {
        self.events.back()
    }

    /// The events after a revision; `None` if some of them are forgotten.
    pub(crate) fn after(
        &self,
        revision: u64,
    ) -> Option<impl DoubleEndedIterator<Item = &Event> + use<'_>> {
        if revision < self.compacted {
            return None;
        }
        let start = self
            .events
            .partition_point(|event| event.revision <= revision);
        Some(self.events.range(start..))
    }

    /// The same for who has seen all of a table up to a revision: what is forgotten of other tables does not matter.
    pub(crate) fn of_table(
        &self,
        table: &str,
        after: u64,
    ) -> Option<impl DoubleEndedIterator<Item = &Event> + use<'_>> {
        let lost = self.forgotten.get(table).is_some_and(|last| *last > after);
        let after = if lost {
            after
        } else {
            after.max(self.compacted)
        };
        self.after(after)
    }

    pub(super) fn push(&mut self, mut event: Event) {
        event.lines = Lines::ready();
        self.events.push_back(event);
        let stale = self.events.len().checked_sub(FRESH + 1);
        if let Some(stale) = stale.and_then(|at| self.events.get_mut(at)) {
            stale.lines = Lines::default();
        }
        while self.events.len() > self.capacity {
            self.forget_first();
        }
    }

    /// Takes away the last event, if it came after a revision and all that came after it are remembered.
    pub(super) fn take_last_after(&mut self, revision: u64) -> Option<Event> {
        let last = self.events.back()?;
        let remembered = revision >= self.compacted && last.revision > revision;
        if remembered {
            self.events.pop_back()
        } else {
            None
        }
    }

    fn forget_first(&mut self) {
        if let Some(Event {
            revision, place, ..
        }) = self.events.pop_front()
        {
            self.compacted = revision;
            match self.forgotten.get_mut(&place.table) {
                Some(last) => *last = revision,
                None => drop(self.forgotten.insert(place.table, revision)),
            }
        }
    }

    pub(super) fn compact(&mut self, revision: u64) {
        while self
            .events
            .front()
            .is_some_and(|event| event.revision <= revision)
        {
            self.forget_first();
        }
        self.compacted = self.compacted.max(revision);
    }
}
