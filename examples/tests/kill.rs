//! Kills `minikube-like up` in place of every durable step, one process after another, until one comes through.
//!
//! After each kill the next `up` has to leave what an undisturbed run leaves, and to have issued every certificate once.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::verbose_bit_mask,
    reason = "helpers of tests are tests"
)]

mod support;

use std::{collections::BTreeMap, fs, os::unix::process::ExitStatusExt, thread};

use bootstrap_phases::{ChangeRecord, Entry, FileJournal, Record, Step};
use support::{Bench, CONFIG, Tree, snapshot, text, without_journal};

const SIGABRT: i32 = 6;

#[test]
fn a_run_killed_at_any_step_is_finished_by_the_next() {
    let undisturbed = Bench::new(CONFIG);
    assert!(undisturbed.run(&["up"]).status.success());
    let wanted = comparable(&snapshot(&undisturbed.root()));

    // Processes are independent: two at a time.
    let wanted = &wanted;
    let steps: usize = thread::scope(|scope| {
        let halves = [0, 1].map(|first| scope.spawn(move || kill_at_each(first, 2, wanted)));
        halves.into_iter().map(|half| half.join().unwrap()).sum()
    });
    assert!(steps > 50, "only {steps} steps");
}

/// Kills a run at step `first`, and at every `stride`th after it, until a run comes through; answers how many it killed.
fn kill_at_each(first: usize, stride: usize, wanted: &Comparable) -> usize {
    let mut kills = 0;
    for step in (first..).step_by(stride) {
        let bench = Bench::new(CONFIG);
        let killed = bench.run(&["up", "--crash-at", &step.to_string()]);
        if killed.status.success() {
            break;
        }
        assert_eq!(
            killed.status.signal(),
            Some(SIGABRT),
            "step {step}: {}",
            text(&killed.stderr)
        );
        let before = snapshot(&bench.root());
        assert_secrets_are_private(&before, step);

        let resumed = bench.run(&["up"]);
        assert!(
            resumed.status.success(),
            "step {step}: {}",
            text(&resumed.stderr)
        );
        let after = snapshot(&bench.root());
        assert_eq!(&comparable(&after), wanted, "step {step}");
        assert_kept(&before, &after, step);
        assert_issued_once(&bench, step);
        let plan = text(&bench.run(&["plan"]).stdout);
        assert!(plan.contains("nothing to do"), "step {step}: {plan}");
        kills += 1;
    }
    kills
}

type Comparable = BTreeMap<String, (u32, Option<Vec<u8>>)>;

/// What does not depend on random keys: every path with its mode, and the content of what holds no key or certificate.
fn comparable(tree: &Tree) -> Comparable {
    without_journal(tree)
        .into_iter()
        .map(|(path, (mode, content))| {
            let random = path.contains("/pki/") || path.ends_with(".conf");
            (path, (mode, (!random).then_some(content)))
        })
        .collect()
}

/// No file that holds a key is readable by others, whatever name it has at the moment.
fn assert_secrets_are_private(tree: &Tree, step: usize) {
    for (path, (mode, content)) in tree {
        let secret = String::from_utf8_lossy(content).contains("PRIVATE KEY");
        assert!(
            !secret || mode & 0o077 == 0,
            "step {step}: {path} has mode {mode:o}"
        );
    }
}

/// What was in its place when the process was killed is there still, byte for byte.
fn assert_kept(before: &Tree, after: &Tree, step: usize) {
    for (path, entry) in without_journal(before) {
        if !path.ends_with(".staged") {
            assert_eq!(Some(&entry), after.get(&path), "step {step}: {path}");
        }
    }
}

/// Each certificate was part of one intent, over the killed run and the one that went on.
fn assert_issued_once(bench: &Bench, step: usize) {
    let journal = bench.root().join("var/lib/bootstrap-phases/journal.jsonl");
    let mut issued: BTreeMap<String, usize> = BTreeMap::new();
    for path in FileJournal::peek(&journal)
        .unwrap()
        .iter()
        .flat_map(certificates)
    {
        *issued.entry(path).or_default() += 1;
    }
    assert_eq!(issued.len(), 10, "step {step}: {issued:?}");
    assert!(
        issued.values().all(|times| *times == 1),
        "step {step}: {issued:?}"
    );
    assert!(fs::metadata(&journal).unwrap().len() > 0);
}

fn certificates(entry: &Entry) -> Vec<String> {
    let Record::Intent { steps, .. } = &entry.record else {
        return Vec::new();
    };
    let written = steps.iter().filter_map(|step: &Step| match &step.change {
        ChangeRecord::WriteFile { path, .. } if path.ends_with(".crt") => Some(path.clone()),
        _ => None,
    });
    written.collect()
}
