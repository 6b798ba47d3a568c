//! The double behaves as the disk does: the same operations on memory, on an overlay and on a real folder.

#![cfg(unix)]

use std::path::Path;

use bootstrap_phases::{FileError, Files, MemFiles, Overlay, StdFiles};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Operation {
    CreateDir(String, u32),
    CreateFile(String, Vec<u8>, u32),
    Rename(String, String),
    SetMode(String, u32),
    Remove(String),
    RemoveTree(String, bool),
    Write(String, Vec<u8>, u32),
    CreateAll(String, u32),
    Sync(String),
}

fn paths() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "c", "link", "loop", "..", "."]);
    prop::collection::vec(name, 1..4).prop_map(|names| format!("/{}", names.join("/")))
}

fn operations() -> impl Strategy<Value = Operation> {
    let mode = prop::sample::select(vec![0o700_u32, 0o755, 0o640]);
    let content = prop::collection::vec(any::<u8>(), 0..4);
    (0_u8..12, paths(), paths(), mode, content).prop_map(|(kind, path, other, mode, content)| {
        match kind {
            0 | 1 => Operation::CreateDir(path, mode | 0o700),
            2 | 3 => Operation::CreateFile(path, content, mode),
            4 | 5 => Operation::Rename(path, other),
            // A folder that its owner cannot enter would be another test.
            6 => Operation::SetMode(path, mode | 0o700),
            7 => Operation::Remove(path),
            8 => Operation::RemoveTree(path, mode == 0o700),
            9 => Operation::Write(path, content, mode),
            10 => Operation::CreateAll(path, mode | 0o700),
            _ => Operation::Sync(path),
        }
    })
}

impl Operation {
    fn apply(&self, files: &dyn Files) -> Result<(), FileError> {
        match self {
            Self::CreateDir(path, mode) => files.create_dir(path, *mode),
            Self::CreateFile(path, content, mode) => files.create_file(path, content, *mode),
            Self::Rename(from, to) => files.rename(from, to),
            Self::SetMode(path, mode) => files.set_mode(path, *mode),
            Self::Remove(path) => files.remove(path),
            Self::RemoveTree(path, keep) => files.remove_tree(path, *keep),
            Self::Write(path, content, mode) => files.write_atomic(path, content, *mode),
            Self::CreateAll(path, mode) => files.create_dir_all(path, *mode),
            Self::Sync(path) => files.sync_dir(path),
        }
    }
}

/// Every path with kind, mode and content, links not followed; owners are those of whoever runs the test.
fn tree(files: &dyn Files, folder: &str, out: &mut Vec<String>) -> Result<(), FileError> {
    for name in files.list(folder)? {
        let path = format!("{}/{name}", folder.trim_end_matches('/'));
        let Some(stat) = files.link_stat(&path)? else {
            continue;
        };
        let content = if stat.is_file() {
            files.read(&path)?
        } else {
            files.link_target(&path)?.unwrap_or_default().into_bytes()
        };
        out.push(format!(
            "{path} {:?} {:o} {content:?}",
            stat.kind, stat.mode
        ));
        if stat.is_dir() {
            tree(files, &path, out)?;
        }
    }
    Ok(())
}

fn seen(files: &dyn Files) -> Vec<String> {
    let mut out = Vec::new();
    if let Err(error) = tree(files, "/", &mut out) {
        out.push(error.to_string());
    }
    out
}

/// A tree to begin with: a folder with a file, links into it and out of the root, and a loop.
const LINKS: [(&str, &str); 3] = [
    ("/link", "a/b"),
    ("/a/link", "../../../b"),
    ("/loop", "/loop"),
];

fn begin(files: &dyn Files, link: impl Fn(&str, &str)) {
    let done = files
        .create_dir_all("/a/b", 0o755)
        .and_then(|()| files.create_file("/a/b/c", b"c", 0o640));
    assert_eq!(done, Ok(()));
    for (path, target) in LINKS {
        link(path, target);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn memory_overlay_and_disk_agree(operations in prop::collection::vec(operations(), 1..12)) {
        let memory = MemFiles::new();
        begin(&memory, |path, target| memory.link(path, target).unwrap());
        let base = memory.clone();
        let overlay = Overlay::new(&base);
        let folder = tempfile::tempdir().unwrap();
        let disk = StdFiles::new(folder.path());
        let on_disk = |path: &str| folder.path().join(path.trim_start_matches('/'));
        begin(&disk, |path, target| {
            std::os::unix::fs::symlink(Path::new(target), on_disk(path)).unwrap();
        });
        for operation in &operations {
            let outcomes = [&memory as &dyn Files, &overlay, &disk]
                .map(|files| operation.apply(files).map_err(|error| error.kind));
            prop_assert_eq!(&outcomes[0], &outcomes[2], "{:?}", operation);
            prop_assert_eq!(&outcomes[1], &outcomes[2], "overlay, {:?}", operation);
            let expected = seen(&disk);
            prop_assert_eq!(seen(&memory), expected.clone(), "{:?}", operation);
            prop_assert_eq!(seen(&overlay), expected, "overlay, {:?}", operation);
        }
    }
}
