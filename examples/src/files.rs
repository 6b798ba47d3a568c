//! Files that nobody else reads, and that are there as a whole or not at all.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use crate::failure::Failure;

/// A new file that nobody else reads.
///
/// # Errors
/// It is there already, or cannot be made.
pub fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path)
}

/// Puts a file in its place in one step; nobody else reads it.
///
/// # Errors
/// It cannot be written.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let told = |error: io::Error| Failure::Run(format!("{}: {error}", path.display()));
    let new = path.with_extension("new");
    // One that was killed here left half of it.
    let _ = fs::remove_file(&new);
    let mut file = private(&new).map_err(told)?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&new, path))
        .map_err(told)
}
