//! Fleets run by the planners while everything else goes wrong: looks are stale, events are lost, writes fail or only seem to,
//! controllers end between any two writes, machines break or never start.
//!
//! A run is 200 machines of three clusters, each with a control plane of three machines. It begins with nothing, and once all
//! is there it goes to another version. A few seeds of that are run here and some hundreds of smaller fleets;
//! `cargo test --release -p machine-api --all-features --test simulation -- --ignored` runs 10,000 seeds.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::too_many_lines,
    reason = "a test: what is taken is there"
)]

mod api;
mod control_plane;
mod workers;
mod world;

use api::Faults;
use world::{Bug, Scenario, World};

/// Workers of the three clusters; with their control planes they are 200 machines.
const WORKERS: [i32; 3] = [120, 50, 21];
const FEW_WORKERS: [i32; 3] = [9, 4, 1];

fn scenario(seed: u64, bug: Option<Bug>) -> Scenario {
    let faults = match seed % 4 {
        0 => Faults {
            stale: 0,
            lost: 0,
            refused: 0,
            crash: 0,
        },
        1 => Faults {
            stale: 60,
            lost: 30,
            refused: 0,
            crash: 0,
        },
        2 => Faults {
            stale: 20,
            lost: 20,
            refused: 5,
            crash: 5,
        },
        _ => Faults {
            stale: 40,
            lost: 10,
            refused: 2,
            crash: 2,
        },
    };
    Scenario {
        faults,
        broken_machines: seed % 2 == 1,
        bug,
    }
}

fn run(seed: u64, workers: [i32; 3], bug: Option<Bug>) -> Result<(), String> {
    for (index, replicas) in workers.into_iter().enumerate() {
        let own = seed * 3 + index as u64;
        let mut world = World::new(own, scenario(seed, bug), replicas);
        world
            .run()
            .map_err(|wrong| format!("seed {seed}, cluster {index}: {wrong}"))?;
    }
    Ok(())
}

fn run_all(seeds: std::ops::Range<u64>, workers: [i32; 3]) {
    let failures = seeds.filter_map(|seed| run(seed, workers, None).err());
    let failures: Vec<String> = failures.collect();
    let first = failures.first();
    assert!(
        first.is_none(),
        "{} violations, first {first:?}",
        failures.len()
    );
}

#[test]
fn nothing_goes_wrong() {
    run_all(0..4, WORKERS);
}

#[test]
fn nothing_goes_wrong_in_small_fleets() {
    run_all(0..300, FEW_WORKERS);
}

#[test]
#[ignore = "takes minutes; run with --release"]
fn nothing_goes_wrong_in_10000_runs() {
    // A part of them, from one seed to another, where they are shared out.
    let bound = |name: &str, default| {
        let text = std::env::var(name).ok();
        text.and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    run_all(
        bound("SIMULATION_FROM", 0)..bound("SIMULATION_TO", 10_000),
        WORKERS,
    );
}

/// Without this, that nothing goes wrong would say nothing.
#[test]
fn planted_bugs_are_found() {
    for bug in [
        Bug::RolloutGrows,
        Bug::RolloutShrinks,
        Bug::SetDeletes,
        Bug::SetCreates,
        Bug::HealthCheck,
        Bug::Remediation,
        Bug::ControlPlane,
    ] {
        let found = (0..20).find_map(|seed| run(seed, FEW_WORKERS, Some(bug)).err());
        let found = found.unwrap_or_else(|| panic!("{bug:?} was not found"));
        println!("{bug:?}: {found}");
    }
}
