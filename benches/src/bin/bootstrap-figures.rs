//! Figures of bootstrap-phases: the file part of `kubeadm init` as a program, on a disk with a journal; the keys of a run by
//! themselves; and what the engine costs beside what phases do. The fastest and the middle one of the rounds count.
//!
//! `bootstrap-figures init FOLDER ALGORITHM [without-sync]` is the program that is measured. `bootstrap-figures phases RUNS` runs a thousand phases
//! so often, for a profiler: see `instructions.sh bootstrap`.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a tool that prints a table"
)]

use std::{
    env, fs,
    hint::black_box,
    num::NonZeroUsize,
    path::Path,
    process::{self, Command},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use bootstrap_phases::{
    Content, Cx, Digest, FileJournal, Flow, MemFiles, Node, PhaseError, Plan, Runner, StdFiles,
    Workflow,
    kubeadm::{
        InitContext, init_workflow,
        pki::{Algorithm, KeyPool, KeySource, SystemKeys},
    },
};
use componentconfig::{
    DocumentSet,
    kubeadm::{Facts, LoadOptions, load_init},
};

const ROUNDS: usize = 15;
const KEYS: usize = 16;
const PHASES: u32 = 1000;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => table(),
        ["init", folder, algorithm] => init(Path::new(folder), algorithm, true),
        ["init", folder, algorithm, "without-sync"] => {
            init(Path::new(folder), algorithm, false);
        }
        ["phases", runs] => {
            let (flow, files) = (idle(), MemFiles::new());
            for _ in 0..runs.parse().expect("a number of runs") {
                measured(
                    |()| Runner::new(&flow, &files).run(&()).expect("it runs"),
                    (),
                );
            }
        }
        _ => {
            println!(
                "usage: bootstrap-figures [init FOLDER ALGORITHM [without-sync] | phases RUNS]"
            );
            process::exit(2);
        }
    }
}

/// One operation. Its result is dropped outside of what is measured.
#[inline(never)]
pub fn measured<T, R>(operation: impl FnOnce(T) -> R, input: T) -> R {
    operation(black_box(input))
}

/// The fastest and the middle one of some rounds.
fn rounds(mut one: impl FnMut() -> Duration) -> (Duration, Duration) {
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| one()).collect();
    times.sort();
    let middle = times.get(ROUNDS / 2).copied().unwrap_or_default();
    (times.first().copied().unwrap_or_default(), middle)
}

fn row(what: &str, (fastest, middle): (Duration, Duration), more: &str) {
    let (fastest, middle) = (fastest.as_secs_f64() * 1e3, middle.as_secs_f64() * 1e3);
    println!("{what:<58} {fastest:>9.3} {middle:>9.3} {more}");
}

fn table() {
    println!("{:<58} {:>9} {:>9}", "", "least ms", "middle ms");
    for algorithm in ["ECDSA-P256", "RSA-2048"] {
        programs(algorithm, &[], "");
        programs(algorithm, &["without-sync"], ", no waiting for the disk");
    }
    for algorithm in [Algorithm::EcdsaP256, Algorithm::Rsa2048] {
        keys(algorithm);
    }
    let per_phase = |(fastest, middle): (Duration, Duration)| (fastest / PHASES, middle / PHASES);
    let idle = idle();
    let up_to_date = rounds(|| run_phases(&idle));
    row("a phase with nothing to do", per_phase(up_to_date), "");
    let writing = writing();
    let one_file = rounds(|| run_phases(&writing));
    row(
        "a phase that writes a file in memory",
        per_phase(one_file),
        "",
    );
}

/// Runs of the program in empty folders, and again in one that has everything.
fn programs(algorithm: &str, more: &[&str], told_more: &str) {
    let folder = env::temp_dir().join(format!("bootstrap-figures-{}", process::id()));
    let mut memory = 0;
    let mut run = |fresh: bool| {
        if fresh {
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).expect("a folder");
        }
        let program = env::current_exe().expect("this program has a path");
        let mut program = Command::new(program);
        program.arg("init").arg(&folder).arg(algorithm).args(more);
        let start = Instant::now();
        let output = program.output().expect("it starts");
        let time = start.elapsed();
        assert!(output.status.success(), "{output:?}");
        let told = String::from_utf8_lossy(&output.stdout);
        memory = memory.max(told.trim().parse().unwrap_or(0));
        time
    };
    let first = rounds(|| run(true));
    let again = rounds(|| run(false));
    let _ = fs::remove_dir_all(&folder);
    let mebibytes = f64::from(u32::try_from(memory).unwrap_or(u32::MAX)) / 1024.0;
    let told = format!("{mebibytes:.1} MiB");
    row(
        &format!("init, {algorithm}, as a program{told_more}"),
        first,
        &told,
    );
    row(
        &format!("init, {algorithm}, nothing to do{told_more}"),
        again,
        "",
    );
}

/// The program that is measured. It tells how much memory it took at most, in KiB.
fn init(folder: &Path, algorithm: &str, sync: bool) {
    let text = format!(
        "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint: {{advertiseAddress: 10.1.2.3}}\n\
         nodeRegistration: {{name: cp-1}}\n---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n\
         kubernetesVersion: v1.36.1\nencryptionAlgorithm: {algorithm}\n"
    );
    let documents = DocumentSet::read("kubeadm.yaml", &text).expect("valid");
    let loaded = load_init(&documents, &Facts::default(), LoadOptions::validate()).expect("valid");
    let (mut files, mut journal) = (
        StdFiles::new(folder),
        FileJournal::open(folder.join("journal")).expect("a journal"),
    );
    if !sync {
        (files, journal) = (files.without_sync(), journal.without_sync());
    }
    let context = InitContext::loaded(loaded.config);
    let context = context
        .with_keys_ahead(&files, processors())
        .expect("known");
    let flow = init_workflow().build().expect("it builds");
    let runner = Runner::new(&flow, &files).journal(&journal, Digest::of(text.as_bytes()));
    runner.run(&context).expect("it runs");
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", peak.unwrap_or("0 kB").replace("kB", "").trim());
}

fn processors() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The keys of a run and nothing else.
fn keys(algorithm: Algorithm) {
    let one = rounds(|| {
        let start = Instant::now();
        for _ in 0..KEYS {
            black_box(SystemKeys.generate(algorithm).expect("a key"));
        }
        start.elapsed()
    });
    let all = rounds(|| {
        let start = Instant::now();
        let pool = KeyPool::start(Arc::new(SystemKeys), algorithm, KEYS, processors().get());
        for _ in 0..KEYS {
            black_box(pool.generate(algorithm).expect("a key"));
        }
        start.elapsed()
    });
    row(&format!("{KEYS} keys, {algorithm:?}, one thread"), one, "");
    row(&format!("{KEYS} keys, {algorithm:?}, all threads"), all, "");
}

fn run_phases(flow: &Flow<()>) -> Duration {
    let files = MemFiles::new();
    let start = Instant::now();
    let report = measured(
        |()| Runner::new(flow, &files).run(&()).expect("it runs"),
        (),
    );
    let time = start.elapsed();
    drop(black_box(report));
    time
}

/// Phases that have nothing to do.
fn idle() -> Flow<()> {
    flow(|_| |_: &Cx<'_, ()>| Ok(Plan::up_to_date()))
}

/// Phases that write a small file each.
fn writing() -> Flow<()> {
    flow(|number| {
        move |cx: &Cx<'_, ()>| {
            let mut plan = cx.draft();
            plan.file(
                &format!("/{number}"),
                0o600,
                Content::text("a small file\n"),
            )?;
            Ok(plan.finish())
        }
    })
}

fn flow<P>(phase: impl Fn(u32) -> P) -> Flow<()>
where
    P: Fn(&Cx<'_, ()>) -> Result<Plan, PhaseError> + Send + Sync + 'static,
{
    let mut workflow = Workflow::new("phases");
    for number in 0..PHASES {
        workflow = workflow.phase(Node::new(format!("p{number}"), "").run(phase(number)));
    }
    workflow.build().expect("it builds")
}
