//! The file of a server that lives long: it is written anew before it grows without bound, and a crash at any moment of that loses
//! nothing; what watches are told after it was opened again is what they are told of any file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use apply_semantics::op::{ApplyOptions, DeleteOptions, Operation, ResourceRef};
use apply_server::{Builder, ManualClock, Server};
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use tempfile::TempDir;

const SHORT: u64 = 6000;

fn config(name: &str, value: &str) -> Operation {
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": name}, "data": {"key": value}});
    Operation::apply_object(config, ApplyOptions::new("m").force()).unwrap()
}

fn delete(name: &str) -> Operation {
    let config = ResourceRef::of_kind("v1", "ConfigMap")
        .within("default")
        .named(name);
    Operation::delete(config, DeleteOptions::default())
}

/// All sorts of writes, that leave little behind.
fn operations() -> impl Iterator<Item = Operation> {
    (0..60).map(|number| match number % 10 {
        9 => delete(&format!("c{}", (number - 2) % 4)),
        _ => config(
            &format!("c{}", number % 4),
            &format!("{number} \u{1F980}\n"),
        ),
    })
}

fn builder(shortest: u64) -> Builder {
    let clock = ManualClock::at(1_700_000_000);
    Server::builder().clock(clock).journal_bytes(shortest)
}

fn open(file: &Path) -> Server {
    builder(SHORT).persistent(file).unwrap()
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

fn fresh(file: &Path) -> PathBuf {
    file.with_file_name("log.new")
}

/// Everything that a server holds, and how far it has counted.
fn state(server: &Server) -> (u64, Value) {
    let snapshot = server.snapshot().to_json();
    let mut snapshot: Value = serde_json::from_str(&snapshot).unwrap();
    (server.revision(), snapshot["objects"].take())
}

/// The events of a watch from a revision on.
fn watch(server: &Server, from: u64) -> Vec<Value> {
    let path = format!("/api/v1/configmaps?watch=true&resourceVersion={from}");
    let (head, ()) = Request::get(path).body(()).unwrap().into_parts();
    let mut answer = server.respond(&head, Bytes::new());
    std::iter::from_fn(|| answer.body_mut().take_now())
        .map(|line| serde_json::from_slice(&line).unwrap())
        .collect()
}

/// A file that was written anew: the bytes before, those after, and what the server held.
struct Compaction {
    before: Vec<u8>,
    after: Vec<u8>,
    state: (u64, Value),
}

/// Does everything twice: once with a file that is written anew, and once with one that is not.
fn compactions() -> Vec<Compaction> {
    let folder = folder();
    let (short, long) = (folder.path().join("short"), folder.path().join("long"));
    let (server, other) = (open(&short), builder(u64::MAX).persistent(&long).unwrap());
    let mut compactions = Vec::new();
    let mut length = 0;
    for operation in operations() {
        assert_eq!(
            server.execute(&operation).is_ok(),
            other.execute(&operation).is_ok()
        );
        let after = fs::read(&short).unwrap();
        if after.len() < length {
            assert_eq!(state(&server), state(&other));
            compactions.push(Compaction {
                before: fs::read(&long).unwrap(),
                after: after.clone(),
                state: state(&server),
            });
        }
        length = after.len();
    }
    compactions
}

/// Opens a file, checks what is there, writes to it, and opens it once more.
fn check(file: &Path, wanted: &(u64, Value), what: &str) {
    let server = open(file);
    assert_eq!(state(&server), *wanted, "{what}");
    assert!(!fresh(file).exists(), "{what}: nothing is left beside it");
    server.execute(&config("later", "x")).unwrap();
    let after = state(&server);
    drop(server);
    assert_eq!(state(&open(file)), after, "{what}, and written again");
}

#[test]
fn a_crash_while_the_file_is_written_anew_loses_nothing() {
    let compactions = compactions();
    assert!(compactions.len() > 1, "it is written anew more than once");
    let folder = folder();
    let file = folder.path().join("log");
    for Compaction {
        before,
        after,
        state,
    } in &compactions
    {
        for cut in (0..after.len()).step_by(53).chain([after.len()]) {
            // The new file was not done, and nobody knows it yet.
            fs::write(&file, before).unwrap();
            fs::write(fresh(&file), &after[..cut]).unwrap();
            check(&file, state, &format!("the new file is cut at {cut}"));
        }
        // What a file system leaves where bytes did not come.
        fs::write(&file, before).unwrap();
        fs::write(fresh(&file), vec![0; after.len()]).unwrap();
        check(&file, state, "the new file is of zeros");
        // It has taken its place.
        fs::write(&file, after).unwrap();
        check(&file, state, "the new file is there");
    }
}

#[test]
fn what_follows_a_file_that_was_written_anew_is_cut_as_in_any_other() {
    let folder = folder();
    let file = folder.path().join("log");
    let server = open(&file);
    let (mut begin, mut acknowledged) = (0, Vec::new());
    for operation in operations() {
        drop(server.execute(&operation));
        let length = fs::read(&file).unwrap().len();
        if acknowledged.last().is_some_and(|(last, _)| *last > length) {
            (begin, acknowledged) = (length, Vec::new());
        }
        acknowledged.push((length, state(&server)));
        if begin > 0 && acknowledged.len() > 8 {
            break;
        }
    }
    drop(server);
    assert!(begin > 0 && acknowledged.len() > 8);
    let bytes = fs::read(&file).unwrap();
    for cut in begin..=bytes.len() {
        fs::write(&file, &bytes[..cut]).unwrap();
        let wanted = acknowledged.iter().rev().find(|(end, _)| *end <= cut);
        assert_eq!(state(&open(&file)), wanted.unwrap().1, "cut at {cut}");
    }
}

#[test]
fn a_file_grows_no_longer_than_what_it_holds_needs() {
    let folder = folder();
    let file = folder.path().join("log");
    let server = open(&file);
    let length = || fs::metadata(&file).unwrap().len();
    let mut longest = 0;
    for number in 0..400 {
        server.execute(&config("one", &number.to_string())).unwrap();
        longest = longest.max(length());
    }
    assert!(longest < 4 * SHORT, "{longest} bytes");
    // With more there, it may be longer: at most so many times what it would be if written anew.
    for number in 0..60 {
        server.execute(&config(&format!("n{number}"), "x")).unwrap();
    }
    for number in 0..200 {
        server.execute(&config("one", &number.to_string())).unwrap();
    }
    drop(server);
    let long = length();
    let server = builder(1).persistent(&file).unwrap();
    server.execute(&config("one", "last")).unwrap();
    let reopened = state(&server);
    assert!(long <= 6 * length(), "{long} bytes, then {}", length());
    drop(server);
    assert_eq!(state(&open(&file)), reopened);
}

#[test]
fn watches_go_on_from_the_last_revision_and_not_from_before() {
    let folder = folder();
    let file = folder.path().join("log");
    let server = open(&file);
    let mut old = 0;
    for number in 0..100 {
        server.execute(&config("one", &number.to_string())).unwrap();
        if number == 98 {
            old = server.revision();
        }
    }
    // Nobody who watches notices that the file was written anew.
    assert_eq!(watch(&server, old - 50).len(), 51);
    let last = server.revision();
    drop(server);
    let server = open(&file);
    assert_eq!(server.revision(), last);
    let expired = watch(&server, old);
    assert_eq!(expired.len(), 1);
    assert_eq!(
        (&expired[0]["type"], &expired[0]["object"]["code"]),
        (&json!("ERROR"), &json!(410))
    );
    assert!(watch(&server, last).is_empty());
    server.execute(&config("one", "x")).unwrap();
    let next = watch(&server, last);
    assert_eq!(next.len(), 1);
    let version = (last + 1).to_string();
    assert_eq!(next[0]["object"]["metadata"]["resourceVersion"], version);
}

#[test]
fn revisions_go_on_when_nothing_is_left() {
    let folder = folder();
    let file = folder.path().join("log");
    let open = || builder(1).without_namespaces().persistent(&file).unwrap();
    let server = open();
    server
        .seed(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}}))
        .unwrap();
    server.execute(&config("one", "x")).unwrap();
    server.execute(&delete("one")).unwrap();
    let last = server.revision();
    drop(server);
    let server = open();
    assert_eq!(state(&server), (last, json!([])));
}

#[test]
fn what_is_seeded_and_restored_is_on_the_disk_at_once() {
    let folder = folder();
    let file = folder.path().join("log");
    let server = open(&file);
    server.execute(&config("one", "x")).unwrap();
    let snapshot = server.snapshot();
    let two = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "two"}});
    server.seed(two).unwrap();
    let copy = folder.path().join("copy");
    let on_disk = || {
        fs::copy(&file, &copy).unwrap();
        state(&open(&copy))
    };
    assert_eq!(on_disk(), state(&server));
    server.restore(&snapshot);
    assert_eq!(on_disk(), state(&server));
    server.execute(&config("three", "x")).unwrap();
    assert_eq!(on_disk(), state(&server));
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_who_may_read_the_file_stays_the_same() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let folder = folder();
    let (file, link) = (folder.path().join("file"), folder.path().join("log"));
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    symlink(&file, &link).unwrap();
    let server = open(&link);
    for number in 0..100 {
        server.execute(&config("one", &number.to_string())).unwrap();
    }
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let metadata = fs::metadata(&file).unwrap();
    assert!(metadata.len() < 4 * SHORT, "it was written anew");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    drop(server);
    assert_eq!(open(&link).revision(), open(&file).revision());
}

#[test]
fn a_file_that_cannot_be_written_anew_goes_on() {
    let folder = folder();
    let file = folder.path().join("log");
    let server = open(&file);
    // Something else is where the new file would be.
    fs::create_dir(fresh(&file)).unwrap();
    for number in 0..100 {
        server.execute(&config("one", &number.to_string())).unwrap();
    }
    let before = state(&server);
    drop(server);
    fs::remove_dir(fresh(&file)).unwrap();
    assert_eq!(state(&open(&file)), before);
}
