//! One run, from its first event to its last.

use std::{cell::Cell, collections::BTreeSet, time::SystemTime};

use super::{
    Runner,
    ahead::{self, Planning, Said},
    attempts::{Attempts, Pause, millis, since},
    keep::{self, Keep},
    recover::History,
    walk::{Place, Turn, Walk},
    work::{self, Staged, Stop},
};
use crate::{
    ChangeRecord, Cx, Digest, Effect, ErrorClass, Event, EventKind, JournalError, Outcome,
    PhaseError, PhaseReport, PhaseState, Plan, Report, RetryPolicy, RunError, RunFailure,
    Timestamp, clean_path, event,
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

    /// Has a phase do what it does; a thread may be planning it already.
    pub(super) fn take_turn(
        &mut self,
        turn: &Turn<'_, C>,
        cx: &Cx<'_, C>,
        planning: Option<Planning<'_>>,
    ) -> Result<(), RunError> {
        self.touched.push(BTreeSet::new());
        let Place { path, index, total } = turn.place;
        let path = path.to_owned();
        if let Some(reason) = turn.skipped.clone() {
            self.emit(EventKind::PhaseSkipped {
                path: path.clone(),
                index,
                total,
                reason: reason.clone(),
            });
            self.phases.push(PhaseReport {
                reason: Some(reason.clone()),
                ..PhaseReport::new(&path, PhaseState::NotApplicable)
            });
            let phase = path;
            return self
                .record(Record::Skipped { phase, reason })
                .map_err(RunError::Journal);
        }
        self.emit(EventKind::PhaseStarted { path, index, total });
        self.current = PhaseReport::new(turn.place.path, PhaseState::Failed);
        self.planned = 0;
        let started = self.runner.clock.now();
        let outcome = self.attempt(turn, cx, planning);
        let took_ms = millis(since(self.runner.clock, started));
        self.settle_turn(turn.place, outcome, took_ms)
    }

    /// Says what became of a phase: to the report, to the journal, to whoever listens.
    fn settle_turn(
        &mut self,
        place: Place<'_>,
        outcome: Result<PhaseState, Stop>,
        took_ms: u64,
    ) -> Result<(), RunError> {
        let Place { path, index, total } = place;
        let path = path.to_owned();
        self.current.took_ms = took_ms;
        let error = match outcome {
            Ok(state) => {
                self.current.state = state;
                let changes = self.current.changes;
                self.phases.push(self.current.clone());
                self.emit(EventKind::PhaseFinished {
                    path,
                    index,
                    total,
                    state,
                    changes,
                    took_ms,
                });
                return Ok(());
            }
            Err(Stop::Journal(error)) => {
                let told = PhaseError::fatal("journal", error.to_string());
                self.tell_failed(place, &told, took_ms);
                return Err(RunError::Journal(error));
            }
            Err(Stop::Phase(error)) => error,
        };
        self.tell_failed(place, &error, took_ms);
        if error.class == ErrorClass::Cancelled {
            return Err(RunError::Cancelled);
        }
        // A journal that fails now has nothing to add to why the phase failed.
        let _ = self.record(Record::Failed {
            phase: path.clone(),
            error: error.clone(),
        });
        Err(RunError::Phase { path, error })
    }

    fn tell_failed(&mut self, place: Place<'_>, error: &PhaseError, took_ms: u64) {
        self.current.error = Some(error.clone());
        self.current.state = match error.class {
            ErrorClass::Cancelled => PhaseState::Cancelled,
            _ => PhaseState::Failed,
        };
        self.phases.push(self.current.clone());
        self.emit(EventKind::PhaseFailed {
            path: place.path.to_owned(),
            index: place.index,
            total: place.total,
            error: error.clone(),
            took_ms,
        });
    }

    /// When the whole run has to be over.
    pub(super) fn run_ends(&self) -> Option<SystemTime> {
        let limit = self.runner.deadline?;
        self.started.checked_add(limit)
    }

    /// Hears what a thread says until it has planned a phase.
    fn hear<'t>(
        &mut self,
        place: Place<'_>,
        mut planning: Planning<'t>,
    ) -> Result<(Option<Plan>, Attempts<'t>), Stop> {
        loop {
            match planning.next() {
                Said::Pause {
                    pause,
                    error,
                    elapsed_ms,
                } => self.tell_pause(place.path, elapsed_ms, pause, error),
                Said::Planned(plan, attempts) => {
                    let since = self.touched.get(planning.after..).unwrap_or_default();
                    let plan = ahead::refreshed(plan, self.runner.files, since);
                    planning.join();
                    return Ok((plan, attempts));
                }
                Said::Failed(error) => {
                    planning.join();
                    return Err(error.into());
                }
            }
        }
    }

    /// Tries a phase until it is done, fails for good, or the run is cancelled.
    fn attempt(
        &mut self,
        turn: &Turn<'_, C>,
        cx: &Cx<'_, C>,
        planning: Option<Planning<'_>>,
    ) -> Result<PhaseState, Stop> {
        let runner = self.runner;
        let (mut planned, mut attempts) = if let Some(planning) = planning {
            self.hear(turn.place, planning)?
        } else {
            let policy = turn.unit.retry.clone();
            let policy = policy.unwrap_or_else(|| turn.phase.retry(cx));
            let ends = self.run_ends();
            let attempts = Attempts::new(runner.clock, runner.jitter, policy, ends);
            (None, attempts)
        };
        let mut staged = None;
        loop {
            let error = match self.once(turn, cx, planned.take(), &mut staged) {
                Err(Stop::Phase(error)) => error,
                outcome => return outcome,
            };
            let pause = match attempts.after(&error) {
                Ok(pause) => pause,
                Err(error) => return Err(self.give_up(turn.place, staged, error)),
            };
            self.tell_pause(turn.place.path, millis(attempts.elapsed()), pause, error);
            runner.clock.sleep(pause.delay(), &runner.cancel);
            if runner.cancel.is_cancelled() {
                return Err(self.give_up(turn.place, staged, PhaseError::cancelled()));
            }
        }
    }

    /// Work that began stays in the journal for the next run; without a journal there is no next run to finish it.
    fn give_up(&self, place: Place<'_>, staged: Option<Staged>, error: PhaseError) -> Stop {
        if let (Some(staged), None) = (staged, self.runner.journal) {
            // Why the phase failed is what is to be told.
            let _ = work::unstage(self.runner.files, &|_| Ok(()), place.path, &staged.temps());
        }
        Stop::Phase(error)
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

    /// One attempt: plan and stage, unless an earlier one came that far; then put in place.
    fn once(
        &mut self,
        turn: &Turn<'_, C>,
        cx: &Cx<'_, C>,
        planned: Option<Plan>,
        staged: &mut Option<Staged>,
    ) -> Result<PhaseState, Stop> {
        let path = turn.place.path;
        if staged.is_none() {
            let plan = planned.map_or_else(|| turn.phase.plan(cx), Ok)?;
            *staged = self.prepare(turn, &plan)?;
        }
        let Some(work) = staged else {
            self.record(Record::Done {
                phase: path.to_owned(),
                changes: 0,
            })?;
            return Ok(PhaseState::UpToDate);
        };
        let files = self.runner.files;
        let runner = self.runner;
        let ports = |effect: &Effect| runner.carry_out(effect);
        work.finish(files, Some(&ports), runner.jobs, &mut |change| {
            self.tell_changed(path, change);
        })?;
        let changes = self.current.changes;
        let phase = path.to_owned();
        // What a port did would be done again.
        let sure = work.has_effects();
        self.write(Record::Done { phase, changes }, sure)?;
        Ok(PhaseState::Done)
    }

    /// Stages the changes of a plan; `None` if there are none.
    fn prepare(&mut self, turn: &Turn<'_, C>, plan: &Plan) -> Result<Option<Staged>, Stop> {
        let path = turn.place.path;
        work::check(plan)?;
        if let Some(touched) = self.touched.last_mut() {
            touched.extend(plan.changes.iter().map(|change| clean_path(change.path())));
        }
        for note in &plan.notes {
            self.emit(EventKind::Note {
                path: path.to_owned(),
                note: note.clone(),
            });
        }
        self.current.notes.clone_from(&plan.notes);
        if plan.is_empty() {
            return Ok(None);
        }
        if self.done.remove(path) {
            self.emit(EventKind::RunsAgain {
                path: path.to_owned(),
                reason: "what is there is no longer what the finished phase left".to_owned(),
            });
        }
        self.planned = self.current.changes + plan.changes.len();
        self.emit(EventKind::Planned {
            path: path.to_owned(),
            changes: plan.changes.len(),
        });
        self.stop_if_cancelled()?;
        self.stage(path, plan, turn.unit.info.undoable).map(Some)
    }

    fn stage(&mut self, path: &str, plan: &Plan, undoable: bool) -> Result<Staged, Stop> {
        let (files, runner) = (self.runner.files, self.runner);
        // Without a journal nobody could tell later.
        let keep = if undoable && runner.journal.is_some() {
            Some(Keep::new(files, runner.keep)?)
        } else {
            None
        };
        let mut made = Vec::new();
        let staged = work::stage(
            files,
            &|record| self.record(record),
            path,
            &tag(&self.name, path),
            plan,
            keep,
            &mut |change| made.push(change.clone()),
        );
        for change in &made {
            self.tell_changed(path, change);
        }
        let staged = staged?;
        if runner.cancel.is_cancelled() {
            work::unstage(files, &|record| self.record(record), path, &staged.temps())?;
            return Err(PhaseError::cancelled().into());
        }
        self.record(Record::Intent {
            phase: path.to_owned(),
            steps: staged.steps.clone(),
        })?;
        Ok(staged)
    }

    fn stop_if_cancelled(&self) -> Result<(), Stop> {
        if self.runner.cancel.is_cancelled() {
            return Err(PhaseError::cancelled().into());
        }
        Ok(())
    }

    fn tell_changed(&mut self, path: &str, change: &ChangeRecord) {
        self.current.changes += 1;
        let (index, total) = (self.current.changes, self.planned);
        self.emit(EventKind::Changed {
            path: path.to_owned(),
            index,
            total,
            change: change.clone(),
        });
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

/// Tells staged files of this run and phase from others.
fn tag(run: &str, phase: &str) -> String {
    let mut tag = Digest::of(format!("{run}\n{phase}").as_bytes()).to_string();
    tag.truncate(8);
    tag
}
