//! What became of a run, and what a run would do.

use std::{error::Error, fmt};

use serde::Serialize;

use crate::{
    Change, Content, JournalError, NodeState, Note, Outcome, PhaseError, PhaseState, SelectError,
    Stat,
};

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// Name of the run.
    pub run: String,
    /// Name of the workflow.
    pub workflow: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it went on where an earlier run ended.
    pub resumed: bool,
    /// The phases looked at, in order.
    pub phases: Vec<PhaseReport>,
    /// Milliseconds it took.
    pub took_ms: u64,
}

/// What became of a phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PhaseReport {
    /// Its path.
    pub path: String,
    /// How far it came.
    pub state: PhaseState,
    /// Why it does not apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many changes it made.
    pub changes: usize,
    /// What it had to say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<PhaseError>,
    /// Milliseconds it took.
    pub took_ms: u64,
}

impl PhaseReport {
    pub(crate) fn new(path: &str, state: PhaseState) -> Self {
        Self {
            path: path.to_owned(),
            state,
            reason: None,
            changes: 0,
            notes: Vec::new(),
            error: None,
            took_ms: 0,
        }
    }
}

impl Report {
    /// How many changes were made.
    pub fn changes(&self) -> usize {
        self.phases.iter().map(|phase| phase.changes).sum()
    }

    /// The state of each phase by path, for [`Tree::with_states`](crate::Tree::with_states).
    pub fn states(&self) -> impl Iterator<Item = (&str, NodeState)> {
        let phases = self.phases.iter();
        phases.map(|phase| {
            (
                phase.path.as_str(),
                NodeState::new(phase.state, phase.changes),
            )
        })
    }
}

/// A run that did not succeed: why, and how far it came.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RunFailure {
    /// Why.
    pub error: RunError,
    /// How far it came.
    pub report: Report,
}

/// Why a run or a plan did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunError {
    /// The selection makes no sense.
    Select(SelectError),
    /// The journal cannot be used.
    Journal(JournalError),
    /// What an interrupted run left open cannot be set right.
    Recovery {
        /// Path of the phase that was interrupted.
        path: String,
        /// Why.
        error: PhaseError,
    },
    /// A run-all entry has an action or a condition.
    RunAllActs {
        /// Path of the entry.
        path: String,
    },
    /// A condition cannot be told.
    Condition {
        /// Path of the phase.
        path: String,
        /// Why.
        error: PhaseError,
    },
    /// A phase failed.
    Phase {
        /// Path of the phase.
        path: String,
        /// Why.
        error: PhaseError,
    },
    /// The journal holds no run that could be undone.
    NothingToUndo,
    /// Somebody changed since what is to be undone.
    ChangedSince {
        /// What was changed: paths of files, and what effects were about.
        what: Vec<String>,
    },
    /// The run was cancelled.
    Cancelled,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Select(error) => error.fmt(f),
            Self::Journal(error) => error.fmt(f),
            Self::Recovery { path, error } => {
                write!(f, "cannot finish interrupted phase {path}: {error}")
            }
            Self::RunAllActs { path } => {
                write!(
                    f,
                    "{path} runs its siblings and can have no action or condition"
                )
            }
            Self::Condition { path, error } => write!(f, "condition of phase {path}: {error}"),
            Self::Phase { path, error } => write!(f, "phase {path}: {error}"),
            Self::NothingToUndo => f.write_str("the journal holds no run that could be undone"),
            Self::ChangedSince { what } => write!(
                f,
                "somebody changed since what is to be undone: {}",
                what.join(", ")
            ),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

impl Error for RunError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Select(error) => Some(error),
            Self::Journal(error) => Some(error),
            Self::Recovery { error, .. }
            | Self::Condition { error, .. }
            | Self::Phase { error, .. } => Some(error),
            Self::RunAllActs { .. }
            | Self::NothingToUndo
            | Self::ChangedSince { .. }
            | Self::Cancelled => None,
        }
    }
}

impl fmt::Display for RunFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for RunFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

/// What a run would do, phase by phase. Displays as a list of changes; serialises without secrets.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RunPlan {
    /// Name of the workflow.
    pub workflow: String,
    /// The phases, in order.
    pub phases: Vec<PlannedPhase>,
}

/// What a phase would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PlannedPhase {
    /// Its path.
    pub path: String,
    /// Whether it has changes to make, is up to date, does not apply, or cannot be planned yet.
    pub state: PhaseState,
    /// Why it does not apply or cannot be planned yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<PlannedChange>,
    /// What it has to say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// A change with what is there before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PlannedChange {
    /// The change: what is there after it.
    #[serde(flatten)]
    pub change: Change,
    /// What is there before it, earlier phases' changes included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
}

/// What is at a path before a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Before {
    /// Kind, mode, owner, size.
    #[serde(flatten)]
    pub stat: Stat,
    /// A file's content. Secret unless text replaces it that is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
}

impl RunPlan {
    /// Whether a run would change nothing, as far as can be told.
    pub fn is_empty(&self) -> bool {
        let quiet =
            |phase: &PlannedPhase| phase.changes.is_empty() && phase.state != PhaseState::Later;
        self.phases.iter().all(quiet)
    }

    /// All changes, in order.
    pub fn changes(&self) -> impl Iterator<Item = &PlannedChange> {
        self.phases.iter().flat_map(|phase| &phase.changes)
    }

    /// The state of each phase by path, for [`Tree::with_states`](crate::Tree::with_states).
    pub fn states(&self) -> impl Iterator<Item = (&str, NodeState)> {
        let phases = self.phases.iter();
        phases.map(|phase| {
            let state = NodeState::new(phase.state, phase.changes.len());
            (phase.path.as_str(), state)
        })
    }
}

impl fmt::Display for RunPlan {
    /// A line for each phase, and one for each of its changes: `+` makes, `~` changes, `-` removes, `*` does something beyond files.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for phase in &self.phases {
            write!(f, "{}: {}", phase.path, phase.state.word())?;
            match &phase.reason {
                Some(reason) => writeln!(f, " ({reason})")?,
                None => writeln!(f)?,
            }
            for planned in &phase.changes {
                let sign = match (&planned.change, &planned.before) {
                    (Change::Remove { .. } | Change::RemoveDir { .. }, _) => '-',
                    (Change::Effect(_), _) => '*',
                    (_, None) => '+',
                    (_, Some(_)) => '~',
                };
                writeln!(f, "  {sign} {}", planned.change)?;
            }
        }
        Ok(())
    }
}

/// A plan that could not be made to the end: why, and what is known of the phases before.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PlanFailure {
    /// Why.
    pub error: RunError,
    /// The plan as far as it came.
    pub plan: RunPlan,
}

impl fmt::Display for PlanFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for PlanFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}
