//! What a cluster keeps below the root of its first control plane, beside the files that the phases make.

use std::{
    env, fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use apply_server::Server;
use bootstrap_phases::{CancelToken, FileJournal, Files as _, Holder, StdFiles, SystemClock};

use crate::failure::Failure;

const FOLDER: &str = "/var/lib/bootstrap-phases";

/// Where a file of the program's own lies below a root.
pub(crate) fn own_path(root: &Path, name: &str) -> PathBuf {
    root.join(FOLDER.trim_start_matches('/')).join(name)
}

/// Where the journal of a root lies.
pub(crate) fn journal_path(root: &Path) -> PathBuf {
    own_path(root, "journal.jsonl")
}

/// The journal of a root, which nobody else uses then; both are made when they are missing.
pub(crate) fn take(root: &Path, patience: u64) -> Result<FileJournal, Failure> {
    fs::create_dir_all(root)
        .map_err(|error| Failure::Run(format!("{}: {error}", root.display())))?;
    let files = StdFiles::new(root);
    files
        .create_dir_all("/var/lib", 0o755)
        .and_then(|()| files.create_dir_all(FOLDER, 0o700))
        .map_err(Failure::run)?;
    let busy = |holder: Option<&Holder>| {
        let who = holder.map_or_else(|| "another run".to_owned(), ToString::to_string);
        eprintln!("{}: waiting for {who}", root.display());
    };
    let patience = Duration::from_secs(patience);
    let (clock, cancel) = (SystemClock, CancelToken::new());
    FileJournal::open_when_free(journal_path(root), patience, &clock, &cancel, busy)
        .map_err(Failure::run)
}

/// The API server of the cluster below a root that was [taken](take); what it answers is on the disk.
pub(crate) fn server(root: &Path) -> Result<Server, Failure> {
    let path = own_path(root, "objects");
    Server::builder().persistent(path).map_err(Failure::run)
}

/// The API server as it is now, of which nothing is kept: for looks at a root that somebody may be using.
pub(crate) fn server_as_it_is(root: &Path) -> Result<Server, Failure> {
    let path = own_path(root, "objects");
    let objects = match fs::read(&path) {
        Ok(objects) => objects,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Server::new()),
        Err(error) => return Err(Failure::Run(format!("{}: {error}", path.display()))),
    };
    let copy = env::temp_dir().join(format!("minikube-like-{}", process::id()));
    let written = private(&copy).and_then(|mut file| file.write_all(&objects));
    let server = written
        .map_err(Failure::run)
        .and_then(|()| Server::builder().persistent(&copy).map_err(Failure::run));
    // Open files need no name.
    let _ = fs::remove_file(&copy);
    server
}

/// A new file that nobody else reads.
pub(crate) fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path)
}

/// Puts a file in its place in one step; nobody else reads it.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), Failure> {
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
