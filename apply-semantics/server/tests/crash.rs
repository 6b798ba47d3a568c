//! A server that keeps its objects in a file, after a crash at any moment: what was acknowledged is there, and nothing is there by
//! half. What a crash cannot do to a file is refused, and not misread.
//!
//! The last test kills a real process; that process is this test again, with `CRASH_FILE` set.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::exit,
    reason = "a test, and the process that it kills"
)]

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use apply_semantics::op::{
    ApplyOptions, DeleteOptions, ListOptions, Operation, Propagation, ResourceRef, WriteOptions,
};
use apply_server::{ManualClock, Server, SetupError};
use serde_json::{Value, json};
use tempfile::TempDir;

fn config(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": name}, "data": {"key": value}})
}

fn configs() -> ResourceRef {
    ResourceRef::of_kind("v1", "ConfigMap")
}

fn apply(object: Value) -> Operation {
    Operation::apply_object(object, ApplyOptions::new("m").force()).unwrap()
}

fn delete(name: &str) -> Operation {
    let options = DeleteOptions::default().propagation(Propagation::Foreground);
    Operation::delete(configs().within("default").named(name), options)
}

fn open(file: &Path) -> Result<Server, SetupError> {
    let clock = ManualClock::at(1_700_000_000);
    Server::builder().clock(clock).persistent(file)
}

/// A folder in memory, if there is one: what is cut here is cut by hand, so that nothing need be synced.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

/// Everything that a server holds.
fn state(server: &Server) -> Value {
    serde_json::from_str::<Value>(&server.snapshot().to_json()).unwrap()["objects"].take()
}

/// What is done to a server: of all kinds, also such that write several objects at once.
fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    for number in 0..24 {
        let name = format!("c{}", number % 7);
        operations.push(apply(config(&name, &format!("value {number} \u{1F980}\n"))));
        operations.push(apply(config("owner", &number.to_string())));
        if number % 5 == 4 {
            operations.push(delete(&name));
        }
    }
    let widgets = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"plural": "widgets", "kind": "Widget"}, "versions": [
            {"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}},
        ]},
    });
    operations.push(apply(widgets));
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "default"}, "spec": {"deep": {"a": [1.5, -2, "x"]}}});
    let widgets = ResourceRef::new("example.com", "v1", "widgets", "Widget");
    let target = widgets.within("default").named("w");
    operations.push(Operation::apply(target, widget, ApplyOptions::new("m")));
    operations
}

/// A file with everything that was done, and for each of its lengths at which something was acknowledged what the server held then.
struct Log {
    bytes: Vec<u8>,
    acknowledged: Vec<(usize, Value)>,
    folder: TempDir,
}

impl Log {
    fn new() -> Self {
        let folder = folder();
        let file = folder.path().join("log");
        let server = open(&file).unwrap();
        let length = || usize::try_from(fs::metadata(&file).unwrap().len()).unwrap();
        let mut acknowledged = vec![(length(), state(&server))];
        let mut record = |server: &Server| {
            if acknowledged.last().unwrap().0 < length() {
                acknowledged.push((length(), state(server)));
            }
        };
        for operation in operations() {
            server.execute(&operation).unwrap();
            record(&server);
        }
        // Dependents go with their owner, in one request.
        let owner = server.execute(&Operation::get(configs().within("default").named("owner")));
        let owner = owner.unwrap().into_object().unwrap();
        for number in 0..3 {
            let mut dependent = config(&format!("d{number}"), "x");
            dependent["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}]);
            let create = Operation::create(
                configs().within("default"),
                dependent,
                WriteOptions::new("m"),
            );
            server.execute(&create).unwrap();
            record(&server);
        }
        server.execute(&delete("owner")).unwrap();
        record(&server);
        drop(server);
        let bytes = fs::read(&file).unwrap();
        Self {
            bytes,
            acknowledged,
            folder,
        }
    }

    /// What must be there when the file is whole up to a length.
    fn at(&self, length: usize) -> Option<&Value> {
        let whole = self.acknowledged.iter().rev();
        let mut whole = whole.filter(|(end, _)| *end <= length);
        whole.next().map(|(_, state)| state)
    }

    fn open(&self, bytes: &[u8]) -> Result<Server, SetupError> {
        let file = self.folder.path().join("copy");
        fs::write(&file, bytes).unwrap();
        open(&file)
    }

    /// Opens a file that was whole up to a length and checks what is there; then writes to it, and opens it once more.
    fn check(&self, length: usize, bytes: &[u8], what: &str) {
        let server = self
            .open(bytes)
            .unwrap_or_else(|error| panic!("cut at {length}, {what}: {error}"));
        match self.at(length) {
            Some(wanted) => assert_eq!(state(&server), *wanted, "cut at {length}, {what}"),
            None => assert_eq!(
                state(&server).as_array().unwrap().len(),
                4,
                "namespaces only"
            ),
        }
        server.execute(&apply(config("later", what))).unwrap();
        let after = state(&server);
        drop(server);
        let again = open(&self.folder.path().join("copy")).unwrap();
        assert_eq!(
            state(&again),
            after,
            "cut at {length}, {what}, and written again"
        );
    }
}

/// One of so many bytes is tried; all of them with `CRASH_STEP=1`, which takes long. The frames of a file are tried at every byte where
/// they are read.
fn step() -> usize {
    env::var("CRASH_STEP").map_or(311, |text| text.parse().unwrap())
}

/// Lengths to cut at: some, and those next to the ends of what was acknowledged.
fn cuts(log: &Log) -> impl Iterator<Item = usize> {
    let step = step();
    let ends = log.acknowledged.iter().step_by(step / 50 + 1);
    let ends: Vec<usize> = ends.map(|(end, _)| *end).collect();
    (0..=log.bytes.len())
        .filter(move |at| at.is_multiple_of(step) || ends.iter().any(|end| at.abs_diff(*end) <= 1))
}

#[test]
fn a_log_that_is_cut_anywhere_holds_what_was_acknowledged() {
    let log = Log::new();
    assert!(
        log.acknowledged.len() > 50,
        "{} requests",
        log.acknowledged.len()
    );
    for length in cuts(&log) {
        log.check(length, &log.bytes[..length], "nothing after it");
    }
}

#[test]
fn what_a_file_system_leaves_behind_the_cut_does_not_matter() {
    let log = Log::new();
    let first = log.acknowledged[0].0;
    for (number, length) in cuts(&log).enumerate() {
        let head = &log.bytes[..length];
        // Where the file grew and its bytes did not come, there are zeros.
        let left = log.bytes.len() - length;
        let zeros = [1, 512, left][number % 3];
        log.check(length, &[head, &vec![0; zeros]].concat(), "zeros");
        // A file without its first line could be anybody's.
        if length > first {
            let mut size = 37 + number % 91;
            // What is as long as the frame that was being written could be that frame, damaged.
            while log
                .acknowledged
                .iter()
                .any(|(end, _)| *end == length + size)
            {
                size += 1;
            }
            let garbage: Vec<u8> = (0..size)
                .map(|at| u8::try_from((number * 31 + at * 57 + 13) % 251).unwrap())
                .collect();
            log.check(length, &[head, &garbage].concat(), "garbage");
        }
    }
}

#[test]
fn a_flipped_bit_is_told() {
    let log = Log::new();
    for at in (0..log.bytes.len())
        .step_by(step())
        .chain(log.bytes.len() - 64..log.bytes.len())
    {
        let mut bytes = log.bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        let error = log.open(&bytes).expect_err("damage");
        let SetupError::Damaged { offset, .. } = &error else {
            panic!("byte {at}: {error}");
        };
        let begin = log.acknowledged.iter().rev().find(|(end, _)| *end <= at);
        let begin = begin.map_or(0, |(end, _)| *end);
        assert!(
            *offset >= begin as u64 || begin == log.acknowledged[0].0,
            "byte {at}: {error}"
        );
        assert!(error.to_string().contains("damaged at byte"), "{error}");
        assert_eq!(
            fs::read(log.folder.path().join("copy")).unwrap(),
            bytes,
            "it stays as it is"
        );
    }
}

#[test]
fn frames_that_are_missing_are_told() {
    let log = Log::new();
    for pair in log.acknowledged.windows(3).step_by(9) {
        let without = [&log.bytes[..pair[0].0], &log.bytes[pair[1].0..]].concat();
        let error = log.open(&without).expect_err("a frame is missing");
        assert!(matches!(error, SetupError::Damaged { .. }), "{error}");
    }
}

#[test]
fn other_files_are_refused_and_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["#!/bin/sh\n", "{}", "apply-server journal 2\n", "\u{0}x"] {
        let file = folder.path().join("other");
        fs::write(&file, text).unwrap();
        assert!(
            matches!(open(&file), Err(SetupError::Damaged { offset: 0, .. })),
            "{text:?}"
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn an_object_that_cannot_be_kept_is_refused_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    let server = open(&file).unwrap();
    for operation in operations() {
        server.execute(&operation).unwrap();
    }
    let before = state(&server);
    let mut deep = json!({});
    for _ in 0..600 {
        deep = json!({"d": deep});
    }
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "deep", "namespace": "default"}, "spec": deep});
    let widgets = ResourceRef::new("example.com", "v1", "widgets", "Widget").within("default");
    let create = Operation::create(widgets.clone(), widget, WriteOptions::new("m"));
    let refusal = server.execute(&create).unwrap_err();
    assert!(refusal.message.contains("nested too deeply"), "{refusal}");
    assert_eq!(state(&server), before, "what was refused is not there");
    let get = Operation::get(widgets.named("deep"));
    assert_eq!(server.execute(&get).unwrap_err().code, 404);
    server.execute(&apply(config("later", "x"))).unwrap();
    let after = state(&server);
    drop(server);
    assert_eq!(state(&open(&file).unwrap()), after);
}

/// What the process that is killed does: it writes, and says what was acknowledged. So much changes in between that the file is written
/// anew again and again.
fn write_until_killed(file: &str) -> ! {
    let builder = Server::builder().journal_bytes(1);
    let server = builder.persistent(file).unwrap();
    let list = server.execute(&Operation::list(
        configs().within("default"),
        ListOptions::default(),
    ));
    let there = list.unwrap().into_list().unwrap().items.len();
    let mut out = std::io::stdout();
    for number in there.. {
        server
            .execute(&apply(config(&format!("n{number:06}"), "x")))
            .unwrap();
        writeln!(out, "acknowledged {number}").unwrap();
        out.flush().unwrap();
        for change in 0..8 {
            let mut hot = config("hot", &format!("{number} {change}"));
            hot["metadata"]["namespace"] = json!("kube-public");
            server.execute(&apply(hot)).unwrap();
        }
    }
    std::process::exit(0);
}

#[test]
fn a_killed_process_lost_nothing_that_it_acknowledged() {
    if let Ok(file) = env::var("CRASH_FILE") {
        write_until_killed(&file);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    let (mut last, mut before) = (None, 0);
    for round in 0..8 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "a_killed_process_lost_nothing_that_it_acknowledged",
                "--nocapture",
            ])
            .env("CRASH_FILE", &file)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (begun, begins) = mpsc::channel();
        let reader = thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            let mut numbers =
                lines.filter_map(|line| line.split_once("acknowledged ")?.1.parse::<usize>().ok());
            let first = numbers.next();
            let _ = begun.send(first);
            numbers.last().max(first)
        });
        begins.recv().unwrap();
        thread::sleep(Duration::from_millis(3 + 11 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        last = reader.join().unwrap().max(last);
        let Some(last) = last else { continue };
        let server = open(&file).unwrap();
        let list = server.execute(&Operation::list(
            configs().within("default"),
            ListOptions::default(),
        ));
        let items = list.unwrap().into_list().unwrap().items;
        let names: Vec<&str> = items
            .iter()
            .map(|item| item["metadata"]["name"].as_str().unwrap())
            .collect();
        let wanted: Vec<String> = (0..names.len())
            .map(|number| format!("n{number:06}"))
            .collect();
        assert_eq!(names, wanted, "no gap");
        // In each round one more can have been written that nobody was told of.
        let told = before.max(last + 1);
        assert!(
            (told..=told + 1).contains(&names.len()),
            "{last} was acknowledged last, {before} were there before, {} are there now",
            names.len()
        );
        before = names.len();
        assert!(
            items.iter().all(|item| item["data"]["key"] == "x"),
            "none is there by half"
        );
    }
    assert!(last.is_some(), "something was acknowledged");
}
