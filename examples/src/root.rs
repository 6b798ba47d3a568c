//! What programs keep below the root of a node, beside the files that the phases make.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use bootstrap_phases::{CancelToken, FileJournal, Files as _, Holder, StdFiles, SystemClock};

use crate::failure::Failure;

const FOLDER: &str = "/var/lib/bootstrap-phases";

/// Where a file of the program's own lies below a root.
pub fn own_path(root: &Path, name: &str) -> PathBuf {
    root.join(FOLDER.trim_start_matches('/')).join(name)
}

/// Where the journal of a root lies.
pub fn journal_path(root: &Path) -> PathBuf {
    own_path(root, "journal.jsonl")
}

/// The journal of a root, which nobody else uses then; both are made when they are missing.
///
/// Who has to wait is told by `busy` for whom; the patience is in seconds.
///
/// # Errors
/// Somebody else uses it for longer, or it cannot be made.
pub fn take(
    root: &Path,
    patience: u64,
    busy: impl FnMut(Option<&Holder>),
) -> Result<FileJournal, Failure> {
    fs::create_dir_all(root)
        .map_err(|error| Failure::Run(format!("{}: {error}", root.display())))?;
    let files = StdFiles::new(root);
    files
        .create_dir_all("/var/lib", 0o755)
        .and_then(|()| files.create_dir_all(FOLDER, 0o700))
        .map_err(Failure::run)?;
    let patience = Duration::from_secs(patience);
    let (clock, cancel) = (SystemClock, CancelToken::new());
    FileJournal::open_when_free(journal_path(root), patience, &clock, &cancel, busy)
        .map_err(Failure::run)
}
