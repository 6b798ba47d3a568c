//! The server as its users hold it.

mod builder;
mod snapshot;
mod waiting;

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
};

use apply_semantics::op::{Executor, FormError, Operation, Outcome, Reason, Refusal};
use serde_json::Value;

pub use builder::{Builder, SetupError};
pub use snapshot::Snapshot;
use waiting::Waiting;

use crate::{
    answer::Answer,
    call::Call,
    core::Core,
    faults::{Fault, FaultRule, Faults},
    journal::Journal,
    operation,
    requests::{RequestRecord, Requests},
};

/// An API server in this process. Clones are the same server.
///
/// It is an [`Executor`] of operations, and a [`tower_service::Service`] of HTTP requests.
#[derive(Clone)]
pub struct Server {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
}

/// What is behind the lock.
pub(crate) struct State {
    pub(crate) core: Core,
    pub(crate) journal: Option<Journal>,
    faults: Faults,
    requests: VecDeque<RequestRecord>,
    /// Watches that wait for something to happen.
    pub(crate) waiting: Waiting,
    /// Counts up whenever all watches are told to end.
    pub(crate) dropped_watches: u64,
    keep_requests: usize,
}

impl Server {
    /// A server with the built-in resources of Kubernetes 1.36 and the namespaces that every cluster has.
    pub fn new() -> Self {
        Builder::new().build()
    }

    /// A server as the builder says.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn of(core: Core, journal: Option<Journal>, keep_requests: usize) -> Self {
        let state = State {
            core,
            journal,
            faults: Faults::default(),
            requests: VecDeque::new(),
            waiting: Waiting::default(),
            dropped_watches: 0,
            keep_requests,
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
            }),
        }
    }

    /// Carries out an operation.
    ///
    /// # Errors
    /// What the server refuses.
    pub fn execute(&self, operation: &Operation) -> Result<Outcome, Refusal> {
        let call = operation::call_of(operation);
        let deletion = matches!(
            operation,
            Operation::Delete { .. } | Operation::DeleteCollection { .. }
        );
        let Called {
            answered, warnings, ..
        } = self.call(&call);
        Ok(answered?.into_outcome(deletion, warnings))
    }

    /// Adds an object as it is, with the metadata that it lacks, whatever validation and admission would say: for the state that a test
    /// begins with.
    ///
    /// # Errors
    /// The object does not say what it is, or there is no such resource; or it cannot be put on the disk.
    pub fn seed(&self, object: Value) -> Result<(), FormError> {
        let mut state = self.lock();
        let seeded = state.core.seed(object);
        let synced = state.sync();
        Self::finish(state);
        synced.map_err(|refusal| FormError::expected("", refusal.message))?;
        seeded
    }

    /// What was asked so far.
    pub fn requests(&self) -> Requests {
        Requests(self.lock().requests.iter().cloned().collect())
    }

    /// Forgets what was asked so far.
    pub fn forget_requests(&self) {
        self.lock().requests.clear();
    }

    /// Makes requests go wrong from now on.
    pub fn inject(&self, rule: FaultRule) {
        self.lock().faults.add(rule);
    }

    /// Lets nothing go wrong any more.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// Ends all watches, as a server does that goes away.
    pub fn drop_watches(&self) {
        let mut state = self.lock();
        state.dropped_watches += 1;
        Self::finish_for_all(state);
    }

    /// Forgets the past: watches and continue tokens from before now are refused as too old.
    pub fn compact(&self) {
        let mut state = self.lock();
        let revision = state.core.store.revision();
        state.core.store.compact(revision);
        Self::finish(state);
    }

    /// The revision of the last write.
    pub fn revision(&self) -> u64 {
        self.lock().core.store.revision()
    }

    /// All objects as they are now. It costs no copy of them.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.lock().core)
    }

    /// Makes the server what it was. Watches end. A file on the disk follows at once; if it cannot, with the next write that it takes.
    pub fn restore(&self, snapshot: &Snapshot) {
        let mut state = self.lock();
        snapshot.put_into(&mut state.core);
        state.dropped_watches += 1;
        if let Some(journal) = &mut state.journal {
            journal.forget();
        }
        // Nobody is told now. Writes that come later say it if it still cannot be done.
        drop(state.sync());
        Self::finish_for_all(state);
    }

    /// Answers a call, unless something is to go wrong with it, and says what it warns of.
    pub(crate) fn call(&self, call: &Call) -> Called {
        let mut state = self.lock();
        let mut record = RequestRecord::of(call, 0);
        let fault = state.faults.strike(&record);
        let answered = match &fault {
            Some(Fault::Refuse(refusal)) => {
                state.core.warned.clear();
                Err(refusal.clone())
            }
            Some(Fault::Stale(writes)) => {
                state.core.stale = *writes;
                let answered = state.core.call(call);
                state.core.stale = 0;
                answered
            }
            _ => state.core.call(call),
        };
        let answered = state.sync().and(answered);
        record.code = match (&fault, &answered) {
            (Some(Fault::LoseAnswer), _) => 0,
            (_, Ok(answer)) => answer.code,
            (_, Err(refusal)) => refusal.code,
        };
        state.remember(record);
        let warnings = std::mem::take(&mut state.core.warned);
        Self::finish(state);
        let mut called = Called {
            answered,
            warnings,
            delay: None,
        };
        match fault {
            Some(Fault::LoseAnswer) => {
                called.answered = Err(Refusal::new(Reason::Timeout, "the answer got lost"));
                called.warnings = Vec::new();
            }
            Some(Fault::Delay(seconds)) => called.delay = Some(seconds),
            Some(Fault::DropWatch(events)) => {
                if let Ok(answer) = &mut called.answered {
                    answer.drop_watch_after(events);
                }
            }
            _ => {}
        }
        called
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of the state, and tells who waits that something happened.
    fn finish(mut state: MutexGuard<'_, State>) {
        let State { waiting, core, .. } = &mut *state;
        let due = waiting.due(&core.store);
        drop(state);
        due.into_iter().for_each(Waker::wake);
    }

    /// The same, and everybody is to look.
    fn finish_for_all(mut state: MutexGuard<'_, State>) {
        let all = state.waiting.all();
        drop(state);
        all.into_iter().for_each(Waker::wake);
    }

    /// Wakes all watches, to look at the time.
    pub(crate) fn wake(&self) {
        Self::finish_for_all(self.lock());
    }
}

/// What came of a call.
pub(crate) struct Called {
    pub(crate) answered: Result<Answer, Refusal>,
    pub(crate) warnings: Vec<String>,
    /// The answer is to come that many seconds later.
    pub(crate) delay: Option<u64>,
}

impl State {
    /// Puts what was written on the disk, before anybody is told of it. What cannot be put there was never written.
    pub(crate) fn sync(&mut self) -> Result<(), Refusal> {
        match &mut self.journal {
            Some(journal) => journal.append(&self.core.store).map_err(|error| {
                self.core.take_back(journal.written());
                Refusal::internal(format!("the journal cannot be written: {error}"))
            }),
            None => Ok(()),
        }
    }

    fn remember(&mut self, record: RequestRecord) {
        if self.requests.len() >= self.keep_requests {
            self.requests.pop_front();
        }
        if self.keep_requests > 0 {
            self.requests.push_back(record);
        }
    }
}

impl Executor for Server {
    fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal> {
        Server::execute(self, operation)
    }
}

impl Executor for &Server {
    fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal> {
        Server::execute(self, operation)
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("revision", &self.revision())
            .finish_non_exhaustive()
    }
}
