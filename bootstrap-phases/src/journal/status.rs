//! What a journal says of its last run.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Entry, Outcome, Record,
    entry::{Open, last_run},
};
use crate::{PhaseError, Timestamp};

/// How far the last run of a journal came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RunStatus {
    /// Name of the run.
    pub run: String,
    /// Name of the workflow.
    pub workflow: String,
    /// When it began.
    pub started: Timestamp,
    /// When it last wrote.
    pub last: Timestamp,
    /// How often it was resumed.
    pub resumed: usize,
    /// How it ended; `None` means it still runs or was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Its phases, in order.
    pub phases: Vec<PhaseStatus>,
}

/// How far a phase came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PhaseStatus {
    /// Its path.
    pub path: String,
    /// How far.
    #[serde(flatten)]
    pub progress: PhaseProgress,
    /// When it came there; `None` while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Timestamp>,
}

/// How far a phase came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase")]
#[non_exhaustive]
pub enum PhaseProgress {
    /// It has nothing in the journal yet.
    Waiting,
    /// It was interrupted while its files were staged: the next run removes them and begins the phase anew.
    Staging,
    /// It was interrupted while its changes were made: the next run finishes them.
    Interrupted,
    /// It is done.
    Done {
        /// How many changes it made.
        changes: usize,
    },
    /// It does not apply.
    Skipped {
        /// Why.
        reason: String,
    },
    /// It failed.
    Failed {
        /// Why.
        error: PhaseError,
    },
}

impl RunStatus {
    /// The status of the last run in a journal; `None` if it holds none.
    pub fn of(entries: &[Entry]) -> Option<Self> {
        let run = last_run(entries)?;
        let (first, rest) = run.split_first()?;
        let Record::Run {
            run: name,
            workflow,
            phases,
            ..
        } = &first.record
        else {
            return None;
        };
        let mut status = Self {
            run: name.clone(),
            workflow: workflow.clone(),
            started: first.time,
            last: run.last().map_or(first.time, |entry| entry.time),
            resumed: 0,
            outcome: None,
            phases: phases
                .iter()
                .map(|path| PhaseStatus::waiting(path))
                .collect(),
        };
        for entry in rest {
            status.take_in(entry);
        }
        if let Some(open) = Open::of(run) {
            let progress = match open.steps {
                Some(_) => PhaseProgress::Interrupted,
                None => PhaseProgress::Staging,
            };
            // A failed phase may have left work open; that it failed says more.
            if !matches!(
                status.phase(&open.phase).progress,
                PhaseProgress::Failed { .. }
            ) {
                status.phase(&open.phase).progress = progress;
            }
        }
        Some(status)
    }

    fn take_in(&mut self, entry: &Entry) {
        let (path, progress) = match &entry.record {
            Record::Resumed { phases } => {
                self.resumed += 1;
                self.outcome = None;
                for path in phases {
                    self.phase(path);
                }
                return;
            }
            Record::End { outcome } => {
                self.outcome = Some(*outcome);
                return;
            }
            Record::Done { phase, changes } => (phase, PhaseProgress::Done { changes: *changes }),
            Record::Skipped { phase, reason } => {
                let reason = reason.clone();
                (phase, PhaseProgress::Skipped { reason })
            }
            Record::Failed { phase, error } => {
                let error = error.clone();
                (phase, PhaseProgress::Failed { error })
            }
            Record::Stage { phase, .. } => (phase, PhaseProgress::Staging),
            Record::Intent { phase, .. } => (phase, PhaseProgress::Interrupted),
            Record::Dropped { phase } => (phase, PhaseProgress::Waiting),
            Record::Run { .. } => return,
        };
        let phase = self.phase(path);
        phase.progress = progress;
        phase.when = Some(entry.time);
    }

    /// The entry of a phase; a phase that was not announced is added at the end.
    fn phase(&mut self, path: &str) -> &mut PhaseStatus {
        let found = self.phases.iter().position(|phase| phase.path == path);
        let index = found.unwrap_or_else(|| {
            self.phases.push(PhaseStatus::waiting(path));
            self.phases.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found or pushed right above")]
        &mut self.phases[index]
    }
}

impl PhaseStatus {
    fn waiting(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            progress: PhaseProgress::Waiting,
            when: None,
        }
    }
}

impl fmt::Display for RunStatus {
    /// The run in a line, then a line for each phase.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): ", self.run, self.workflow)?;
        match self.outcome {
            Some(outcome) => write!(f, "{} at {}", outcome.word(), self.last)?,
            None => write!(f, "not ended, last seen at {}", self.last)?,
        }
        match self.resumed {
            0 => {}
            1 => f.write_str(", resumed once")?,
            times => write!(f, ", resumed {times} times")?,
        }
        let width = self.phases.iter().map(|phase| phase.path.len()).max();
        for phase in &self.phases {
            write!(
                f,
                "\n  {:1$}  {2}",
                phase.path,
                width.unwrap_or(0),
                phase.progress
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for PhaseProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => f.write_str("waiting"),
            Self::Staging => f.write_str("interrupted before its changes"),
            Self::Interrupted => f.write_str("interrupted amid its changes"),
            Self::Done { changes: 0 } => f.write_str("done, nothing to change"),
            Self::Done { changes: 1 } => f.write_str("done, 1 change"),
            Self::Done { changes } => write!(f, "done, {changes} changes"),
            Self::Skipped { reason } => write!(f, "not applicable: {reason}"),
            Self::Failed { error } => write!(f, "failed: {error}"),
        }
    }
}
