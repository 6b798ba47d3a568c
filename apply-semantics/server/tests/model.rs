//! Random requests of several clients against the simplest server there can be, which is right by inspection: every answer is the
//! same, and every watch shows the history.
//!
//! Requests of different clients are under way at the same time: a scheduler that is part of the case decides who goes on. What fails is
//! made smaller, and comes again with the seed that is printed: `MODEL_SEED=7 MODEL_CASES=1000 cargo test -p apply-server --test model`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_push_string,
    reason = "a test"
)]

#[path = "model/client.rs"]
mod client;
#[path = "model/spec.rs"]
mod spec;
#[path = "model/threads.rs"]
mod threads;
#[path = "model/watching.rs"]
mod watching;

use std::env;

use apply_server::{ManualClock, Server};
use client::{Action, Client};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::json;
use spec::Spec;

const START: i64 = 1_700_000_000;
/// A short memory, so that watches and tokens get too old.
const HISTORY: usize = 24;
const CLIENTS: usize = 4;

/// Who goes on, and with what if nothing is under way.
type Step = (usize, Action);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec((0..CLIENTS, Action::any()), 1..160)
}

pub(crate) fn server(history: usize) -> (Server, ManualClock) {
    let clock = ManualClock::at(START);
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}});
    let server = Server::builder()
        .clock(clock.clone())
        .history(history)
        .without_namespaces()
        .object(namespace)
        .build();
    (server, clock)
}

fn run(steps: &[Step]) -> Result<(), String> {
    let (server, clock) = server(HISTORY);
    let mut spec = Spec::new(server.revision(), START, HISTORY as u64);
    let mut clients: Vec<Client> = (0..CLIENTS)
        .map(|number| Client::new(&server, number))
        .collect();
    for (number, (client, action)) in steps.iter().enumerate() {
        let done = match action {
            Action::Wait(seconds) => {
                clock.advance(*seconds);
                spec.now += seconds;
                Ok(())
            }
            Action::Compact => {
                server.compact();
                spec.compact();
                Ok(())
            }
            Action::DropWatches => {
                server.drop_watches();
                clients.iter_mut().for_each(Client::lose_watches);
                Ok(())
            }
            _ => clients[*client].go_on(action, &mut spec),
        };
        done.map_err(|wrong| format!("step {number}, client {client}: {wrong}"))?;
        if server.revision() != spec.revision {
            return Err(format!(
                "step {number}: revision {}, expected {}",
                server.revision(),
                spec.revision
            ));
        }
    }
    for client in &mut clients {
        client.finish(&mut spec)?;
    }
    Ok(())
}

fn number(name: &str, default: u32) -> u32 {
    env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn answers_and_watches_are_those_of_the_simplest_server() {
    let seed = number("MODEL_SEED", 1);
    let config = Config {
        cases: number("MODEL_CASES", 128),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let checked = TestRunner::new_with_rng(config, rng)
        .run(&steps(), |steps| run(&steps).map_err(TestCaseError::fail));
    if let Err(failure) = checked {
        panic!("MODEL_SEED={seed}: {failure}");
    }
}
