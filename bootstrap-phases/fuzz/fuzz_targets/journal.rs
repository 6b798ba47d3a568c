//! Journals: whatever bytes are there, they are read, mended or refused, and what is read can be gone on from; and a journal of
//! which bytes were changed or cut off is never read as something that was not written.
#![no_main]

use std::{env, fs, path::PathBuf, process};

use bootstrap_phases::{Clock as _, Entry, FileJournal, Journal as _, ManualClock, Record};
use libfuzzer_sys::fuzz_target;

fn entry(phase: &str) -> Entry {
    let record = serde_json::json!({
        "time": bootstrap_phases::Timestamp::from(ManualClock::at(0).now()),
        "type": "dropped",
        "phase": phase,
    });
    serde_json::from_value(record).expect("an entry")
}

fn place() -> PathBuf {
    env::temp_dir().join(format!("fuzz-journal-{}", process::id()))
}

fuzz_target!(|data: &[u8]| {
    let path = place();
    fs::write(&path, data).expect("a file");
    goes_on(&path);
    let Some((&[at, change, cut, count], names)) = data.split_first_chunk() else {
        return;
    };
    let written = valid(&path, names, usize::from(count % 8));
    let mut bytes = fs::read(&path).expect("a file");
    let at = usize::from(at) * bytes.len() / 256;
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= change;
    }
    bytes.truncate(bytes.len() * (256 - usize::from(cut)) / 256);
    fs::write(&path, &bytes).expect("a file");
    if let Ok(read) = FileJournal::peek(&path) {
        assert!(written.starts_with(&read), "{read:?} of {written:?}");
    }
    goes_on(&path);
});

/// What is read is what is there still when something is added.
fn goes_on(path: &PathBuf) {
    let journal = FileJournal::open(path).expect("nobody else has it");
    let Ok(mut entries) = journal.load() else {
        return;
    };
    entries.push(entry("next"));
    journal.append(&entry("next")).expect("room");
    assert_eq!(journal.load().expect("what was just written"), entries);
}

/// A journal of so many entries with these names in it.
fn valid(path: &PathBuf, names: &[u8], count: usize) -> Vec<Entry> {
    let names = String::from_utf8_lossy(names);
    let journal = FileJournal::open(path).expect("nobody else has it");
    journal.clear().expect("an empty file");
    let mut names = names.split('\n');
    let entries: Vec<Entry> = (0..count)
        .map(|_| entry(names.next().unwrap_or("x")))
        .collect();
    for entry in &entries {
        assert!(matches!(entry.record, Record::Dropped { .. }));
        journal.append(entry).expect("room");
    }
    entries
}
