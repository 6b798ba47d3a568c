//! A file of any content is opened as a journal, or refused; what was opened can be written to, and opened again as it was.
//!
//! With a first byte that is even the rest is the payload of a frame with good checksums, so that what is in frames is tried too. With
//! one that is no multiple of three the file is written anew after each write.
#![no_main]

use std::{env, fs, process};

use apply_semantics::op::{ApplyOptions, Operation};
use apply_server::Server;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fn framed(payload: &[u8]) -> Vec<u8> {
    let checksum = |chain: u32, bytes: &[u8]| {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&chain.to_le_bytes());
        hasher.update(bytes);
        hasher.finalize()
    };
    let head = format!("> {:08x} {:08x}", payload.len(), checksum(0, payload));
    let check = checksum(0, head.as_bytes());
    let mut text = format!("apply-server journal 1\n{head} {check:08x}\n").into_bytes();
    text.extend_from_slice(payload);
    text
}

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else {
        return;
    };
    let bytes = if first.is_multiple_of(2) {
        framed(rest)
    } else {
        rest.to_vec()
    };
    let file = env::temp_dir().join(format!("journal-fuzz-{}", process::id()));
    fs::write(&file, bytes).expect("a file");
    let longest = if first.is_multiple_of(3) { u64::MAX } else { 1 };
    let open = || Server::builder().journal_bytes(longest).persistent(&file);
    let Ok(server) = open() else {
        return;
    };
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "written"}});
    let apply =
        Operation::apply_object(namespace, ApplyOptions::new("m").force()).expect("an object");
    let written = server.execute(&apply).is_ok();
    let before = server.snapshot().to_json();
    drop(server);
    let again = open();
    if written {
        let objects = |text: &str| {
            serde_json::from_str::<serde_json::Value>(text).expect("JSON")["objects"].take()
        };
        let after = again.expect("what was written").snapshot().to_json();
        assert_eq!(objects(&after), objects(&before));
    }
});
