//! Events for programs that trace.

use std::sync::{Mutex, PoisonError};

use tracing::{Span, debug, error, field::Empty, info, info_span, warn};

use super::{Event, EventKind, EventSink};
use crate::{NoteLevel, Outcome};

/// Tells a run to `tracing` (feature `tracing`): a span `run`, in it a span `phase` for each phase, in these what happens, as events.
///
/// The span of a run has the fields `run`, `workflow`, `resumed`, and at its end `outcome` and `changes`; that of a phase `path`,
/// `index`, `total`, and at its end `state` (`done`, `up to date`, `skipped`, `failed`) and `changes`. They are open as long as what they tell of lasts; code of
/// phases does not run inside of them. Failures are errors, retries and warnings are warnings, waits are for debugging. A sink of its own for each run
/// that goes on at the same time.
#[derive(Debug)]
pub struct TracingSink {
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    run: Span,
    phase: Span,
}

impl Default for TracingSink {
    fn default() -> Self {
        Self::new()
    }
}

impl TracingSink {
    /// Tells the subscriber that the thread of the run has.
    pub fn new() -> Self {
        Self {
            open: Mutex::new(Open::none()),
        }
    }
}

impl EventSink for TracingSink {
    fn emit(&self, event: &Event) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.begin(event);
        open.tell(&event.kind);
        open.end(&event.kind);
    }
}

impl Open {
    fn none() -> Self {
        Self {
            run: Span::none(),
            phase: Span::none(),
        }
    }

    /// Opens the span that an event is the first of.
    fn begin(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunStarted {
                workflow, resumed, ..
            } => {
                let (run, resumed) = (event.run.as_str(), *resumed);
                self.run = info_span!(
                    "run",
                    run,
                    workflow,
                    resumed,
                    outcome = Empty,
                    changes = Empty
                );
            }
            EventKind::PhaseStarted { path, index, total }
            | EventKind::PhaseSkipped {
                path, index, total, ..
            } => {
                self.phase = info_span!(
                    parent: &self.run, "phase", path, index, total, state = Empty, changes = Empty
                );
            }
            _ => {}
        }
    }

    fn tell(&self, kind: &EventKind) {
        let span = if self.phase.is_none() {
            &self.run
        } else {
            &self.phase
        };
        match kind {
            EventKind::PhaseFailed { .. }
            | EventKind::RunFinished {
                outcome: Outcome::Failed | Outcome::Panicked,
                ..
            } => error!(parent: span, "{kind}"),
            EventKind::Retrying { .. } => warn!(parent: span, "{kind}"),
            EventKind::Note { note, .. } if note.level == NoteLevel::Warning => {
                warn!(parent: span, code = &*note.code, "{}", note.text);
            }
            EventKind::Waiting { .. } => debug!(parent: span, "{kind}"),
            _ => info!(parent: span, "{kind}"),
        }
    }

    /// Closes the span that an event is the last of.
    fn end(&mut self, kind: &EventKind) {
        let state = match kind {
            EventKind::PhaseSkipped { .. } => "skipped",
            EventKind::PhaseFinished { state, changes, .. } => {
                self.phase.record("changes", changes);
                state.word()
            }
            EventKind::PhaseFailed { .. } => "failed",
            EventKind::RunFinished {
                outcome, changes, ..
            } => {
                self.run.record("outcome", outcome.word());
                self.run.record("changes", changes);
                *self = Self::none();
                return;
            }
            _ => return,
        };
        self.phase.record("state", state);
        self.phase = Span::none();
    }
}
