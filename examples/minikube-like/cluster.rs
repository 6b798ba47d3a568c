//! The first control plane's root, and the API server of the cluster in it.

use std::path::Path;

use apply_server::Server;
use bootstrap_phases::{FileJournal, Holder};
use examples::{failure::Failure, root, server};

pub(crate) use examples::root::{journal_path, own_path};

/// The journal of a root, which nobody else uses then; both are made when they are missing.
pub(crate) fn take(root: &Path, patience: u64) -> Result<FileJournal, Failure> {
    let busy = |holder: Option<&Holder>| {
        let who = holder.map_or_else(|| "another run".to_owned(), ToString::to_string);
        eprintln!("{}: waiting for {who}", root.display());
    };
    root::take(root, patience, busy)
}

/// The API server of the cluster below a root that was [taken](take); what it answers is on the disk.
pub(crate) fn server(root: &Path) -> Result<Server, Failure> {
    server::persistent(&own_path(root, "objects"))
}

/// The API server as it is now, of which nothing is kept: for looks at a root that somebody may be using.
pub(crate) fn server_as_it_is(root: &Path) -> Result<Server, Failure> {
    server::as_it_is(&own_path(root, "objects"))
}
