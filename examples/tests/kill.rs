//! Kills `minikube-like up` in place of every durable step, one process after another, until one comes through: before and after
//! each request to the API server, too.
//!
//! After each kill the next `up` has to leave what an undisturbed run leaves, files and objects, and to have issued every
//! certificate once. Meanwhile somebody watches the folder: no key is ever readable by others.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::verbose_bit_mask,
    reason = "helpers of tests are tests"
)]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::{fs::PermissionsExt as _, process::ExitStatusExt},
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use apply_server::Server;
use bootstrap_phases::{ChangeRecord, Entry, FileJournal, Record, Step};
use serde_json::Value;
use support::{Bench, CONFIG, Tree, snapshot, text, without_journal};

const SIGABRT: i32 = 6;

#[test]
fn a_run_killed_at_any_step_is_finished_by_the_next() {
    let undisturbed = Bench::new(CONFIG);
    assert!(undisturbed.run(&["up"]).status.success());
    let wanted = comparable(&undisturbed);

    // Processes are independent, and most of their time they wait for the disk.
    let wanted = &wanted;
    let steps: usize = thread::scope(|scope| {
        let shares = [0, 1, 2, 3, 4, 5];
        let shares = shares.map(|first| scope.spawn(move || kill_at_each(first, 6, wanted)));
        shares.into_iter().map(|share| share.join().unwrap()).sum()
    });
    assert!(steps > 300, "only {steps} steps");
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
        assert_same(&comparable(&bench), wanted, step);
        assert_kept(&before, &after, step);
        assert_issued_once(&bench, step);
        let plan = text(&bench.run(&["plan"]).stdout);
        assert!(plan.contains("nothing to do"), "step {step}: {plan}");
        kills += 1;
    }
    kills
}

/// A line for every path with its mode and, unless it is random, its content; and one for every object.
type Comparable = Vec<String>;

/// What does not depend on random keys: every path with its mode, the content of what holds no key or certificate, and all objects.
fn comparable(bench: &Bench) -> Comparable {
    let files = without_journal(&snapshot(&bench.root())).into_iter();
    let files = files.map(|(path, (mode, content))| {
        let random = path.contains("/pki/") || path.ends_with(".conf");
        let content = (!random).then(|| text(&content));
        format!("{path} {mode:o} {content:?}")
    });
    files.chain(objects(bench)).collect()
}

/// Asserts that two are equal, and tells only what differs.
fn assert_same(now: &Comparable, wanted: &Comparable, step: usize) {
    let only = |here: &Comparable, there: &Comparable| -> Vec<String> {
        let lines = here.iter().filter(|line| !there.contains(line));
        lines.cloned().collect()
    };
    let (new, missing) = (only(now, wanted), only(wanted, now));
    assert!(
        now == wanted,
        "step {step}: {new:#?} in place of {missing:#?}"
    );
}

/// All objects as text, sorted, without times, uids, names and contents that are random.
fn objects(bench: &Bench) -> Vec<String> {
    let file = bench.root().join("var/lib/bootstrap-phases/objects");
    let server = Server::builder().persistent(file).unwrap();
    let snapshot: Value = serde_json::from_str(&server.snapshot().to_json()).unwrap();
    let mut objects: Vec<String> = snapshot["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let mut object = entry["object"].clone();
            let random = object["kind"] == "Secret" || object["metadata"]["name"] == "cluster-info";
            if random && let Some(data) = object["data"].as_object_mut() {
                let count = data.len();
                object["data"] = count.into();
            }
            blank(&mut object);
            object.to_string()
        })
        .collect();
    objects.sort();
    objects
}

fn blank(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for random in [
                "uid",
                "resourceVersion",
                "creationTimestamp",
                "time",
                "fieldsV1",
            ] {
                fields.remove(random);
            }
            if fields
                .get("name")
                .and_then(Value::as_str)
                .is_some_and(|name| name.starts_with("bootstrap-token-"))
            {
                fields.insert("name".to_owned(), "bootstrap-token-*".into());
            }
            fields.values_mut().for_each(blank);
        }
        Value::Array(items) => {
            items.iter_mut().for_each(blank);
            // Managers stand in the order of seconds.
            if items.iter().all(|item| item.get("manager").is_some()) {
                items.sort_by_key(Value::to_string);
            }
        }
        _ => {}
    }
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

/// Somebody who can read what others may read looks at every file, over and over, while a run goes on.
#[test]
fn nobody_who_watches_the_folder_ever_sees_a_key() {
    let (over, looks) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let benches: Vec<Bench> = (0..3).map(|_| Bench::new(CONFIG)).collect();
        let roots: Vec<_> = benches.iter().map(Bench::root).collect();
        let watcher = scope.spawn(|| {
            let roots = roots;
            while !over.load(Ordering::Relaxed) {
                for root in &roots {
                    look(root, &looks);
                }
            }
        });
        for bench in &benches {
            assert!(bench.run(&["up"]).status.success());
        }
        over.store(true, Ordering::Relaxed);
        watcher.join().unwrap();
    });
    let looks = looks.load(Ordering::Relaxed);
    assert!(looks > 1000, "only {looks} looks");
}

/// Files come and go under way: what is not there any more cannot be read either.
fn look(folder: &Path, looks: &AtomicUsize) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(file) = fs::File::open(&path) else {
            continue;
        };
        let Ok(stat) = file.metadata() else { continue };
        if stat.is_dir() {
            // Who is not let into a folder sees nothing below it.
            if stat.permissions().mode() & 0o005 != 0 {
                look(&path, looks);
            }
            continue;
        }
        looks.fetch_add(1, Ordering::Relaxed);
        if stat.permissions().mode() & 0o077 == 0 {
            continue;
        }
        let content = std::io::read_to_string(file).unwrap_or_default();
        for secret in ["PRIVATE KEY", "client-key-data", "certificateKey"] {
            assert!(!content.contains(secret), "{} can be read", path.display());
        }
    }
}
