//! What a run tells while it runs.

mod sink;
#[cfg(feature = "tracing")]
mod spans;

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

pub use sink::{EventLog, EventSink, JsonLines, Silent};
#[cfg(feature = "tracing")]
pub use spans::TracingSink;

use crate::{ChangeRecord, Note, NoteLevel, Outcome, PhaseError, PhaseState, Timestamp};

/// The form of events sent now.
pub(crate) const SCHEMA: &str = "bootstrap-phases/v1";

/// One thing that happened in a run. As JSON a flat object: the envelope's fields, `type`, and the fields of that type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Event {
    /// Form of the event: `bootstrap-phases/v1`. Within a form, types and fields are only added.
    pub schema: Cow<'static, str>,
    /// Name of the run.
    pub run: String,
    /// Number of the event in this run of the process, from 0 without gaps.
    pub seq: u64,
    /// When it happened.
    pub time: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened. `index` counts from 1 to `total`: enough for progress bars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
pub enum EventKind {
    /// The run began.
    RunStarted {
        /// Name of the workflow.
        workflow: String,
        /// Paths of the phases that may run, in order.
        phases: Vec<String>,
        /// Whether it goes on where an earlier run ended.
        resumed: bool,
        /// Name of the run that this one undoes, if it undoes one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undoes: Option<String>,
    },
    /// What an interrupted run left open was set right before anything else.
    Recovered {
        /// Path of the phase that was interrupted.
        path: String,
        /// Whether its changes were finished; else what it had staged was removed.
        finished: bool,
    },
    /// A phase is looked at.
    PhaseStarted {
        /// Its path.
        path: String,
        /// Its number among the phases of this run.
        index: usize,
        /// How many phases there are.
        total: usize,
    },
    /// A phase does not apply.
    PhaseSkipped {
        /// Its path.
        path: String,
        /// Its number among the phases of this run.
        index: usize,
        /// How many phases there are.
        total: usize,
        /// Why.
        reason: String,
    },
    /// The journal has the phase as done, yet there is something to do: it runs again.
    RunsAgain {
        /// Its path.
        path: String,
        /// Why.
        reason: String,
    },
    /// A phase knows what it has to do.
    Planned {
        /// Its path.
        path: String,
        /// How many changes.
        changes: usize,
    },
    /// A phase has something to say.
    Note {
        /// Its path.
        path: String,
        /// What.
        #[serde(flatten)]
        note: Note,
    },
    /// A change was made.
    Changed {
        /// Path of the phase.
        path: String,
        /// Number of the change in its phase.
        index: usize,
        /// How many changes the phase has.
        total: usize,
        /// What.
        change: ChangeRecord,
    },
    /// Something is not there yet.
    Waiting {
        /// Path of the phase.
        path: String,
        /// What is missing.
        error: PhaseError,
        /// Milliseconds since the phase began.
        elapsed_ms: u64,
        /// Milliseconds until the next look.
        next_ms: u64,
    },
    /// A phase failed and is tried again.
    Retrying {
        /// Path of the phase.
        path: String,
        /// Why it failed.
        error: PhaseError,
        /// Number of the attempt that failed, from 1.
        attempt: u32,
        /// How many attempts there are.
        attempts: u32,
        /// Milliseconds until the next.
        next_ms: u64,
    },
    /// A phase is done.
    PhaseFinished {
        /// Its path.
        path: String,
        /// Its number among the phases of this run.
        index: usize,
        /// How many phases there are.
        total: usize,
        /// `done`, or `upToDate` if there was nothing to do.
        state: PhaseState,
        /// How many changes were made.
        changes: usize,
        /// Milliseconds it took.
        took_ms: u64,
    },
    /// A phase failed for good, or was cancelled.
    PhaseFailed {
        /// Its path.
        path: String,
        /// Its number among the phases of this run.
        index: usize,
        /// How many phases there are.
        total: usize,
        /// Why.
        error: PhaseError,
        /// Milliseconds it took.
        took_ms: u64,
    },
    /// The run ended. The last event of every run, whatever happened, but for a killed process.
    RunFinished {
        /// How.
        outcome: Outcome,
        /// How many changes were made.
        changes: usize,
        /// Why it did not succeed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// Milliseconds it took.
        took_ms: u64,
    },
}

impl EventKind {
    /// Path of the phase it is about, if it is about one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::RunStarted { .. } | Self::RunFinished { .. } => None,
            Self::Recovered { path, .. }
            | Self::PhaseStarted { path, .. }
            | Self::PhaseSkipped { path, .. }
            | Self::RunsAgain { path, .. }
            | Self::Planned { path, .. }
            | Self::Note { path, .. }
            | Self::Changed { path, .. }
            | Self::Waiting { path, .. }
            | Self::Retrying { path, .. }
            | Self::PhaseFinished { path, .. }
            | Self::PhaseFailed { path, .. } => Some(path),
        }
    }
}

impl fmt::Display for Event {
    /// A line for people, `[certs/ca] write /etc/kubernetes/pki/ca.crt (0644, 1107 bytes)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] ", self.kind.path().unwrap_or(&self.run))?;
        self.kind.fmt(f)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RunStarted {
                workflow, resumed, ..
            } => write!(
                f,
                "{workflow} {}",
                if *resumed { "resumed" } else { "started" }
            ),
            Self::Recovered { finished: true, .. } => f.write_str("finished what was interrupted"),
            Self::Recovered { .. } => f.write_str("removed what an interrupted run had staged"),
            Self::PhaseStarted { index, total, .. } => write!(f, "started ({index} of {total})"),
            Self::PhaseSkipped { reason, .. } => write!(f, "not applicable: {reason}"),
            Self::RunsAgain { reason, .. } => write!(f, "runs again: {reason}"),
            Self::Planned { changes, .. } => write!(f, "changes to make: {changes}"),
            Self::Note { note, .. } => match note.level {
                NoteLevel::Info => f.write_str(&note.text),
                NoteLevel::Warning => write!(f, "warning: {}", note.text),
            },
            Self::Changed { change, .. } => change.fmt(f),
            Self::Waiting { error, .. } => write!(f, "waiting: {error}"),
            Self::Retrying {
                error,
                attempt,
                attempts,
                next_ms,
                ..
            } => write!(
                f,
                "attempt {attempt} of {attempts}: {error}; next in {next_ms} ms"
            ),
            Self::PhaseFinished { state, .. } => f.write_str(state.word()),
            Self::PhaseFailed { error, .. } => write!(f, "failed: {error}"),
            Self::RunFinished { outcome, error, .. } => match error {
                Some(error) => write!(f, "{}: {error}", outcome.word()),
                None => f.write_str(outcome.word()),
            },
        }
    }
}
