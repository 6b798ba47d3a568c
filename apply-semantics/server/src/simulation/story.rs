//! A run as a story.

use std::{collections::BTreeSet, fmt};

use serde_json::{Value, json};

use super::{
    fault::Fault,
    run::{Run, Schedule, Simulation},
    world::Violation,
};

/// What somebody did, as it is noted down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) round: u64,
    pub(super) actor: usize,
    pub(super) text: String,
    pub(super) fault: Option<Fault>,
}

/// How it came that a rule was broken: what each actor did, what went wrong, and what was seen in the end. It prints as text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Story {
    /// Of which simulation.
    pub name: String,
    /// The seed of the run that it was made from; [`Simulation::run`] and [`Simulation::shrink`] give the story again.
    pub seed: u64,
    /// What is wrong.
    pub violation: Violation,
    /// What happened, in its order.
    pub events: Vec<StoryEvent>,
    /// How much went wrong in the run that it was made from.
    pub faults_before: usize,
    /// How many turns actors had in it.
    pub steps_before: u64,
    /// Who is not needed for it.
    pub absent: Vec<String>,
    /// How many runs it took to find it.
    pub tries: u64,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoryEvent {
    /// In which round.
    pub round: u64,
    /// How many seconds after the beginning.
    pub seconds: i64,
    /// Who did it.
    pub actor: String,
    /// What was done.
    pub text: String,
    /// What went wrong with it.
    pub fault: Option<Fault>,
}

impl Story {
    pub(super) fn new(
        simulation: &Simulation,
        run: &Run,
        best: Run,
        schedule: &Schedule,
        tries: u64,
    ) -> Self {
        let name_of = |place: usize| {
            let actor = run.actors.get(place);
            actor.map(|actor| actor.name.clone()).unwrap_or_default()
        };
        let start = simulation.time(0);
        let events = best.lines.into_iter().map(|line| StoryEvent {
            round: line.round,
            seconds: simulation.time(line.round) - start,
            actor: name_of(line.actor),
            text: line.text,
            fault: line.fault,
        });
        Self {
            name: simulation.name().to_owned(),
            seed: run.seed,
            violation: best
                .violation
                .unwrap_or_else(|| Violation::new(String::new(), String::new())),
            events: events.collect(),
            faults_before: run.struck.len(),
            steps_before: run.steps,
            absent: schedule.absent.iter().copied().map(name_of).collect(),
            tries,
        }
    }

    /// How much goes wrong in it.
    pub fn faults(&self) -> usize {
        let events = self.events.iter();
        events.filter(|event| event.fault.is_some()).count()
    }

    /// How many turns it has in which something happens.
    pub fn steps(&self) -> usize {
        let events = self.events.iter();
        let turns: BTreeSet<(u64, &str)> = events
            .map(|event| (event.round, event.actor.as_str()))
            .collect();
        turns.len()
    }

    /// The same as JSON.
    pub fn to_json(&self) -> Value {
        let events = self.events.iter().map(|event| {
            json!({
                "round": event.round,
                "seconds": event.seconds,
                "actor": event.actor,
                "text": event.text,
                "fault": event.fault.map(Fault::name),
            })
        });
        json!({
            "scenario": self.name,
            "seed": self.seed,
            "rule": self.violation.rule,
            "detail": self.violation.detail,
            "events": events.collect::<Vec<_>>(),
            "faults": self.faults(),
            "faultsBefore": self.faults_before,
            "steps": self.steps(),
            "stepsBefore": self.steps_before,
            "absent": self.absent,
            "tries": self.tries,
        })
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, seed {}: {}", self.name, self.seed, self.violation)?;
        writeln!(
            f,
            "{} of {} faults and {} of {} turns are needed for it",
            self.faults(),
            self.faults_before,
            self.steps(),
            self.steps_before
        )?;
        if !self.absent.is_empty() {
            writeln!(f, "without {}", self.absent.join(", "))?;
        }
        let widest = self.events.iter().map(|event| event.actor.len()).max();
        let widest = widest.unwrap_or_default();
        for event in &self.events {
            let StoryEvent {
                seconds,
                actor,
                text,
                ..
            } = event;
            write!(f, "{seconds:>6}s  {actor:widest$}  {text}")?;
            match event.fault {
                Some(fault) => writeln!(f, "  <- {}", told(fault))?,
                None => writeln!(f)?,
            }
        }
        writeln!(f, "        {:widest$}  {}", "", self.violation)
    }
}

/// A fault in words.
const fn told(fault: Fault) -> &'static str {
    match fault {
        Fault::Crash => "crash: it ended before this",
        Fault::Stale => "stale: it looks at what was",
        Fault::Unobserved => "unobserved: it was not told",
        Fault::Rewound => "rewound: it looks at what was before it ended",
        Fault::Refused => "refused: this was not done",
        Fault::LostAnswer => "lost answer: this was done, and it was told that it was not",
    }
}
