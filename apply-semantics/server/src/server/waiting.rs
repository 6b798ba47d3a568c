use std::{collections::BTreeMap, sync::Arc, task::Waker};

use crate::store::Store;

/// After so many writes everybody is woken, also who waits for other tables: watches send bookmarks then.
const QUIET: u64 = 100;

/// Who waits for something to happen in which table.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    wakers: BTreeMap<Arc<str>, BTreeMap<u64, Waker>>,
    numbers: u64,
    /// Who waits for writes up to this revision was woken.
    told: u64,
    /// Everybody was woken at this revision.
    told_all: u64,
}

impl Waiting {
    /// A number for somebody who is going to wait.
    pub(crate) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Waits for a write to a table. Who waits already is woken in this way from now on.
    pub(crate) fn wait(&mut self, table: &Arc<str>, number: u64, waker: &Waker) {
        let waiting = match self.wakers.get_mut(table) {
            Some(waiting) => waiting,
            None => self.wakers.entry(Arc::clone(table)).or_default(),
        };
        waiting
            .entry(number)
            .and_modify(|known| known.clone_from(waker))
            .or_insert_with(|| waker.clone());
    }

    /// Waits no longer.
    pub(crate) fn forget(&mut self, table: &str, number: u64) {
        if let Some(waiting) = self.wakers.get_mut(table) {
            waiting.remove(&number);
        }
    }

    /// Who is to be woken after what was written since the last time.
    pub(super) fn due(&mut self, store: &Store) -> Vec<Waker> {
        let revision = store.revision();
        self.told_all = self.told_all.min(revision);
        if revision.saturating_sub(self.told_all) >= QUIET {
            self.told_all = revision;
            return self.all();
        }
        let mut due = Vec::new();
        match store.history().after(self.told) {
            Some(events) => {
                for event in events {
                    let waiting = self.wakers.get_mut(&event.place.table);
                    due.extend(waiting.map(std::mem::take).into_iter().flatten());
                }
            }
            None => due.extend(self.wakers.values_mut().flat_map(std::mem::take)),
        }
        self.told = revision;
        due.into_iter().map(|(_, waker)| waker).collect()
    }

    /// Everybody.
    pub(super) fn all(&mut self) -> Vec<Waker> {
        let all = self.wakers.values_mut().flat_map(std::mem::take);
        all.map(|(_, waker)| waker).collect()
    }
}
