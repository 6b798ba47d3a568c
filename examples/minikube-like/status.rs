//! `status`: how far the last run came, read from its journal.

use std::path::Path;

use bootstrap_phases::{FileJournal, RunStatus};

use crate::{cli::Output, cluster::journal_path, failure::Failure};

pub(crate) fn status(root: &Path, output: Output) -> Result<(), Failure> {
    let path = journal_path(root);
    let entries = if path.exists() {
        FileJournal::peek(&path).map_err(Failure::run)?
    } else {
        Vec::new()
    };
    let status = RunStatus::of(&entries);
    match (output, status) {
        (Output::Json, status) => {
            println!("{}", serde_json::to_string(&status).map_err(Failure::run)?);
        }
        (Output::Text, Some(status)) => print!("{status}"),
        (Output::Text, None) => println!("no run in {} yet", root.display()),
    }
    Ok(())
}
