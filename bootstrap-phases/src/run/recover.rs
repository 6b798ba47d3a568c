//! Taking up what an earlier run left.

use std::collections::BTreeSet;

use super::work;
use crate::{
    Digest, Files, Journal, JournalError, Outcome, PhaseError,
    journal::{Entry, Open, Record, last_run},
};

/// What a journal means for the run that is about to begin.
pub(super) struct History {
    /// The name of the run that goes on; `None` begins a new one.
    pub(super) resumes: Option<String>,
    /// What was left open.
    pub(super) open: Option<Open>,
    /// Phases that are done.
    pub(super) done: BTreeSet<String>,
    /// Whether the journal has to be emptied first.
    pub(super) clear: bool,
}

impl History {
    pub(super) fn none() -> Self {
        Self {
            resumes: None,
            open: None,
            done: BTreeSet::new(),
            clear: false,
        }
    }

    /// Reads the journal: a run that did not succeed goes on, if workflow and configuration are the same.
    pub(super) fn read(
        journal: &dyn Journal,
        workflow: &str,
        config: Digest,
        fresh: bool,
    ) -> Result<Self, JournalError> {
        let entries = journal.load()?;
        let Some(run) = last_run(&entries) else {
            let clear = !entries.is_empty();
            return Ok(Self {
                clear,
                ..Self::none()
            });
        };
        let over = Record::End {
            outcome: Outcome::Succeeded,
        };
        if fresh || run.last().is_some_and(|entry| entry.record == over) {
            return Ok(Self {
                open: Open::of(run).map(Open::abandoned),
                clear: true,
                ..Self::none()
            });
        }
        Ok(Self {
            resumes: Some(same_run(run, workflow, config)?),
            open: Open::of(run),
            done: done(run),
            clear: false,
        })
    }
}

/// The name of an unfinished run, if it is one of this workflow and configuration.
fn same_run(run: &[Entry], workflow: &str, config: Digest) -> Result<String, JournalError> {
    match run.first().map(|entry| &entry.record) {
        Some(Record::Run {
            workflow: other, ..
        }) if other != workflow => Err(JournalError::OtherWorkflow {
            journal: other.clone(),
            run: workflow.to_owned(),
        }),
        Some(Record::Run { config: other, .. }) if *other != config => {
            Err(JournalError::OtherConfiguration {
                journal: *other,
                run: config,
            })
        }
        Some(Record::Run { run, .. }) => Ok(run.clone()),
        _ => Ok(workflow.to_owned()),
    }
}

fn done(run: &[Entry]) -> BTreeSet<String> {
    let phases = run.iter().filter_map(|entry| match &entry.record {
        Record::Done { phase, .. } => Some(phase.clone()),
        _ => None,
    });
    phases.collect()
}

impl Open {
    /// Without what was intended: only to be removed.
    fn abandoned(mut self) -> Self {
        self.steps = None;
        self
    }

    /// Finishes what was intended, or removes what was only staged; then says so in the journal.
    ///
    /// Answers whether it was finished.
    pub(super) fn settle(
        &self,
        files: &dyn Files,
        ports: work::Ports<'_>,
        ledger: work::Ledger<'_>,
    ) -> Result<bool, work::Stop> {
        let phase = self.phase.clone();
        if let Some(steps) = &self.steps {
            work::roll_forward(files, ports, steps)?;
            let changes = steps.len();
            ledger(Record::Done { phase, changes })?;
            return Ok(true);
        }
        work::remove_temps(files, &self.temps).map_err(PhaseError::from)?;
        ledger(Record::Dropped { phase })?;
        Ok(false)
    }
}
