//! `fleet`: five clusters in this process join a ClusterSet, export a service, get a workload by constraints, have it changed in
//! stages of which one fails, recover, and one of them leaves.
//!
//! What an embedder copies from here: who keeps what between runs ([`site`], [`world`]), how members are admitted ([`join`]), what
//! follows from exports ([`export`]), how a placement is decided and explained ([`place`]), how a change is rolled out and sent
//! back ([`roll`]), and how a cluster is emptied before it leaves ([`leave`]). Each cluster is an API server in this process; with
//! kube clients nothing else would change.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to whoever started it"
)]

mod export;
mod join;
mod leave;
mod place;
mod roll;
mod site;
mod world;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use cluster_id::rollout::Strategy;

use world::World;

/// Shows the life of a fleet of clusters, and why everything happened.
#[derive(Debug, Parser)]
#[command(name = "fleet", version)]
struct Cli {
    /// Where to write the picture of the rollout
    #[arg(long, value_name = "FILE", default_value = "fleet-timeline.svg")]
    timeline: PathBuf,
}

/// What goes wrong ends the program: a demonstration that cannot go on has nothing to show.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(1)
        }
    }
}

fn run(cli: &Cli) -> Result<(), Failure> {
    let mut world = World::new()?;
    join::join(&mut world)?;
    export::export(&mut world)?;
    place::place(&mut world)?;

    let groups = roll::groups(&world);
    let at_once = Strategy::All {
        progress_deadline: cluster_id::rollout::Deadline::None,
    };
    roll::roll(
        &mut world,
        "Version 1 goes everywhere at once",
        1,
        &at_once,
        &groups,
    )?;
    let stages = roll::stages();
    let staged = Strategy::Stages(stages.clone());
    let failed = roll::roll(
        &mut world,
        "Version 2 goes out in stages",
        2,
        &staged,
        &groups,
    )?;
    if let Some(states) = failed {
        let back = cluster_id::rollout::rollback(&stages, &groups, &states);
        roll::roll(
            &mut world,
            "Back to version 1",
            1,
            &back.strategy,
            &back.groups,
        )?;
    }
    roll::roll(
        &mut world,
        "Version 3 goes out in stages",
        3,
        &staged,
        &groups,
    )?;

    leave::leave(&mut world, "eu-2")?;
    std::fs::write(&cli.timeline, world.timeline.to_svg())
        .map_err(|error| format!("{}: {error}", cli.timeline.display()))?;
    println!("The rollout as a picture: {}", cli.timeline.display());
    Ok(())
}
