//! The write-ahead journal: what makes a killed run resumable.
//!
//! For each phase with changes a run appends:
//!
//! 1. `stage` with the temporary names about to be used; then folders are made and all files of the phase are written under
//!    temporary names, readable by their owner only;
//! 2. `intent` with every change and the digests of the files staged; then the files take mode and name, and the rest is done;
//! 3. `done`.
//!
//! It waits until the first `stage` and every `intent` are on the disk, every `stage` that makes folders which may be undone, `done`
//! where more than files was changed, and `end` where anything was. All other entries go there with the next of these; a failing
//! power loses nothing but the knowledge that something need not be looked at again: the same run stages under the same names.
//!
//! A run that finds a `stage` without `intent` removes what was staged; it finds an `intent` without `done` and finishes the
//! work with the files as they were staged. So a run that was killed leaves no half of a pair behind, and nothing is made twice.
//! Contents never go into the journal.

mod entry;
mod file;
mod holder;
mod line;
mod status;

use std::{
    error::Error,
    fmt,
    sync::{Mutex, PoisonError},
};

pub use entry::{Entry, Outcome, Record, Step, Was};
pub(crate) use entry::{Open, SCHEMA, last_run};
pub use file::FileJournal;
pub use holder::Holder;
pub use status::{PhaseProgress, PhaseStatus, RunStatus};

use crate::Digest;

/// A list of entries that survives the process.
pub trait Journal: Send + Sync {
    /// All entries, oldest first. An entry cut short by a crash is dropped.
    ///
    /// # Errors
    /// The journal cannot be read, or an entry before the last makes no sense.
    fn load(&self) -> Result<Vec<Entry>, JournalError>;

    /// Adds an entry; it is on the disk when this returns.
    ///
    /// # Errors
    /// It may not be on the disk.
    fn append(&self, entry: &Entry) -> Result<(), JournalError>;

    /// Adds an entry that need not be on the disk before the next one that is [appended](Journal::append): if the power fails before,
    /// the run that follows does again what the entry says was done. By default it is appended.
    ///
    /// # Errors
    /// It may not be there.
    fn note(&self, entry: &Entry) -> Result<(), JournalError> {
        self.append(entry)
    }

    /// Forgets all entries.
    ///
    /// # Errors
    /// Some may be left.
    fn clear(&self) -> Result<(), JournalError>;
}

/// A journal in memory, for tests and for runs that need not survive.
#[derive(Debug, Default)]
pub struct MemJournal {
    entries: Mutex<Vec<Entry>>,
}

impl MemJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for MemJournal {
    fn load(&self) -> Result<Vec<Entry>, JournalError> {
        Ok(self.lock().clone())
    }

    fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        self.lock().push(entry.clone());
        Ok(())
    }

    fn clear(&self) -> Result<(), JournalError> {
        self.lock().clear();
        Ok(())
    }
}

/// Why a journal cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalError {
    /// Reading or writing failed.
    Io {
        /// Path of the journal.
        path: String,
        /// What the operating system says.
        message: String,
    },
    /// Another run holds the journal.
    Locked {
        /// Path of the journal.
        path: String,
        /// Who it is, if that can be told.
        holder: Option<Holder>,
    },
    /// A line makes no sense.
    Corrupt {
        /// Path of the journal.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Why.
        message: String,
    },
    /// An unfinished run of another configuration is in the journal.
    OtherConfiguration {
        /// Digest of the unfinished run's configuration.
        journal: Digest,
        /// Digest of this run's.
        run: Digest,
    },
    /// An unfinished run of another workflow is in the journal.
    OtherWorkflow {
        /// Name of the unfinished run's workflow.
        journal: String,
        /// Name of this run's.
        run: String,
    },
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, message } => write!(f, "journal {path}: {message}"),
            Self::Locked { path, holder: None } => {
                write!(f, "journal {path}: another run holds it")
            }
            Self::Locked {
                path,
                holder: Some(holder),
            } => write!(f, "journal {path}: another run holds it: {holder}"),
            Self::Corrupt {
                path,
                line,
                message,
            } => write!(f, "journal {path}:{line}: {message}"),
            Self::OtherConfiguration { .. } => f.write_str(
                "the journal holds an unfinished run of another configuration; resume that, or begin afresh",
            ),
            Self::OtherWorkflow { journal, run } => write!(
                f,
                "the journal holds an unfinished run of workflow {journal}, not {run}; resume that, or begin afresh"
            ),
        }
    }
}

impl Error for JournalError {}
