//! What the documents of the repository say of the repository: links lead somewhere, and the lists of differences are whole.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot read the repository has nothing to say"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

const CRATES: [&str; 6] = [
    "apply-semantics",
    "apply-semantics/server",
    "componentconfig",
    "bootstrap-phases",
    "machine-api",
    "cluster-id",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The Markdown files that people read: those at the root, in `docs`, and the front pages of crates.
fn documents() -> Vec<PathBuf> {
    let root = root();
    let mut found: Vec<PathBuf> = [root.clone(), root.join("docs")]
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("a folder"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|is| is == "md"))
        .collect();
    found.extend(CRATES.map(|name| root.join(name).join("README.md")));
    found.push(root.join("benches/README.md"));
    assert!(found.len() > 12, "{found:?}");
    found
}

/// Where the links of a document go that are not addresses: `[text](here)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1);
    targets
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .filter(|target| !target.contains("://") && !target.contains("::") && !target.contains(' '))
}

#[test]
fn links_lead_somewhere() {
    let mut count = 0;
    for document in documents() {
        let text = read(&document);
        for link in links(&text) {
            let file = link.split('#').next().unwrap_or_default();
            let target = document.with_file_name(file);
            assert!(
                file.is_empty() || target.exists(),
                "{}: {link} leads nowhere",
                document.display()
            );
            count += 1;
        }
    }
    assert!(count > 20, "only {count} links were found");
}

/// Every exception beside the cases stands in the page of differences, and every case of its table is an exception.
#[test]
fn exceptions_are_told() {
    let page = read(&root().join("docs/deviations.md"));
    let section = page
        .split("## Recorded answers that are not ours")
        .nth(1)
        .and_then(|rest| rest.split("\n## ").next())
        .expect("the section");
    let mut told: Vec<(String, String)> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|row| {
            let mut cells = row.split('`');
            let (name, _, id) = (cells.next()?, cells.next()?, cells.next()?);
            Some((name.to_owned(), id.to_owned()))
        })
        .collect();
    let mut listed: Vec<(String, String)> = CRATES
        .iter()
        .filter_map(|name| {
            let list = root().join(name).join("tests/conformance-exceptions.txt");
            Some((name, fs::read_to_string(list).ok()?))
        })
        .flat_map(|(name, list)| {
            let ids = list.lines().filter(|line| !line.starts_with('#'));
            let ids = ids.filter_map(|line| line.split_whitespace().next().map(str::to_owned));
            ids.map(|id| ((*name).to_owned(), id)).collect::<Vec<_>>()
        })
        .collect();
    told.sort();
    listed.sort();
    assert_eq!(told, listed);
}
