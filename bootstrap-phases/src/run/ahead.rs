//! Phases planned on threads while earlier ones have their turn.
//!
//! A phase's plan is where its time goes (keys, certificates, looks at an API), and a plan changes nothing. So plans are made at
//! the same time, as far as inputs and outputs say that they are independent, and every phase still has its turn in the order
//! of the workflow: it stages, journals and makes its changes alone. What is told, journalled and left behind is what it is
//! without threads.

use std::{
    collections::BTreeSet,
    panic::resume_unwind,
    sync::mpsc::{Receiver, Sender, channel},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread::{Scope, ScopedJoinHandle, scope},
    time::SystemTime,
};

use super::{
    Runner,
    attempts::{Attempts, Pause, millis},
    execution::Execution,
    walk::{Turn, Walk},
};
use crate::{
    CancelToken, Change, Cx, Files, Flow, Phase, PhaseError, Plan, Report, RetryPolicy, RunError,
    RunFailure, clean_path, workflow::Unit,
};

/// Runs the phases with so many threads that plan.
pub(super) fn run<C: ?Sized + Sync>(
    runner: &Runner<'_, C>,
    config: &C,
) -> Result<Report, Box<RunFailure>> {
    let mut execution = Execution::new(runner);
    let outcome = execution.run(config, |execution, walk, config| {
        // A tree that breaks the rules is run as kubeadm runs it.
        if walk.is_irregular() {
            return execution.run_phases(walk, config);
        }
        run_phases(execution, walk, config)
    });
    execution.end(outcome)
}

fn run_phases<C: ?Sized + Sync>(
    execution: &mut Execution<'_, '_, C>,
    mut walk: Walk<'_, C>,
    config: &C,
) -> Result<(), RunError> {
    let runner = execution.runner;
    let crew = Crew {
        gate: Gate::new(runner.jobs),
        // Those that plan stop when the run does, for whatever reason.
        stop: runner.cancel.child(),
        ends: execution.run_ends(),
    };
    let cx = runner.cx(config, runner.files);
    let positions = walk.acting_positions();
    let ready = ready(runner.flow, &positions);
    scope(|scope| {
        // Goes first when the run ends, also by a panic: threads that nobody hears any more are not waited for longer than needed.
        let _dismissed = Dismissed(&crew);
        let mut begun: Vec<Option<Begun<'_, '_, C>>> = positions.iter().map(|_| None).collect();
        for index in 0..positions.len() {
            if runner.cancel.is_cancelled() {
                return Err(RunError::Cancelled);
            }
            let places = positions.iter().zip(&ready).zip(&mut begun).enumerate();
            for (number, ((position, after), slot)) in places.skip(index) {
                if slot.is_none() && *after <= index {
                    let turn = walk.turn(*position, number + 1, &cx);
                    *slot = Some(Begun::new(runner, turn, index, &crew, cx, scope));
                }
            }
            // What needs nothing more than what had its turn is begun: the next one always is.
            if let Some(Begun { turn, planning }) = begun.get_mut(index).and_then(Option::take) {
                execution.take_turn(&turn?, &cx, planning)?;
            }
        }
        Ok(())
    })
}

/// For each phase, how many of those before it have to have had their turn before it can be planned: all up to the last one that
/// makes something it needs or looks at. What declares nothing of that may need or make anything.
fn ready<C: ?Sized>(flow: &Flow<C>, positions: &[usize]) -> Vec<usize> {
    let units = positions
        .iter()
        .filter_map(|position| flow.units.get(*position));
    let units: Vec<&Unit<C>> = units.collect();
    let after = |(index, unit): (usize, &&Unit<C>)| {
        if unit.is_undeclared() {
            return index;
        }
        let earlier = units.get(..index).unwrap_or_default();
        let last = earlier
            .iter()
            .rposition(|earlier| unit.comes_after(earlier));
        last.map_or(0, |last| last + 1)
    };
    units.iter().enumerate().map(after).collect()
}

impl<C: ?Sized> Unit<C> {
    fn is_undeclared(&self) -> bool {
        let info = &self.info;
        let nothing =
            info.inputs.is_empty() && info.outputs.is_empty() && info.dependencies.is_empty();
        nothing && info.after.is_none()
    }

    /// Whether this phase cannot be planned before an earlier one had its turn.
    fn comes_after(&self, earlier: &Self) -> bool {
        let info = &self.info;
        let made = |input: &String| earlier.info.outputs.contains(input);
        let above = self.path.strip_prefix(&earlier.path);
        let looked_at = |on: &String| {
            let below = earlier.path.strip_prefix(on.as_str());
            earlier.answers_to(on) || below.is_some_and(|rest| rest.starts_with('/'))
        };
        earlier.is_undeclared()
            || info.after.iter().flatten().any(looked_at)
            || info.inputs.iter().any(made)
            || info.dependencies.iter().any(|on| earlier.answers_to(on))
            || above.is_some_and(|rest| rest.starts_with('/'))
    }
}

/// What those that plan have in common.
struct Crew {
    gate: Gate,
    stop: CancelToken,
    /// When the run has to be over.
    ends: Option<SystemTime>,
}

struct Dismissed<'a>(&'a Crew);

impl Drop for Dismissed<'_> {
    fn drop(&mut self) {
        self.0.stop.cancel();
        self.0.gate.close();
    }
}

/// Lets so many in at a time.
struct Gate {
    /// How many more may come in; `None` once it is closed.
    free: Mutex<Option<usize>>,
    changed: Condvar,
}

/// Somebody who was let in, until dropped.
struct Inside<'a>(&'a Gate);

impl Gate {
    fn new(places: usize) -> Self {
        Self {
            free: Mutex::new(Some(places.max(1))),
            changed: Condvar::new(),
        }
    }

    /// Waits until there is room; `None` once it is closed.
    fn enter(&self) -> Option<Inside<'_>> {
        let mut free = self.lock();
        loop {
            match &mut *free {
                None => return None,
                Some(0) => {}
                Some(places) => {
                    *places -= 1;
                    return Some(Inside(self));
                }
            }
            let waited = self.changed.wait(free);
            free = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self) {
        *self.lock() = None;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Option<usize>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if let Some(places) = &mut *self.0.lock() {
            *places += 1;
        }
        self.0.changed.notify_one();
    }
}

/// A phase whose condition is asked, and that a thread plans if it applies.
struct Begun<'s, 'f, C: ?Sized> {
    turn: Result<Turn<'f, C>, RunError>,
    planning: Option<Planning<'s>>,
}

/// A thread that plans.
pub(super) struct Planning<'s> {
    said: Receiver<Said<'s>>,
    thread: ScopedJoinHandle<'s, ()>,
    /// How many phases had had their turn when it began.
    pub(super) after: usize,
}

/// What a thread says.
pub(super) enum Said<'s> {
    /// It has to pause, and goes on then.
    Pause {
        pause: Pause,
        error: PhaseError,
        elapsed_ms: u64,
    },
    /// There is a plan, after these attempts.
    Planned(Plan, Attempts<'s>),
    /// It gave up.
    Failed(PhaseError),
}

impl<'s, 'f, C: ?Sized + Sync> Begun<'s, 'f, C> {
    fn new<'e>(
        runner: &'e Runner<'_, C>,
        turn: Result<Turn<'f, C>, RunError>,
        after: usize,
        crew: &'e Crew,
        cx: Cx<'e, C>,
        scope: &'s Scope<'s, 'e>,
    ) -> Self
    where
        'f: 'e,
    {
        let applies = turn.as_ref().ok().filter(|turn| turn.skipped.is_none());
        let planning = applies.map(|turn| {
            let (sender, said) = channel();
            let cx = Cx {
                cancel: &crew.stop,
                ..cx
            };
            let (phase, policy) = (turn.phase, turn.unit.retry.clone());
            let planner = Planner {
                phase,
                cx,
                crew,
                jitter: runner.jitter,
                said: sender,
            };
            let thread = scope.spawn(move || planner.work(policy));
            Planning {
                said,
                thread,
                after,
            }
        });
        Self { turn, planning }
    }
}

struct Planner<'e, 's, C: ?Sized> {
    phase: &'e dyn Phase<C>,
    cx: Cx<'e, C>,
    crew: &'e Crew,
    jitter: Option<&'e (dyn Fn() -> f64 + Send + Sync)>,
    said: Sender<Said<'s>>,
}

impl<'e: 's, 's, C: ?Sized> Planner<'e, 's, C> {
    fn work(self, policy: Option<RetryPolicy>) {
        let policy = policy.unwrap_or_else(|| self.phase.retry(&self.cx));
        let last = self.until_through(policy);
        // Nobody who listens is left when the run ended.
        let _ = self.said.send(last);
    }

    /// Plans, again after pauses, until there is a plan or none is to be had.
    fn until_through(&self, policy: RetryPolicy) -> Said<'s> {
        let mut attempts = Attempts::new(self.cx.clock, self.jitter, policy, self.crew.ends);
        loop {
            let Some(inside) = self.crew.gate.enter() else {
                return Said::Failed(PhaseError::cancelled());
            };
            let planned = self.phase.plan(&self.cx);
            drop(inside);
            let error = match planned {
                Ok(plan) => return Said::Planned(plan, attempts),
                Err(error) => error,
            };
            let pause = match attempts.after(&error) {
                Ok(pause) => pause,
                Err(error) => return Said::Failed(error),
            };
            let elapsed_ms = millis(attempts.elapsed());
            let paused = Said::Pause {
                pause,
                error,
                elapsed_ms,
            };
            let _ = self.said.send(paused);
            self.cx.clock.sleep(pause.delay(), self.cx.cancel);
            if self.cx.cancel.is_cancelled() {
                return Said::Failed(PhaseError::cancelled());
            }
        }
    }
}

impl<'s> Planning<'s> {
    /// The next that it says. Its panic goes on here.
    pub(super) fn next(&mut self) -> Said<'s> {
        match self.said.recv() {
            Ok(said) => said,
            Err(_) => Said::Failed(PhaseError::fatal(
                "run.thread-ended",
                "the thread that planned the phase ended",
            )),
        }
    }

    /// Waits for the thread to end; its panic goes on here.
    pub(super) fn join(self) {
        if let Err(panic) = self.thread.join() {
            resume_unwind(panic);
        }
    }
}

/// A plan as it is to be carried out now, after others had their turn since it was made: folders that are there by now are made
/// no more. `None` if one of them changed what it is about: then it has to be made anew.
pub(super) fn refreshed(
    mut plan: Plan,
    files: &dyn Files,
    since: &[BTreeSet<String>],
) -> Option<Plan> {
    let touched = |path: &str| since.iter().any(|paths| paths.contains(path));
    let is_dir = |path: &str| {
        files
            .stat(path)
            .ok()
            .flatten()
            .is_some_and(|stat| stat.is_dir())
    };
    let mut stale = false;
    plan.changes.retain(|change| {
        let path = clean_path(change.path());
        match change {
            _ if !touched(&path) => true,
            Change::CreateDir { .. } => !is_dir(&path),
            _ => {
                stale = true;
                true
            }
        }
    });
    (!stale).then_some(plan)
}
