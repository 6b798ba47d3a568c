//! What the API server costs: time, processor time and memory.
//!
//! `cargo run --release -p benches --bin server-figures`: all of it; `server-figures SECTION` one part. Everything that has to do with
//! memory or with the start of a process is measured in a process of its own.
//!
//! `server-figures repeat WORK RUNS` does only that, for a profiler.
#![expect(
    clippy::print_stdout,
    clippy::exit,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a tool that prints tables"
)]

use std::{
    env,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{self, Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use apply_server::{ListenOptions, Server};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use benches::server::{
    Ask, CONFIG_MAPS, Client, DEPLOYMENT, InProcess, changed, config_map, config_map_name,
    create_config_map, intents,
    process::{processor, resident},
    watchers::Watchers,
    wire::Wire,
};
use serde_json::json;

const WATCHERS: usize = 100;
const LABELLED: &str = "?labelSelector=tier%3Dgold";

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => all(),
        ["start"] => start(),
        ["in-process"] => works(&mut InProcess(Server::new()), process::id()),
        ["loopback"] => loopback(&Served::start()),
        ["encrypted"] => loopback(&Served::start_encrypted()),
        ["watch"] => watch_in_process(),
        ["watch-loopback"] => watch_loopback(),
        ["memory"] => memory(),
        ["hold", count] => hold(count.parse().expect("a number of objects")),
        ["first-answer"] => first_answer(),
        ["serve"] => serve(&ListenOptions::new()),
        ["serve", "encrypted"] => serve(&ListenOptions::new().tls()),
        ["repeat", work, runs] => repeat(work, runs.parse().expect("a number of runs")),
        _ => {
            println!(
                "usage: server-figures [start | in-process | loopback | encrypted | watch | watch-loopback | memory | hold COUNT | repeat WORK RUNS]"
            );
            process::exit(2);
        }
    }
}

/// Each section in a process of its own.
fn all() {
    for section in [
        &["start"][..],
        &["in-process"],
        &["loopback"],
        &["encrypted"],
        &["watch"],
        &["watch-loopback"],
        &["memory"],
        &["hold", "1000000"],
    ] {
        println!("\n## {}", section.join(" "));
        myself(section).status().expect("this program runs");
    }
}

fn myself(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.args(arguments);
    command
}

/// From the start of a server, and of a process, to the first answer.
fn start() {
    let mut inside = Vec::new();
    let mut outside = Vec::new();
    for _ in 0..21 {
        let begin = Instant::now();
        let output = myself(&["first-answer"]).output().expect("it runs");
        outside.push(begin.elapsed());
        let text = String::from_utf8_lossy(&output.stdout);
        let nanos = text.trim().parse().expect("a time");
        inside.push(Duration::from_nanos(nanos));
    }
    for (name, times) in [
        ("Server::new to the first answer", &mut inside),
        ("process started, answered and ended", &mut outside),
    ] {
        times.sort();
        println!(
            "{name:40} median {:.2} ms, best {:.2} ms",
            millis(times[10]),
            millis(times[0])
        );
    }
}

fn first_answer() {
    let begin = Instant::now();
    let mut client = InProcess(Server::new());
    let (code, _) = client.ask(&Ask::get("/api/v1/namespaces/default"));
    println!("{}", begin.elapsed().as_nanos());
    assert_eq!(code, 200, "the namespace is there");
}

/// A server on a port, in a process of its own. It says where and shows its kubeconfig, and ends with its input.
fn serve(options: &ListenOptions) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let server = Server::new();
    let listener = runtime.block_on(server.listen_with("127.0.0.1:0", options));
    let listener = listener.expect("a port");
    println!("{}", listener.address());
    println!("{}", authority_of(listener.kubeconfig()));
    thread::spawn(|| {
        let mut line = String::new();
        while std::io::stdin().read_line(&mut line).unwrap_or_default() > 0 {}
        process::exit(0);
    });
    runtime.block_on(std::future::pending::<()>());
}

/// The authority of an encrypted port, in base64; nothing for another port.
fn authority_of(kubeconfig: &str) -> String {
    let config: serde_yaml::Value = serde_yaml::from_str(kubeconfig).expect("a kubeconfig");
    let authority = config.get("clusters").and_then(|clusters| {
        clusters
            .get(0)?
            .get("cluster")?
            .get("certificate-authority-data")
    });
    let authority = authority.and_then(serde_yaml::Value::as_str);
    authority.unwrap_or_default().to_owned()
}

struct Served {
    child: Child,
    address: SocketAddr,
    /// In PEM; nothing if the port is not encrypted.
    authority: Vec<u8>,
}

impl Served {
    fn start() -> Self {
        Self::with(&["serve"])
    }

    fn start_encrypted() -> Self {
        Self::with(&["serve", "encrypted"])
    }

    fn with(arguments: &[&str]) -> Self {
        let mut child = myself(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let output = child.stdout.as_mut().expect("its output");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let address = lines.next().expect("its address");
        let address = address.parse().expect("an address");
        let authority = STANDARD.decode(lines.next().expect("its authority"));
        let authority = authority.expect("base64");
        Self {
            child,
            address,
            authority,
        }
    }

    fn client(&self) -> Wire {
        if self.authority.is_empty() {
            Wire::connect(self.address).expect("a connection")
        } else {
            Wire::connect_encrypted(self.address, &self.authority).expect("a connection")
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn loopback(served: &Served) {
    works(&mut served.client(), served.child.id());
}

/// Everything that is measured one request after the other.
fn works(client: &mut dyn Client, server: u32) {
    println!(
        "{:38} {:>9} {:>9} {:>10} {:>10} {:>10}",
        "work", "p50 us", "p99 us", "per s", "cpu us/op", "bytes"
    );
    let mut bench = Bench { client, server };
    prepare_deployment(bench.client);
    let [(deployer, workload), _, (labeller, labels)] = intents();
    let noop = Ask::apply(DEPLOYMENT, deployer, &workload);
    let small = Ask::apply(DEPLOYMENT, labeller, &labels);
    bench.row("apply no-op, 3 managers", 3000, |_| noop.clone());
    bench.row("apply no-op, small intent", 3000, |_| small.clone());
    bench.row("apply change, 3 managers", 3000, |run| {
        Ask::apply(DEPLOYMENT, deployer, &changed(deployer, run))
    });
    bench.row("apply change, 3 managers in turn", 3000, in_turn);
    let mut foreign = changed("deployer", 1_000_000);
    foreign["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(31);
    let foreign = Ask::apply(DEPLOYMENT, "somebody", &foreign);
    bench.row("apply conflict", 3000, |_| foreign.clone());
    bench.row("apply dry run of a change", 3000, |run| {
        let mut ask = Ask::apply(DEPLOYMENT, deployer, &changed(deployer, 10_000 + run));
        ask.path.push_str("&dryRun=All");
        ask
    });
    bench.row("merge patch", 3000, |run| {
        let patch = json!({"metadata": {"annotations": {"patched": run.to_string()}}});
        Ask::merge(DEPLOYMENT, "patcher", &patch)
    });
    bench.row("get Deployment", 10_000, |_| Ask::get(DEPLOYMENT));
    (0..1000).for_each(|number| drop(bench.client.ask(&create_config_map(number))));
    bench.row("list of 1,000", 200, |_| Ask::get(CONFIG_MAPS));
    bench.row("create ConfigMap by apply", 9000, |run| {
        create_config_map(1000 + run)
    });
    bench.row("get ConfigMap", 10_000, |run| {
        Ask::get(format!("{CONFIG_MAPS}/{}", config_map_name(run % 10_000)))
    });
    bench.row("list of 10,000", 50, |_| Ask::get(CONFIG_MAPS));
    bench.row("list of 10,000 by label (1,000)", 200, |_| {
        Ask::get(format!("{CONFIG_MAPS}{LABELLED}"))
    });
    bench.row("first page of 500 of 10,000", 400, |_| {
        Ask::get(format!("{CONFIG_MAPS}?limit=500"))
    });
    println!("resident at the end: {:.1} MB", megabytes(resident(server)));
}

/// The Deployment as its three managers want it.
fn prepare_deployment(client: &mut dyn Client) {
    for (manager, intent) in intents() {
        let (code, body) = client.ask(&Ask::apply(DEPLOYMENT, manager, &intent));
        assert!(code < 300, "{}", String::from_utf8_lossy(&body));
    }
}

fn in_turn(run: usize) -> Ask {
    let (manager, _) = &intents()[run % 3];
    Ask::apply(DEPLOYMENT, manager, &changed(manager, run))
}

struct Bench<'a> {
    client: &'a mut dyn Client,
    server: u32,
}

impl Bench<'_> {
    fn row(&mut self, name: &str, runs: usize, ask: impl Fn(usize) -> Ask) {
        let asks: Vec<Ask> = (0..runs + runs / 10).map(ask).collect();
        let (warm, measured) = asks.split_at(runs / 10);
        for ask in warm {
            self.client.ask(ask);
        }
        let mut times = Vec::with_capacity(runs);
        let mut bytes = 0;
        let before = processor(self.server);
        for ask in measured {
            let begin = Instant::now();
            let (code, body) = self.client.ask(ask);
            times.push(begin.elapsed());
            bytes = body.len();
            assert!(
                code < 300 || (code == 409 && name.contains("conflict")),
                "{name}: {}",
                String::from_utf8_lossy(&body)
            );
        }
        let cpu = processor(self.server).saturating_sub(before);
        let sum: Duration = times.iter().sum();
        times.sort();
        println!(
            "{name:38} {:>9.1} {:>9.1} {:>10.0} {:>10.1} {bytes:>10}",
            micros(times[runs / 2]),
            micros(times[runs * 99 / 100]),
            per_second(runs, sum),
            micros(cpu) / per(runs),
        );
    }
}

const WRITES: usize = 10_000;

/// Bodies of watches, each read to its end after every write, and after all of many.
fn watch_in_process() {
    let mut client = InProcess(Server::new());
    for number in 0..100 {
        client.ask(&create_config_map(number));
    }
    let opened: Vec<_> = (0..WATCHERS).map(|_| watch_of(&mut client)).collect();
    let mut bodies: Vec<_> = opened;
    let mut drain = |writes: usize, batch: usize| {
        let (mut reading, mut writing) = (Duration::ZERO, Duration::ZERO);
        let mut events = 0;
        for first in (0..writes).step_by(batch) {
            let begin = Instant::now();
            for write in first..first + batch {
                let (code, _) = client.ask(&touch(write));
                assert_eq!(code, 200, "the ConfigMap is there");
            }
            writing += begin.elapsed();
            let begin = Instant::now();
            for body in &mut bodies {
                while let Some(bytes) = body.take_now() {
                    events += bytes.split(|byte| *byte == b'\n').count() - 1;
                }
            }
            reading += begin.elapsed();
        }
        assert_eq!(events, writes * WATCHERS, "every watcher sees every event");
        println!(
            "{WATCHERS} watchers, {batch:>4} writes at a time: {:>10.0} events/s delivered; with the writes {:>10.0}",
            per_second(events, reading),
            per_second(events, reading + writing),
        );
    };
    drain(WRITES, 1);
    drain(WRITES, 10);
    drain(WRITES, 1000);
}

fn watch_of(client: &mut InProcess) -> apply_server::ResponseBody {
    let version = client.0.revision();
    let path = format!("{CONFIG_MAPS}?watch=1&resourceVersion={version}");
    let (code, body) = client.open(&Ask::get(path));
    assert_eq!(code, 200, "a watch begins");
    body
}

/// A write to one of a hundred ConfigMaps.
fn touch(write: usize) -> Ask {
    let number = write % 100;
    let mut object = config_map(number);
    object["data"]["key"] = format!("touched-{write}").into();
    let path = format!("{CONFIG_MAPS}/{}", config_map_name(number));
    Ask::apply(&path, "creator", &object)
}

/// A thread reads all watches, and another one writes.
fn watch_loopback() {
    let served = Served::start();
    let mut client = served.client();
    for number in 0..100 {
        client.ask(&create_config_map(number));
    }
    let version = |client: &mut Wire| {
        let (_, list) = client.ask(&Ask::get(CONFIG_MAPS));
        let list: serde_json::Value = serde_json::from_slice(&list).expect("a list");
        let version = list["metadata"]["resourceVersion"].as_str();
        version.expect("a version").to_owned()
    };
    for writes in [500, 5000] {
        let from = version(&mut client);
        let watch = Ask::get(format!("{CONFIG_MAPS}?watch=1&resourceVersion={from}"));
        let watchers = Watchers::start(served.address, &watch, WATCHERS, writes);
        while watchers.open() < WATCHERS {
            thread::sleep(Duration::from_millis(1));
        }
        let asks: Vec<Ask> = (0..writes).map(touch).collect();
        let before = processor(served.child.id());
        let begin = Instant::now();
        for ask in &asks {
            client.ask(ask);
        }
        let written = begin.elapsed();
        let reads = watchers.finish().expect("all events");
        let time = begin.elapsed();
        let cpu = processor(served.child.id()).saturating_sub(before);
        let events = writes * WATCHERS;
        println!(
            "{WATCHERS} connections, {writes} writes in {:.2} s, all events in {:.2} s: {:.0} events/s, {:.1} in a read; server {:.2} us CPU an event",
            written.as_secs_f64(),
            time.as_secs_f64(),
            per_second(events, time),
            per(events) / per(reads),
            micros(cpu) / per(events),
        );
    }
    let from = version(&mut client);
    let watch = Ask::get(format!("{CONFIG_MAPS}?watch=1&resourceVersion={from}"));
    lone_events(&mut client, served.client(), &watch);
}

/// From sending a write to the first byte of its event, when nothing else happens.
fn lone_events(client: &mut Wire, mut watcher: Wire, watch: &Ask) {
    watcher.send(watch).expect("a connection");
    watcher.head().expect("an answer");
    let mut times: Vec<Duration> = (0..1000)
        .map(|write| {
            let ask = touch(write);
            let begin = Instant::now();
            client.ask(&ask);
            watcher.chunk().expect("an event");
            begin.elapsed()
        })
        .collect();
    times.sort();
    println!(
        "a lone event, from sending the write: p50 {:.1} us, p99 {:.1} us",
        micros(times[500]),
        micros(times[990])
    );
}

/// Resident memory, at rest and with 10,000 ConfigMaps.
fn memory() {
    for (name, listens) in [("in process", false), ("on a port", true)] {
        if listens {
            let served = Served::start();
            let mut client = served.client();
            client.ask(&Ask::get("/api/v1/namespaces"));
            let at_rest = resident(served.child.id());
            let full = fill(&mut client, 10_000, served.child.id());
            client.ask(&Ask::get(CONFIG_MAPS));
            report(name, at_rest, full, resident(served.child.id()));
        } else {
            let mut client = InProcess(Server::new());
            client.ask(&Ask::get("/api/v1/namespaces"));
            let at_rest = resident(process::id());
            let full = fill(&mut client, 10_000, process::id());
            client.ask(&Ask::get(CONFIG_MAPS));
            report(name, at_rest, full, resident(process::id()));
        }
    }
}

fn report(name: &str, at_rest: u64, full: u64, listed: u64) {
    println!(
        "{name:12} at rest {:6.1} MB, with 10,000 ConfigMaps {:6.1} MB, after listing them {:6.1} MB",
        megabytes(at_rest),
        megabytes(full),
        megabytes(listed)
    );
}

fn fill(client: &mut dyn Client, count: usize, server: u32) -> u64 {
    for number in 0..count {
        let (code, body) = client.ask(&create_config_map(number));
        assert_eq!(code, 201, "{}", String::from_utf8_lossy(&body));
    }
    resident(server)
}

/// What an object takes when there are many.
fn hold(count: usize) {
    let mut client = InProcess(Server::new());
    client.ask(&Ask::get("/api/v1/namespaces"));
    let at_rest = resident(process::id());
    let begin = Instant::now();
    let full = fill(&mut client, count, process::id());
    let time = begin.elapsed();
    let (_, body) = client.ask(&Ask::get(format!("{CONFIG_MAPS}/{}", config_map_name(0))));
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let each = (full - at_rest) as f64 / per(count);
    println!(
        "{count} ConfigMaps of {} bytes: {:.1} MB, {each:.0} bytes each, created in {:.1} s ({:.0} per s)",
        body.len(),
        megabytes(full),
        time.as_secs_f64(),
        per_second(count, time),
    );
}

fn repeat(work: &str, runs: usize) {
    let mut client = InProcess(Server::new());
    prepare_deployment(&mut client);
    let [(deployer, workload), ..] = intents();
    if work.starts_with("list") {
        fill(&mut client, 1000, process::id());
    }
    for run in 0..runs {
        let ask = match work {
            "noop" => Ask::apply(DEPLOYMENT, deployer, &workload),
            "change" => Ask::apply(DEPLOYMENT, deployer, &changed(deployer, run)),
            "turn" => in_turn(run),
            "get" => Ask::get(DEPLOYMENT),
            "list" => Ask::get(CONFIG_MAPS),
            "list-label" => Ask::get(format!("{CONFIG_MAPS}{LABELLED}")),
            "create" => create_config_map(run),
            other => unreachable!("no work {other}"),
        };
        measured(&mut client, &ask);
    }
}

/// One request, to be found by a profiler.
#[inline(never)]
pub fn measured(client: &mut InProcess, ask: &Ask) -> u16 {
    client.ask(ask).0
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn per(count: usize) -> f64 {
    count as f64
}

fn per_second(count: usize, time: Duration) -> f64 {
    per(count) / time.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
