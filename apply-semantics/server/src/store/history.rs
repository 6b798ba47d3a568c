use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;

use super::Place;

/// One write.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) revision: u64,
    pub(crate) place: Place,
    /// What was there before.
    pub(crate) old: Option<Arc<Value>>,
    /// What is there now.
    pub(crate) new: Option<Arc<Value>>,
    /// After a removal: what was there before, with the revision of the removal.
    pub(crate) last: Option<Arc<Value>>,
}

/// The last writes, one for each revision.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    events: VecDeque<Event>,
    capacity: usize,
    /// Events up to this revision are forgotten.
    compacted: u64,
}

impl History {
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            compacted: 1,
            events: VecDeque::new(),
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

    pub(super) fn push(&mut self, event: Event) {
        self.events.push_back(event);
        while self.events.len() > self.capacity {
            if let Some(forgotten) = self.events.pop_front() {
                self.compacted = forgotten.revision;
            }
        }
    }

    /// Adds to the last event what was removed by it.
    pub(super) fn last_words(&mut self, object: Arc<Value>) {
        if let Some(event) = self.events.back_mut() {
            event.last = Some(object);
        }
    }

    pub(super) fn compact(&mut self, revision: u64) {
        while self
            .events
            .front()
            .is_some_and(|event| event.revision <= revision)
        {
            self.events.pop_front();
        }
        self.compacted = self.compacted.max(revision);
    }
}
