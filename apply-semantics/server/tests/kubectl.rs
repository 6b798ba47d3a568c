//! The real kubectl against the server: transcripts of commands and of what they print, in `tests/kubectl/`.
//!
//! kubectl is the one that `KUBECTL` names, or else the one on the `PATH`. Without any, nothing can be shown: the test says so, and
//! fails where `CI` is set. Transcripts run with that kubectl; those whose names begin with `every-` run with each other version
//! that lies beside it (`kubectl.1.33`) or stands in `KUBECTL_MORE`, too. Arguments select transcripts by part of their names.
//!
//! `UPDATE=1` writes down what is printed instead of comparing it; what comes of that is to be read like code.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::semicolon_if_nothing_returned,
    reason = "a test that talks"
)]

#[path = "support/kubectl.rs"]
mod kubectl;
#[path = "support/transcript.rs"]
mod transcript;

use std::{env, fs, path::PathBuf, process::ExitCode, sync::Mutex, thread};

use kubectl::Kubectl;
use transcript::Transcript;

fn main() -> ExitCode {
    let found = Kubectl::find();
    let Some((first, others)) = found.split_first() else {
        println!("NO KUBECTL: nothing of what kubectl does against the server was tested.");
        println!("Put one on the PATH, or name it in the variable KUBECTL.");
        println!("0 passed, 0 failed, {} skipped", transcripts().len());
        return ExitCode::from(u8::from(env::var_os("CI").is_some()));
    };
    let wanted: Vec<String> = env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let mut runs = Vec::new();
    for path in transcripts() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if wanted.iter().any(|part| !name.contains(part.as_str())) {
            continue;
        }
        runs.push((path.clone(), first.clone()));
        // What is written down comes from one kubectl.
        if name.starts_with("every-") && env::var_os("UPDATE").is_none() {
            runs.extend(others.iter().map(|other| (path.clone(), other.clone())));
        }
    }
    let results = Mutex::new((0_usize, 0_usize));
    let queue = Mutex::new(runs.into_iter());
    let work = || {
        loop {
            let Some((path, kubectl)) = queue.lock().unwrap().next() else {
                break;
            };
            let said = Transcript::read(&path).run(&kubectl);
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let mut results = results.lock().unwrap();
            match said {
                Ok(steps) => {
                    println!(
                        "test {name} (kubectl {}, {steps} commands) ... ok",
                        kubectl.version()
                    );
                    results.0 += 1;
                }
                Err(differences) => {
                    println!(
                        "test {name} (kubectl {}) ... FAILED\n{differences}",
                        kubectl.version()
                    );
                    results.1 += 1;
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(work);
        }
    });
    let (passed, failed) = *results.lock().unwrap();
    println!("{passed} passed, {failed} failed");
    ExitCode::from(u8::from(failed > 0))
}

fn transcripts() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/kubectl");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    paths
}
