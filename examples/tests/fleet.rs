//! `fleet` as a person meets it: the program itself.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

use std::{fs, process::Command};

/// The lines between a title and the next one.
fn part<'a>(text: &'a str, title: &str) -> Vec<&'a str> {
    let mut lines = text.lines();
    lines
        .find(|line| line.starts_with(&format!("## {title}")))
        .unwrap_or_else(|| panic!("no {title} in {text}"));
    lines.take_while(|line| !line.starts_with("## ")).collect()
}

/// Whether a line has all of these words.
fn says(lines: &[&str], words: &[&str]) -> bool {
    lines
        .iter()
        .any(|line| words.iter().all(|word| line.contains(word)))
}

#[test]
fn a_fleet_joins_exports_places_rolls_out_goes_back_and_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("rollout.svg");
    let output = Command::new(env!("CARGO_BIN_EXE_fleet"))
        .arg("--timeline")
        .arg(&picture)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}{errors}");

    let join = part(&text, "Clusters join");
    assert!(says(&join, &["eu-2", "to join shop", "refused", "ID-9"]));
    assert!(says(&join, &["eu-2", "to join shop", "refused", "ID-10"]));
    assert!(says(&join, &["eu-1", "the ID eu-3", "refused", "ID-6"]));
    assert!(says(
        &join,
        &["us-2", "to join shop", "done", "member us-2"]
    ));

    let export = part(&text, "Clusters export the service");
    for cluster in ["eu-1", "us-1"] {
        assert!(says(&export, &[cluster, "yes", "PortConflict"]), "{text}");
    }
    assert!(says(&export, &["eu-2", "no", "MCS-4"]), "{text}");

    let placed = part(&text, "Three clusters of env=prod");
    assert!(says(&placed, &["eu-1", "yes", "chosen"]));
    assert!(says(&placed, &["us-2", "no", "outranked"]));
    assert!(says(&placed, &["lab", "no", "not selected: env in (prod)"]));

    let second = part(&text, "Version 2 goes out in stages");
    assert!(says(&second, &["eu-1", "Progressing", "stage canary"]));
    assert!(says(&second, &["eu-2", "Succeeded", "2 of 2 replicas"]));
    assert!(says(&second, &["us-1", "Failed", "ImagePullBackOff"]));
    let back = part(&text, "Back to version 1");
    let order: Vec<&str> = back
        .iter()
        .filter(|line| line.contains("Progressing"))
        .map(|line| line.split_whitespace().nth(1).unwrap())
        .collect();
    assert_eq!(order, ["us-1", "eu-2", "eu-1"]);
    let third = part(&text, "Version 3 goes out in stages");
    assert!(says(&third, &["us-1", "Succeeded", "5 of 5 replicas"]));

    let leaves = part(&text, "eu-2 leaves");
    assert!(says(&leaves, &["us-2", "yes", "chosen"]));
    assert!(says(
        &leaves,
        &["eu-2", "Deployment.apps shop/web: deleted"]
    ));
    assert!(says(
        &leaves,
        &["us-2", "Deployment.apps shop/web: created"]
    ));
    assert!(
        says(&leaves, &["eu-2", "leave", "clusterset.k8s.io is gone"]),
        "{text}"
    );

    let svg = fs::read_to_string(picture).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    for words in ["us-1: version 2, Failed", "eu-1: version 3, Succeeded"] {
        assert!(svg.contains(words), "{words}");
    }
}
