//! Requests to the API server, in this process, as a client library hands them over.
//!
//! `cargo bench -p benches --bench server`. `server-figures` has processor time, memory, and connections.
#![expect(clippy::indexing_slicing, reason = "there are three managers")]

use apply_server::Server;
use benches::server::{
    Ask, CONFIG_MAPS, Client as _, DEPLOYMENT, InProcess, changed, create_config_map, intents,
};
use divan::Bencher;

fn main() {
    divan::main();
}

/// A server with the Deployment of three managers and some ConfigMaps.
fn server(config_maps: usize) -> InProcess {
    let mut client = InProcess(Server::new());
    for (manager, intent) in intents() {
        client.ask(&Ask::apply(DEPLOYMENT, manager, &intent));
    }
    for number in 0..config_maps {
        client.ask(&create_config_map(number));
    }
    client
}

#[divan::bench]
fn get(bencher: Bencher<'_, '_>) {
    let mut client = server(0);
    let ask = Ask::get(DEPLOYMENT);
    bencher.bench_local(|| client.ask(&ask));
}

#[divan::bench]
fn apply_noop(bencher: Bencher<'_, '_>) {
    let mut client = server(0);
    let [(manager, intent), ..] = intents();
    let ask = Ask::apply(DEPLOYMENT, manager, &intent);
    bencher.bench_local(|| client.ask(&ask));
}

#[divan::bench]
fn apply_change_in_turn(bencher: Bencher<'_, '_>) {
    let mut client = server(0);
    let mut run = 0;
    let next = || {
        run += 1;
        let (manager, _) = intents()[run % 3];
        Ask::apply(DEPLOYMENT, manager, &changed(manager, run))
    };
    bencher
        .with_inputs(next)
        .bench_local_refs(|ask| client.ask(ask));
}

#[divan::bench(args = [1000, 10_000])]
fn list(bencher: Bencher<'_, '_>, count: usize) {
    let mut client = server(count);
    let ask = Ask::get(CONFIG_MAPS);
    bencher.bench_local(|| client.ask(&ask));
}

#[divan::bench]
fn start(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| InProcess(Server::new()).ask(&Ask::get("/version")));
}
