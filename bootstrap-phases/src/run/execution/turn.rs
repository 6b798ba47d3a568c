//! The turn of one phase: planned, staged, put in place, and tried again.

use std::collections::BTreeSet;

use super::Execution;
use crate::{
    ChangeRecord, Cx, Digest, Effect, ErrorClass, EventKind, PhaseError, PhaseReport, PhaseState,
    Plan, RunError, clean_path,
    journal::Record,
    run::{
        ahead::{self, Planning, Said},
        attempts::{Attempts, millis, since},
        keep::Keep,
        walk::{Place, Turn},
        work::{self, Staged, Stop},
    },
};

impl<C: ?Sized> Execution<'_, '_, C> {
    /// Has a phase do what it does; a thread may be planning it already.
    pub(in crate::run) fn take_turn(
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
}

/// Tells staged files of this run and phase from others.
fn tag(run: &str, phase: &str) -> String {
    let mut tag = Digest::of(format!("{run}\n{phase}").as_bytes()).to_string();
    tag.truncate(8);
    tag
}
