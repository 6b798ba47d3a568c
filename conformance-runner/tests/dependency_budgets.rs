//! What a crate of the family costs its user: distinct packages in its normal dependency tree, itself counted.
#![expect(
    clippy::expect_used,
    reason = "a test without cargo has nothing to say"
)]

use std::{collections::BTreeSet, path::Path, process::Command};

/// Crate, extra arguments of `cargo tree`, and the most packages it may have.
const BUDGETS: &[(&str, &[&str], usize)] = &[
    ("apply-semantics", &[], 6),
    ("apply-server", &[], 24),
    ("bootstrap-phases", &[], 14),
    ("componentconfig", &["--no-default-features"], 14),
    (
        "componentconfig",
        &["--no-default-features", "--features", "yaml"],
        17,
    ),
    ("cluster-id", &[], 16),
    ("machine-api", &[], 20),
];

#[test]
fn every_crate_keeps_its_dependency_budget() {
    let over: Vec<String> = BUDGETS
        .iter()
        .filter_map(|(name, arguments, budget)| {
            let packages = packages_of(name, arguments);
            (packages.len() > *budget).then(|| {
                format!(
                    "{name} {arguments:?}: {} packages, budget {budget}: {packages:?}",
                    packages.len()
                )
            })
        })
        .collect();
    assert!(over.is_empty(), "{}", over.join("\n"));
}

#[test]
fn the_family_has_only_the_arrows_of_its_map() {
    let arrows = [
        ("apply-semantics", &[] as &[&str]),
        ("apply-server", &["apply-semantics", "componentconfig"]),
        ("componentconfig", &[]),
        ("bootstrap-phases", &["apply-semantics", "componentconfig"]),
        ("machine-api", &["apply-semantics", "componentconfig"]),
        ("cluster-id", &["apply-semantics", "componentconfig"]),
    ];
    let family: Vec<&str> = arrows.iter().map(|(name, _)| *name).collect();
    for (name, allowed) in arrows {
        let packages = packages_of(name, &["--all-features"]);
        for other in packages.iter().filter_map(|line| line.split(' ').next()) {
            let ours = other != name && family.contains(&other);
            assert!(
                !ours || allowed.contains(&other),
                "{name} may not depend on {other}"
            );
        }
    }
}

/// The lines `name version` of `cargo tree` for one crate, each once.
fn packages_of(name: &str, arguments: &[&str]) -> BTreeSet<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace)
        .args([
            "tree", "--locked", "-p", name, "-e", "normal", "--prefix", "none",
        ])
        .args(arguments)
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo tree -p {name}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect()
}
