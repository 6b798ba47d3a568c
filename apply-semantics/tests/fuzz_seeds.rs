//! What the fuzz targets try, on their seeds, and on seeds with a byte changed or their end cut off.
//!
//! `cargo +nightly fuzz run TARGET fuzz/corpus/TARGET fuzz/seeds/TARGET` goes on from there.

#![cfg(all(feature = "proptest", feature = "reference"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::pedantic,
    reason = "tests"
)]

#[path = "../fuzz/bodies.rs"]
mod bodies;

use std::{fs, path::Path};

/// The seeds of a target, by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    files
        .iter()
        .map(|path| (name(path), fs::read(path).unwrap()))
        .collect()
}

#[test]
fn every_target_holds_on_its_seeds() {
    for (target, body) in bodies::TARGETS {
        let seeds = seeds(target);
        assert!(!seeds.is_empty(), "{target} has no seeds");
        for (_, seed) in seeds {
            body(&seed);
        }
    }
}

#[test]
fn every_target_holds_on_what_is_like_its_seeds() {
    for (target, body) in bodies::TARGETS {
        for (_, seed) in seeds(target) {
            let step = seed.len() / 24 + 1;
            for at in (0..seed.len()).step_by(step) {
                body(&seed[..at]);
                for byte in [b'"', b'0', b'}', b'n', 0xff] {
                    let mut changed = seed.clone();
                    changed[at] = byte;
                    body(&changed);
                }
            }
        }
    }
}

#[test]
fn every_target_is_a_program_too() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap();
    for (target, _) in bodies::TARGETS {
        assert!(
            manifest.contains(&format!("name = \"{target}\"")),
            "{target}"
        );
    }
}
