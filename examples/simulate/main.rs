//! `simulate`: the planners of the crates, run from seeds while everything else goes wrong.
//!
//! What an embedder copies from here: worlds of one's own around planners ([`membership`], [`rollout`]), one around an API server with
//! a journal ([`reconcile`]), one around whole runs of a workflow ([`nodes`]), and mistakes made on purpose, which show what the rules
//! are worth ([`planted`]).
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to whoever started it"
)]
#![allow(
    clippy::indexing_slicing,
    reason = "a `Value` answers null where nothing is"
)]

mod machines;
mod membership;
mod nodes;
mod planted;
mod reconcile;
mod rollout;

use std::process::ExitCode;

use apply_server::simulation::{Report, Simulation};
use clap::{Parser, ValueEnum};
use serde_json::json;

/// Runs scenarios from seeds, and tells what breaks a rule as a story.
#[derive(Debug, Parser)]
#[command(name = "simulate", version)]
struct Cli {
    /// How many seeds each scenario is run from (one of fifty of them where runs are long)
    #[arg(long, value_name = "N", default_value_t = 100)]
    seeds: u64,
    /// The first of them
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    from: u64,
    /// Only this scenario; may be given more than once
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// Runs this seed alone, and tells its story if it breaks a rule
    #[arg(long, value_name = "SEED", conflicts_with = "planted")]
    seed: Option<u64>,
    /// Looks for mistakes that are made on purpose
    #[arg(long)]
    planted: bool,
    /// Tells their stories, too
    #[arg(long, requires = "planted")]
    stories: bool,
    /// How to answer
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

/// A scenario: how it is made, and that one of so many seeds is run.
type Entry = (fn() -> Simulation, u64);

const SCENARIOS: [Entry; 8] = [
    (|| machines::rollout(None), 1),
    (|| machines::control_plane(None), 1),
    (|| machines::health_checks(None), 1),
    (|| machines::cluster(None), 1),
    (|| membership::simulation(None), 1),
    (|| reconcile::simulation(None), 1),
    (|| rollout::simulation(None), 1),
    (|| nodes::simulation(None), 50),
];

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = if cli.planted {
        Ok(plant(&cli))
    } else {
        simulate(&cli)
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Answers whether no rule was broken.
fn simulate(cli: &Cli) -> Result<bool, String> {
    let made = SCENARIOS.map(|(make, share)| (make(), share));
    if let Some(unknown) = cli.scenario.iter().find(|name| {
        made.iter()
            .all(|(simulation, _)| simulation.name() != *name)
    }) {
        let names = made.each_ref().map(|(simulation, _)| simulation.name());
        return Err(format!(
            "no scenario is called {unknown:?}: there are {}",
            names.join(", ")
        ));
    }
    let chosen = made.iter().filter(|(simulation, _)| {
        cli.scenario.is_empty() || cli.scenario.iter().any(|name| name == simulation.name())
    });
    let (mut steps, mut clean) = (0, true);
    for (simulation, share) in chosen {
        let report = match cli.seed {
            Some(seed) => simulation.search([seed]),
            None => simulation.search(cli.from..cli.from + cli.seeds.div_ceil(*share)),
        };
        steps += report.steps;
        clean &= report.is_clean();
        show(&report, cli.output);
    }
    if cli.output == Output::Text {
        let wrong = if clean {
            "no rule was broken"
        } else {
            "rules were broken"
        };
        println!("{steps} steps, {wrong}");
    }
    Ok(clean)
}

fn show(report: &Report, output: Output) {
    match output {
        Output::Text => print!("{report}"),
        Output::Json => println!("{}", report.to_json()),
    }
}

/// How often each mistake is looked for, and with how many seeds at most.
const ATTEMPTS: u64 = 11;
const MOST: u64 = 2_000;

/// Answers whether all mistakes were found.
fn plant(cli: &Cli) -> bool {
    let (mut medians, mut missed) = (Vec::new(), 0);
    for planted in planted::all() {
        let (krate, what) = (planted.krate, planted.what);
        let found = planted.find(ATTEMPTS, MOST);
        match (&found, cli.output) {
            (Some(found), Output::Text) => {
                println!(
                    "{krate}: {what}\n    found after {} seeds (median), by {:?}: {} turns, {} faults",
                    found.median, found.rule, found.steps, found.faults
                );
                if cli.stories {
                    println!("{}", found.story);
                }
            }
            (None, Output::Text) => println!("{krate}: {what}\n    not found"),
            (found, Output::Json) => {
                let found = found.as_ref().map(|found| {
                    json!({
                        "median": found.median, "rule": found.rule, "story": found.story,
                        "steps": found.steps, "faults": found.faults,
                    })
                });
                println!("{}", json!({"crate": krate, "bug": what, "found": found}));
            }
        }
        match found {
            Some(found) => medians.push(found.median),
            None => missed += 1,
        }
    }
    medians.sort_unstable();
    if cli.output == Output::Text {
        let median = medians.get(medians.len() / 2).copied();
        println!(
            "{} of {} found, after {} seeds (median)",
            medians.len(),
            medians.len() + missed,
            median.unwrap_or_default()
        );
    }
    missed == 0
}
