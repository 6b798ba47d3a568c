//! What reading and migrating configuration files costs, beside serde_yaml's bare read of the same file.
//!
//! `cargo run --release -p benches --bin config-figures`: a table of times. Rounds of all jobs take turns, and the fastest of
//! each counts, so that what else the machine does matters little.
//!
//! `config-figures growth`: files of 300 to 300,000 lines. `config-figures process`: `component migrate` as a program, which
//! has to be built before (`cargo build --release -p examples --bin component`).
//!
//! `config-figures JOB RUNS` does only that, for a profiler: see `instructions.sh`.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a tool that prints a table"
)]

use std::{
    env, fs,
    hint::black_box,
    process::{self, Command, Stdio},
    time::{Duration, Instant},
};

use benches::{
    KUBELET,
    config::{events, four_documents, kubelet_of, load, migrate, peer, read},
};
use componentconfig::{Registry, Strictness, decode, kubeadm::Facts, kubelet::v1beta1};

const ROUNDS: u32 = 200;

/// The jobs, the peer first.
const JOBS: [&str; 6] = ["serde_yaml", "events", "read", "decode", "load", "migrate"];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => Inputs::new(KUBELET.to_owned()).table(ROUNDS, &JOBS),
        ["growth"] => growth(),
        ["process"] => process(),
        [job, runs] if JOBS.contains(job) => {
            let inputs = Inputs::new(KUBELET.to_owned());
            for _ in 0..runs.parse().expect("a number of runs") {
                inputs.job(job);
            }
        }
        _ => {
            println!("usage: config-figures [growth | process | JOB RUNS]");
            process::exit(2);
        }
    }
}

/// One operation. Its result is dropped outside of what is measured.
#[inline(never)]
pub fn measured<T, R>(operation: impl FnOnce(T) -> R, input: T) -> R {
    operation(black_box(input))
}

fn time<T, R>(operation: impl FnOnce(T) -> R, input: T) -> Duration {
    let start = Instant::now();
    let result = measured(operation, input);
    let time = start.elapsed();
    drop(black_box(result));
    time
}

struct Inputs {
    kubelet: String,
    four: String,
    registry: Registry,
    facts: Facts,
}

impl Inputs {
    fn new(kubelet: String) -> Self {
        Self {
            kubelet,
            four: four_documents(),
            registry: Registry::kubernetes(),
            facts: Facts {
                hostname: Some("node-1".to_owned()),
                ..Facts::default()
            },
        }
    }

    fn job(&self, job: &str) -> Duration {
        let text = self.kubelet.as_str();
        match job {
            "events" => time(events, text),
            "read" => time(read, text),
            "decode" => time(
                |text| {
                    decode::<v1beta1::KubeletConfiguration>(&read(text), Strictness::Strict)
                        .into_result()
                        .expect("the text is valid")
                },
                text,
            ),
            "load" => time(|text| load(&self.registry, text), text),
            "migrate" => time(|text| migrate(text, &self.facts), self.four.as_str()),
            _ => time(peer, text),
        }
    }

    /// The fastest run of each job.
    fn fastest(&self, rounds: u32, jobs: &[&str]) -> Vec<Duration> {
        let mut fastest = vec![Duration::MAX; jobs.len()];
        for _ in 0..rounds {
            for (fastest, job) in fastest.iter_mut().zip(jobs) {
                *fastest = self.job(job).min(*fastest);
            }
        }
        fastest
    }

    fn table(&self, rounds: u32, jobs: &[&str]) {
        let lines = self.kubelet.lines().count();
        println!("{lines:>7} lines          us   ratio   ns/line");
        let times = self.fastest(rounds, jobs);
        let peer = times.first().map_or(1.0, Duration::as_secs_f64);
        for (job, time) in jobs.iter().zip(times) {
            let lines = match *job {
                "migrate" => self.four.lines().count(),
                _ => lines,
            };
            let seconds = time.as_secs_f64();
            let each = seconds * 1e9 / f64::from(u32::try_from(lines).unwrap_or(u32::MAX));
            println!(
                "{job:12} {:11.1} {:7.2} {each:9.0}",
                seconds * 1e6,
                seconds / peer
            );
        }
    }
}

fn growth() {
    for (lines, rounds) in [(300, 200), (3_000, 40), (30_000, 10), (300_000, 5)] {
        let inputs = Inputs::new(kubelet_of(lines));
        inputs.table(rounds, &["serde_yaml", "events", "read", "load"]);
    }
}

/// The program as somebody starts it, beside one that does nothing.
fn process() {
    let here = env::current_exe().expect("this program has a path");
    let component = here.with_file_name("component");
    let file = env::temp_dir().join(format!("config-figures-{}.yaml", process::id()));
    fs::write(&file, four_documents()).expect("the folder of temporary files takes one");
    let run = |program: &mut Command| {
        let start = Instant::now();
        let status = program.stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "{} has to be built: cargo build --release -p examples --bin component",
            component.display()
        );
        start.elapsed()
    };
    let mut migrations: Vec<Duration> = Vec::new();
    let mut nothing = Duration::MAX;
    for _ in 0..ROUNDS {
        let mut migrate = Command::new(&component);
        migrations.push(run(migrate.args(["migrate", "--old-config"]).arg(&file)));
        nothing = nothing.min(run(&mut Command::new("true")));
    }
    fs::remove_file(&file).expect("the file is there");
    migrations.sort_unstable();
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    let at = |part: usize| migrations.get(part).copied().map_or(0.0, millis);
    println!("program           fastest ms   median ms");
    println!(
        "component migrate {:10.2} {:11.2}",
        at(0),
        at(migrations.len() / 2)
    );
    println!("true              {:10.2}", millis(nothing));
}
