//! What stands in a journal.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{ChangeRecord, Digest, FileKind, Owner, PhaseError, Timestamp};

/// The form of journals written now.
pub(crate) const SCHEMA: &str = "bootstrap-phases/journal/v1";

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// When it was written.
    pub time: Timestamp,
    /// What it says.
    #[serde(flatten)]
    pub record: Record,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
pub enum Record {
    /// A run began.
    Run {
        /// Form of the entries that follow.
        schema: Cow<'static, str>,
        /// Name of the run.
        run: String,
        /// Name of the workflow.
        workflow: String,
        /// Digest of the configuration.
        config: Digest,
        /// Paths of the phases selected, in order.
        phases: Vec<String>,
        /// Name of the run that this one undoes, if it undoes one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undoes: Option<String>,
    },
    /// The run goes on after it was interrupted or failed.
    Resumed {
        /// Paths of the phases selected now, in order.
        phases: Vec<String>,
    },
    /// A phase is about to make these temporary files and folders.
    Stage {
        /// Path of the phase.
        phase: String,
        /// Their paths.
        temps: Vec<String>,
        /// The folders it makes, if it is undoable.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        folders: Vec<Step>,
    },
    /// Everything of a phase is staged and is about to be put in place.
    Intent {
        /// Path of the phase.
        phase: String,
        /// What is about to be done, in order.
        steps: Vec<Step>,
    },
    /// What was staged for a phase was given up and removed.
    Dropped {
        /// Path of the phase.
        phase: String,
    },
    /// A phase's changes are all made.
    Done {
        /// Path of the phase.
        phase: String,
        /// How many there were.
        changes: usize,
    },
    /// A phase does not apply.
    Skipped {
        /// Path of the phase.
        phase: String,
        /// Why.
        reason: String,
    },
    /// A phase failed for good.
    Failed {
        /// Path of the phase.
        phase: String,
        /// Why.
        error: PhaseError,
    },
    /// The run ended.
    End {
        /// How.
        outcome: Outcome,
    },
}

/// A change about to be made, with what is needed to finish it later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Step {
    /// The change; for a file, its path has all links followed.
    #[serde(flatten)]
    pub change: ChangeRecord,
    /// Where the file's content is staged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temp: Option<String>,
    /// Digest of the file that was there before, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Digest>,
    /// What was there before, the outermost first, if the phase is undoable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Vec<Was>>,
}

/// Something that was there before a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Was {
    /// Its path.
    pub path: String,
    /// What it was.
    pub kind: FileKind,
    /// Its permission bits.
    pub mode: u32,
    /// Its user and group.
    pub owner: Owner,
    /// Digest of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// Where a copy of a file is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Outcome {
    /// Every phase selected is done.
    Succeeded,
    /// A phase failed, or the run could not begin.
    Failed,
    /// It was cancelled and can be resumed.
    Cancelled,
    /// A phase panicked.
    Panicked,
}

impl Outcome {
    /// The word for it, for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Panicked => "panicked",
        }
    }
}

/// The entries of the last run, from its `run` entry on.
pub(crate) fn last_run(entries: &[Entry]) -> Option<&[Entry]> {
    let start = entries
        .iter()
        .rposition(|entry| matches!(entry.record, Record::Run { .. }))?;
    entries.get(start..)
}

/// Work that the last run left open: what was staged, and what was to be done if it came that far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) phase: String,
    pub(crate) temps: Vec<String>,
    pub(crate) steps: Option<Vec<Step>>,
}

impl Open {
    pub(crate) fn of(run: &[Entry]) -> Option<Self> {
        let mut open: Option<Self> = None;
        for entry in run {
            match &entry.record {
                Record::Stage { phase, temps, .. } => {
                    open = Some(Self {
                        phase: phase.clone(),
                        temps: temps.clone(),
                        steps: None,
                    });
                }
                Record::Intent { phase, steps } => {
                    let temps = open.take().map(|open| open.temps);
                    open = Some(Self {
                        phase: phase.clone(),
                        temps: temps.unwrap_or_default(),
                        steps: Some(steps.clone()),
                    });
                }
                Record::Dropped { .. } | Record::Done { .. } => open = None,
                _ => {}
            }
        }
        open
    }
}
