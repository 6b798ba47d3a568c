//! One run, from its first event to its last.

mod turn;

use std::{cell::Cell, collections::BTreeSet, time::SystemTime};

use super::{
    Runner,
    attempts::{Attempts, Pause, millis, since},
    keep,
    recover::History,
    walk::Walk,
    work::Stop,
};
use crate::{
    Digest, ErrorClass, Event, EventKind, JournalError, Outcome, PhaseError, PhaseReport,
    PhaseState, Report, RetryPolicy, RunError, RunFailure, Timestamp, event,
    journal::{Entry, Open, Record, SCHEMA},
};

pub(super) fn run<C: ?Sized>(
    runner: &Runner<'_, C>,
    config: &C,
) -> Result<Report, Box<RunFailure>> {
    let mut execution = Execution::new(runner);
    let outcome = execution.run(config, Execution::run_phases);
    execution.end(outcome)
}

pub(super) struct Execution<'r, 'a, C: ?Sized> {
    pub(super) runner: &'r Runner<'a, C>,
    name: String,
    started: SystemTime,
    resumed: bool,
    seq: u64,
    /// Phases that the journal has as done.
    done: BTreeSet<String>,
    phases: Vec<PhaseReport>,
    /// The paths that each phase changed that had its turn, for plans that were made before.
    touched: Vec<BTreeSet<String>>,
    /// The phase whose turn it is.
    current: PhaseReport,
    /// How many changes the current phase has, made ones included.
    planned: usize,
    /// The journal has a beginning of this run, so it gets an end.
    journalled: bool,
    /// The name of the run is on the disk, by which a run that goes on finds what was staged.
    named: Cell<bool>,
    ended: bool,
}

impl<'r, 'a, C: ?Sized> Execution<'r, 'a, C> {
    pub(super) fn new(runner: &'r Runner<'a, C>) -> Self {
        let started = runner.clock.now();
        let name = runner.name.clone();
        Self {
            runner,
            name: name
                .unwrap_or_else(|| format!("{}-{}", runner.flow.name, Timestamp::from(started))),
            started,
            resumed: false,
            seq: 0,
            done: BTreeSet::new(),
            phases: Vec::new(),
            touched: Vec::new(),
            current: PhaseReport::new("", PhaseState::Failed),
            planned: 0,
            journalled: false,
            named: Cell::new(false),
            ended: false,
        }
    }

    /// Takes up what was left, and lets `drive` go through the phases.
    pub(super) fn run(
        &mut self,
        config: &C,
        drive: impl FnOnce(&mut Self, Walk<'r, C>, &C) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let selected = self.runner.flow.select(&self.runner.selection);
        let walk = selected.map(|selected| Walk::new(self.runner.flow, selected));
        let history = match self.runner.journal {
            Some((journal, digest)) if walk.is_ok() => {
                History::read(journal, &self.runner.flow.name, digest, self.runner.fresh)
            }
            _ => Ok(History::none()),
        };
        if let Ok(History {
            resumes: Some(name),
            ..
        }) = &history
        {
            self.name.clone_from(name);
            self.resumed = true;
        }
        let paths = walk.as_ref().map(Walk::paths).unwrap_or_default();
        self.emit(EventKind::RunStarted {
            workflow: self.runner.flow.name.clone(),
            phases: paths.clone(),
            resumed: self.resumed,
            undoes: self.runner.undoes.clone(),
        });
        let walk = walk.map_err(RunError::Select)?;
        self.take_up(history.map_err(RunError::Journal)?, paths)?;
        drive(self, walk, config)
    }

    /// Says why nothing at all is done.
    pub(super) fn refuse(&mut self, error: RunError) -> Result<(), RunError> {
        self.emit(EventKind::RunStarted {
            workflow: self.runner.flow.name.clone(),
            phases: Vec::new(),
            resumed: false,
            undoes: self.runner.undoes.clone(),
        });
        Err(error)
    }

    /// Sets right what an earlier run left, and begins this one in the journal.
    fn take_up(&mut self, history: History, phases: Vec<String>) -> Result<(), RunError> {
        let Some((journal, digest)) = self.runner.journal else {
            return Ok(());
        };
        if let Some(open) = &history.open {
            let finished = self.settle(open)?;
            self.emit(EventKind::Recovered {
                path: open.phase.clone(),
                finished,
            });
        }
        if history.clear {
            journal.clear().map_err(RunError::Journal)?;
        }
        if let (Some(folder), false) = (self.runner.keep, self.resumed) {
            // Copies belong to the run that the journal has.
            let forgotten = keep::forget(self.runner.files, folder);
            forgotten.map_err(|error| RunError::Recovery {
                path: folder.to_owned(),
                error: error.into(),
            })?;
        }
        self.done = history.done;
        let record = self.beginning(digest, phases);
        self.record(record).map_err(RunError::Journal)?;
        self.journalled = true;
        Ok(())
    }

    /// Settles what an earlier run left open. What an effect of it waits for is waited for here, too: it is asked again as often and as
    /// long as a phase does that says nothing else.
    fn settle(&mut self, open: &Open) -> Result<bool, RunError> {
        let runner = self.runner;
        let ends = runner
            .deadline
            .and_then(|limit| self.started.checked_add(limit));
        let policy = RetryPolicy::default();
        let mut attempts = Attempts::new(runner.clock, runner.jitter, policy, ends);
        loop {
            let settled = open.settle(
                runner.files,
                Some(&|effect| runner.carry_out(effect)),
                &|record| self.record(record),
            );
            let error = match settled {
                Ok(finished) => return Ok(finished),
                Err(Stop::Journal(error)) => return Err(RunError::Journal(error)),
                Err(Stop::Phase(error)) => error,
            };
            let failed = |error| RunError::Recovery {
                path: open.phase.clone(),
                error,
            };
            let pause = match attempts.after(&error) {
                Ok(pause) if error.class == ErrorClass::NotYet => pause,
                _ => return Err(failed(error)),
            };
            self.tell_pause(&open.phase, millis(attempts.elapsed()), pause, error);
            runner.clock.sleep(pause.delay(), &runner.cancel);
            if runner.cancel.is_cancelled() {
                return Err(RunError::Cancelled);
            }
        }
    }

    fn beginning(&self, config: Digest, phases: Vec<String>) -> Record {
        if self.resumed {
            return Record::Resumed { phases };
        }
        Record::Run {
            schema: SCHEMA.into(),
            run: self.name.clone(),
            workflow: self.runner.flow.name.clone(),
            config,
            phases,
            undoes: self.runner.undoes.clone(),
        }
    }

    pub(super) fn run_phases(&mut self, mut walk: Walk<'r, C>, config: &C) -> Result<(), RunError> {
        let runner = self.runner;
        let cx = runner.cx(config, runner.files);
        loop {
            if runner.cancel.is_cancelled() {
                return Err(RunError::Cancelled);
            }
            let Some(turn) = walk.next(&cx) else {
                return Ok(());
            };
            self.take_turn(&turn?, &cx, None)?;
        }
    }

    /// When the whole run has to be over.
    pub(super) fn run_ends(&self) -> Option<SystemTime> {
        let limit = self.runner.deadline?;
        self.started.checked_add(limit)
    }

    fn tell_pause(&mut self, path: &str, elapsed_ms: u64, pause: Pause, error: PhaseError) {
        let path = path.to_owned();
        match pause {
            Pause::Wait(delay) => self.emit(EventKind::Waiting {
                path,
                error,
                elapsed_ms,
                next_ms: millis(delay),
            }),
            Pause::Retry {
                delay,
                failed,
                attempts,
            } => self.emit(EventKind::Retrying {
                path,
                error,
                attempt: failed,
                attempts,
                next_ms: millis(delay),
            }),
        }
    }

    /// Writes an entry to the journal, if there is one.
    fn record(&self, record: Record) -> Result<(), JournalError> {
        let sure = match &record {
            Record::Intent { .. } => true,
            // A run that goes on stages under the same names again, so its own name has to be on the disk; and so have folders that an
            // undo is to remove.
            Record::Stage { folders, .. } => !self.named.replace(true) || !folders.is_empty(),
            _ => false,
        };
        self.write(record, sure)
    }

    /// Writes an entry to the journal, if there is one, and waits until it is on the disk if it must be.
    fn write(&self, record: Record, sure: bool) -> Result<(), JournalError> {
        let Some((journal, _)) = self.runner.journal else {
            return Ok(());
        };
        let time = self.runner.clock.now().into();
        let entry = Entry { time, record };
        if sure {
            journal.append(&entry)
        } else {
            journal.note(&entry)
        }
    }

    fn emit(&mut self, kind: EventKind) {
        let event = Event {
            schema: event::SCHEMA.into(),
            run: self.name.clone(),
            seq: self.seq,
            time: self.runner.clock.now().into(),
            kind,
        };
        self.seq += 1;
        self.runner.sink.emit(&event);
    }

    pub(super) fn end(mut self, result: Result<(), RunError>) -> Result<Report, Box<RunFailure>> {
        let outcome = match &result {
            Ok(()) => Outcome::Succeeded,
            Err(RunError::Cancelled) => Outcome::Cancelled,
            Err(_) => Outcome::Failed,
        };
        let (recorded, outcome) = match self.record_end(outcome) {
            // Unless the journal has it, the run is not over.
            Err(error) if result.is_ok() => (Err(RunError::Journal(error)), Outcome::Failed),
            _ => (Ok(()), outcome),
        };
        let result = result.and(recorded);
        self.tell_end(outcome, result.as_ref().err().map(ToString::to_string));
        let report = Report {
            run: self.name.clone(),
            workflow: self.runner.flow.name.clone(),
            outcome,
            resumed: self.resumed,
            phases: std::mem::take(&mut self.phases),
            took_ms: millis(since(self.runner.clock, self.started)),
        };
        match result {
            Ok(()) => Ok(report),
            Err(error) => Err(Box::new(RunFailure { error, report })),
        }
    }

    fn record_end(&self, outcome: Outcome) -> Result<(), JournalError> {
        if !self.journalled {
            return Ok(());
        }
        // That nothing had to be done may be forgotten.
        let idle = outcome == Outcome::Succeeded
            && !self.resumed
            && self.phases.iter().all(|phase| phase.changes == 0);
        self.write(Record::End { outcome }, !idle)
    }

    fn tell_end(&mut self, outcome: Outcome, error: Option<String>) {
        self.ended = true;
        self.emit(EventKind::RunFinished {
            outcome,
            changes: self.phases.iter().map(|phase| phase.changes).sum(),
            error,
            took_ms: millis(since(self.runner.clock, self.started)),
        });
    }
}

impl<C: ?Sized> Drop for Execution<'_, '_, C> {
    /// Reached without an end only when a phase panicked.
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // The panic goes on; the next run finds an unfinished one either way.
        let _ = self.record_end(Outcome::Panicked);
        self.phases.push(self.current.clone());
        let path = &self.current.path;
        let error = format!("phase {path} panicked");
        self.tell_end(Outcome::Panicked, Some(error));
    }
}
