//! Smaller runs that break the same rule.

use std::collections::BTreeSet;

use super::{
    fault::{Fault, Site},
    run::{Run, Schedule, Simulation},
    story::Story,
    world::{Role, Violation},
};

/// How many runs are tried at most.
const TRIES: u64 = 3_000;

impl Simulation {
    /// Looks for a smaller run that breaks the same rule: with less that goes wrong, fewer actors, fewer turns, and no more rounds.
    /// `None` if nothing was wrong in the run.
    ///
    /// What is left is minimal: without any one of its faults, actors and turns the rule holds (unless that would take more than some
    /// thousand runs to find out). The same run gives the same story.
    pub fn shrink(&self, run: &Run) -> Option<Story> {
        let mut shrinking = Shrinking::of(self, run)?;
        shrinking.order();
        shrinking.faults();
        shrinking.actors();
        shrinking.turns();
        shrinking.faults();
        Some(shrinking.story())
    }
}

struct Shrinking<'a> {
    simulation: &'a Simulation,
    run: &'a Run,
    /// The rule that is broken.
    rule: &'a str,
    schedule: Schedule,
    /// What came of the schedule, with its lines.
    best: Run,
    tries: u64,
}

impl<'a> Shrinking<'a> {
    fn of(simulation: &'a Simulation, run: &'a Run) -> Option<Self> {
        let violation = run.violation.as_ref()?;
        let mut shrinking = Self {
            simulation,
            run,
            rule: &violation.rule,
            schedule: Schedule::default(),
            best: simulation.execute(run.seed, &Schedule::default(), true),
            tries: 0,
        };
        shrinking.schedule = Schedule {
            only: Some(run.struck.iter().copied().collect()),
            last_round: shrinking.is_of_time().then_some(run.rounds),
            ..Schedule::default()
        };
        Some(shrinking)
    }

    /// Whether the rule is broken at one moment, so that everything after it is of no account.
    fn is_of_time(&self) -> bool {
        self.rule != Violation::UNSETTLED
    }

    /// Takes another schedule, if it breaks the same rule.
    fn attempt(&mut self, schedule: Schedule) -> bool {
        if self.tries >= TRIES {
            return false;
        }
        self.tries += 1;
        let run = self.simulation.execute(self.run.seed, &schedule, true);
        let same = run.violation.as_ref();
        if same.is_none_or(|violation| violation.rule != self.rule) {
            return false;
        }
        self.schedule = schedule;
        if self.is_of_time() {
            self.schedule.last_round = Some(run.rounds);
        }
        self.best = run;
        true
    }

    fn order(&mut self) {
        let in_order = Schedule {
            in_order: true,
            ..self.schedule.clone()
        };
        self.attempt(in_order);
    }

    fn faults(&mut self) {
        // What did not strike any more is not needed.
        let faults: Vec<(Site, Fault)> = self.best.struck.clone();
        self.without(faults, |schedule, kept| {
            schedule.only = Some(kept.iter().copied().collect());
        });
    }

    fn actors(&mut self) {
        for (actor, role) in self.roles() {
            // Without somebody who is needed nothing would settle.
            if self.is_of_time() || role == Role::Disturbance {
                let mut schedule = self.schedule.clone();
                schedule.absent.insert(actor);
                self.attempt(schedule);
            }
        }
    }

    fn turns(&mut self) {
        // For the same reason, turns are only left out of what is of account until one moment.
        if !self.is_of_time() {
            return;
        }
        let told: BTreeSet<(u64, usize)> = self
            .best
            .lines
            .iter()
            .map(|line| (line.round, line.actor))
            .collect();
        let turns: Vec<(u64, usize)> = told.into_iter().collect();
        let all = turns.clone();
        self.without(turns, |schedule, kept| {
            let skipped = all.iter().filter(|turn| !kept.contains(turn));
            schedule.skipped = skipped.copied().collect();
        });
    }

    fn roles(&self) -> Vec<(usize, Role)> {
        let actors = self.run.actors.iter().enumerate();
        actors.map(|(place, actor)| (place, actor.role)).collect()
    }

    /// Leaves out as many of some things as can be: first many at once, then single ones, until none can be spared.
    fn without<T: Clone>(&mut self, mut kept: Vec<T>, put: impl Fn(&mut Schedule, &[T])) {
        let mut size = kept.len();
        while size > 0 {
            let mut spared = false;
            let mut start = 0;
            while start < kept.len() {
                let end = (start + size).min(kept.len());
                let mut fewer = kept.clone();
                fewer.drain(start..end);
                let mut schedule = self.schedule.clone();
                put(&mut schedule, &fewer);
                if self.attempt(schedule) {
                    kept = fewer;
                    spared = true;
                } else {
                    start = end;
                }
            }
            if size > 1 {
                size = size.div_ceil(2);
            } else if !spared {
                size = 0;
            }
        }
    }

    fn story(self) -> Story {
        let Self {
            simulation,
            run,
            schedule,
            best,
            tries,
            ..
        } = self;
        Story::new(simulation, run, best, &schedule, tries)
    }
}
