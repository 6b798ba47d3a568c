//! What server-side apply costs, each job beside parsing the live object.
//!
//! `cargo run --release -p benches --bin apply-figures`: a table of times. Rounds of the job and of parsing take turns, and the
//! fastest of each count, so that what else the machine does matters little.
//!
//! `apply-figures JOB OBJECT RUNS` does only that, for a profiler: see `instructions.sh`.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a tool that prints a table"
)]

use std::{
    env,
    hint::black_box,
    process,
    time::{Duration, Instant},
};

use apply_semantics::fieldset::FieldSet;
use benches::apply::{Input, JOBS, inputs, scaled};
use serde_json::Value;

const ROUNDS: usize = 60;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => table(),
        ["growth"] => growth(),
        [job, object, runs] => once(job, object, runs.parse().expect("a number of runs")),
        _ => {
            println!("usage: apply-figures [growth | JOB OBJECT RUNS]");
            process::exit(2);
        }
    }
}

/// One operation, with what it needs ready. Its result is dropped outside of what is measured, as is what parsing makes.
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

struct Figures<'a> {
    input: &'a Input,
    text: String,
    changed: String,
    set: FieldSet,
    fields: String,
}

impl<'a> Figures<'a> {
    fn new(input: &'a Input) -> Self {
        let set = input.set();
        Self {
            text: input.text(),
            changed: input.changed.to_string(),
            fields: set.to_string(),
            set,
            input,
        }
    }

    fn parse(&self) -> Duration {
        time(
            |text: &[u8]| serde_json::from_slice::<Value>(text),
            self.text.as_bytes(),
        )
    }

    fn job(&self, job: &str) -> Duration {
        match job {
            "parse" => self.parse(),
            "decode" => time(|text: &str| text.parse::<FieldSet>(), self.fields.as_str()),
            "encode" => time(FieldSet::to_fields_v1, &self.set),
            "bytes" => time(
                |(live, changed): (&str, &str)| {
                    self.input.bytes(live.as_bytes(), changed.as_bytes())
                },
                (self.text.as_str(), self.changed.as_str()),
            ),
            job => time(benches::apply::Request::run, self.input.request(job)),
        }
    }

    /// The fastest parse and the fastest run of the job.
    fn fastest(&self, job: &str) -> (Duration, Duration) {
        let rounds = (0..ROUNDS).map(|_| (self.parse(), self.job(job)));
        rounds.fold(
            (Duration::MAX, Duration::MAX),
            |(parse, run), (this_parse, this_run)| (parse.min(this_parse), run.min(this_run)),
        )
    }
}

fn table() {
    println!("object       job             parse us    job us    ratio");
    for input in inputs() {
        let figures = Figures::new(&input);
        for job in JOBS.into_iter().chain(["bytes", "decode", "encode"]) {
            row(&input.name, job, figures.fastest(job));
        }
    }
}

fn row(name: &str, job: &str, (parse, run): (Duration, Duration)) {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    println!(
        "{name:12} {job:14} {:9.1} {:9.1} {:8.2}",
        micros(parse),
        micros(run),
        run.as_secs_f64() / parse.as_secs_f64()
    );
}

/// Objects of one, ten and a hundred times the size.
fn growth() {
    println!("size         job             parse us    job us    ratio");
    for factor in [1, 10, 100] {
        let input = scaled(factor);
        let figures = Figures::new(&input);
        for job in ["ApplyNoop", "ApplyChange", "UpdateNoop", "UpdateChange"] {
            row(&format!("{factor}x"), job, figures.fastest(job));
        }
    }
}

fn once(job: &str, object: &str, runs: usize) {
    let input = match object
        .strip_suffix('x')
        .and_then(|factor| factor.parse().ok())
    {
        Some(factor) => scaled(factor),
        None => benches::apply::input(object),
    };
    let figures = Figures::new(&input);
    for _ in 0..runs {
        figures.job(job);
    }
}
