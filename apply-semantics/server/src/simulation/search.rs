//! Many runs.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{
    fault::Fault,
    run::{Run, Simulation},
    story::Story,
    world::Violation,
};

/// What came of many runs.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Report {
    /// Of which simulation.
    pub name: String,
    /// How many runs.
    pub runs: u64,
    /// How many rounds, in all of them.
    pub rounds: u64,
    /// How many turns actors had.
    pub steps: u64,
    /// How much they wrote.
    pub writes: u64,
    /// The seeds that broke a rule, and which.
    pub violations: Vec<(u64, Violation)>,
    /// The first of them as a story.
    pub story: Option<Story>,
    faults: [u64; Fault::ALL.len()],
}

impl Simulation {
    /// Runs all of some seeds, and shrinks the first run that breaks a rule.
    pub fn search(&self, seeds: impl IntoIterator<Item = u64>) -> Report {
        let mut report = Report {
            name: self.name().to_owned(),
            ..Report::default()
        };
        for seed in seeds {
            let run = self.run(seed);
            report.add(&run);
            if report.story.is_none() {
                report.story = self.shrink(&run);
            }
        }
        report
    }
}

impl Report {
    /// How often something went wrong, all in all.
    pub fn faults(&self, fault: Fault) -> u64 {
        self.faults.get(fault.place()).copied().unwrap_or_default()
    }

    /// Whether no rule was broken.
    pub const fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// Counts a run.
    pub fn add(&mut self, run: &Run) {
        self.runs += 1;
        self.rounds += run.rounds;
        self.steps += run.steps;
        self.writes += run.writes;
        for (_, fault) in &run.struck {
            if let Some(count) = self.faults.get_mut(fault.place()) {
                *count += 1;
            }
        }
        if let Some(violation) = &run.violation {
            self.violations.push((run.seed, violation.clone()));
        }
    }

    /// The same as JSON.
    pub fn to_json(&self) -> Value {
        let violations = self.violations.iter().map(|(seed, violation)| {
            json!({"seed": seed, "rule": violation.rule, "detail": violation.detail})
        });
        let faults = Fault::ALL.into_iter();
        let faults: Map<String, Value> = faults
            .map(|fault| (fault.name().to_owned(), self.faults(fault).into()))
            .collect();
        json!({
            "scenario": self.name,
            "runs": self.runs,
            "rounds": self.rounds,
            "steps": self.steps,
            "writes": self.writes,
            "faults": faults,
            "violations": violations.collect::<Vec<_>>(),
            "story": self.story.as_ref().map(Story::to_json),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let struck: u64 = self.faults.iter().sum();
        writeln!(
            f,
            "{}: {} runs, {} steps, {} writes, {struck} faults, {} violations",
            self.name,
            self.runs,
            self.steps,
            self.writes,
            self.violations.len()
        )?;
        match &self.story {
            Some(story) => write!(f, "{story}"),
            None => Ok(()),
        }
    }
}
