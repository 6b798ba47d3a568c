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

mod fleet;

use std::ops::Range;

use apply_server::simulation::{Faults, Report, Simulation};
use fleet::{Bug, Fleet, Options};

/// Workers of the three clusters; with their control planes they are 200 machines.
const WORKERS: [i32; 3] = [120, 50, 21];
const FEW_WORKERS: [i32; 3] = [9, 4, 1];

/// Each cluster of each run is a run of its own: three of them are one seed.
fn simulation(workers: [i32; 3], bug: Option<Bug>) -> Simulation {
    let fleet = move |seed: u64| {
        let [large, middle, small] = workers;
        let workers = match seed % 3 {
            0 => large,
            1 => middle,
            _ => small,
        };
        let options = Options {
            workers,
            control_plane: true,
            broken_machines: (seed / 3) % 2 == 1,
            bug,
        };
        Fleet::new(seed, options)
    };
    Simulation::new("fleets", fleet).faults(|seed| Faults::mixed(seed / 3))
}

fn run_all(seeds: Range<u64>, workers: [i32; 3]) -> Report {
    let report = simulation(workers, None).search(seeds.start * 3..seeds.end * 3);
    assert!(report.is_clean(), "{report}");
    report
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
    let report = run_all(
        bound("SIMULATION_FROM", 0)..bound("SIMULATION_TO", 10_000),
        WORKERS,
    );
    println!("{report}");
}

/// Without this, that nothing goes wrong would say nothing.
#[test]
fn planted_bugs_are_found() {
    for (bug, what) in Bug::ALL {
        let found = simulation(FEW_WORKERS, Some(bug)).find(0..60);
        let found = found.unwrap_or_else(|| panic!("{what}: not found"));
        println!("{what}: seed {}, {:?}", found.seed, found.violation);
    }
}
