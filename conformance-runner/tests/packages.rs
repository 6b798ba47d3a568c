//! What a crate looks like to whoever finds it in a registry: what its manifest says, what its package holds, and that its
//! front page names every feature. `.ci/release` packs and builds them in earnest.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test without cargo has nothing to say; what a JSON value does not have is null"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// No package is larger than this, unpacked; recorded cases and corpora are far beyond it.
const MOST_BYTES: u64 = 3 << 20;

/// A published crate: its folder, and what `cargo metadata` says of it.
struct Package {
    folder: PathBuf,
    manifest: Value,
}

impl Package {
    fn name(&self) -> &str {
        self.manifest["name"].as_str().unwrap_or_default()
    }

    /// What docs.rs shows first: the documentation of the root module, the README where it is that.
    fn front_page(&self) -> String {
        let root = self.read("src/lib.rs");
        let mut page: String = root
            .lines()
            .filter_map(|line| line.strip_prefix("//!"))
            .flat_map(|line| [line, "\n"])
            .collect();
        let includes_readme = root.lines().any(|line| {
            line.starts_with("#![") && line.contains(r#"doc = include_str!("../README.md")"#)
        });
        if includes_readme {
            page.push_str(&self.read("README.md"));
        }
        page
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap_or_default()
    }

    /// The files of the package.
    fn files(&self) -> Vec<String> {
        let list = cargo(&["package", "--list", "--allow-dirty", "-p", self.name()]);
        list.lines().map(str::to_owned).collect()
    }
}

#[test]
fn manifests_say_what_a_registry_shows() {
    let strings = |value: &Value| -> Vec<String> {
        let items = value.as_array().into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    for package in published() {
        let (name, manifest) = (package.name(), &package.manifest);
        for key in ["description", "license", "repository", "rust_version"] {
            assert!(
                manifest[key].as_str().is_some_and(|text| !text.is_empty()),
                "{name}: no {key}"
            );
        }
        assert_eq!(
            manifest["documentation"],
            format!("https://docs.rs/{name}"),
            "{name}"
        );
        assert_eq!(manifest["readme"], "README.md", "{name}");
        assert_eq!(
            manifest["metadata"]["docs"]["rs"]["all-features"], true,
            "{name}"
        );
        let keywords = strings(&manifest["keywords"]);
        assert!(
            (1..=5).contains(&keywords.len()) && keywords.iter().all(|word| word.len() <= 20),
            "{name}: the registry takes one to five keywords of at most 20 bytes, not {keywords:?}"
        );
        let categories = strings(&manifest["categories"]);
        assert!(
            (1..=5).contains(&categories.len()),
            "{name}: {categories:?}"
        );
    }
}

#[test]
fn front_pages_name_every_feature() {
    for package in published() {
        let page = package.front_page();
        let features = package.manifest["features"]
            .as_object()
            .into_iter()
            .flatten();
        for (feature, _) in features {
            // The default set is told by its members; what begins with `_` is of no use alone.
            if feature == "default" || feature.starts_with('_') {
                continue;
            }
            let row = format!("| `{feature}`");
            assert!(
                page.lines().any(|line| line.trim().starts_with(&row)),
                "{}: the front page has no row `{row}` in its table of features",
                package.name()
            );
        }
    }
}

#[test]
fn packages_hold_what_is_needed_and_no_more() {
    for package in published() {
        let (name, files) = (package.name(), package.files());
        for needed in [
            "Cargo.toml",
            "README.md",
            "LICENSE",
            "CHANGELOG.md",
            "src/lib.rs",
        ] {
            assert!(files.iter().any(|file| file == needed), "{name}: {needed}");
        }
        let surplus: Vec<&String> = files
            .iter()
            .filter(|file| {
                ["tests/", "fuzz/", "server/"]
                    .iter()
                    .any(|at| file.starts_with(at))
            })
            .collect();
        assert!(surplus.is_empty(), "{name}: {surplus:?}");
        let bytes: u64 = files
            .iter()
            .filter_map(|file| fs::metadata(package.folder.join(file)).ok())
            .map(|file| file.len())
            .sum();
        assert!(bytes <= MOST_BYTES, "{name}: {bytes} bytes");
    }
}

/// The crates that are published, as the workspace has them.
fn published() -> Vec<Package> {
    let text = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&text).expect("cargo metadata is JSON");
    let packages: Vec<Package> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|package| package["publish"].is_null())
        .map(|package| Package {
            folder: Path::new(package["manifest_path"].as_str().unwrap_or_default())
                .with_file_name(""),
            manifest: package.clone(),
        })
        .collect();
    assert_eq!(packages.len(), 6, "the published crates of the family");
    packages
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .args(arguments)
        .arg("--locked")
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
