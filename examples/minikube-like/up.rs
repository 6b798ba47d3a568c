//! `up`: does what is missing, with a journal, so that a killed run goes on with the next one.

use std::{
    fs,
    io::stdout,
    path::{Path, PathBuf},
    process::abort,
};

use bootstrap_phases::{
    Digest, EventSink, FileJournal, Files, JsonLines, Report, RunError, Runner, StdFiles,
    testing::{CrashFiles, CrashJournal, CrashPoint},
};

use crate::{
    cli::{Output, Up},
    failure::Failure,
    input::{self, Input},
    output::TextOutput,
};

const JOURNAL_DIR: &str = "/var/lib/bootstrap-phases";

/// Where the journal of a root lies.
pub(crate) fn journal_path(root: &Path) -> PathBuf {
    root.join(JOURNAL_DIR.trim_start_matches('/'))
        .join("journal.jsonl")
}

pub(crate) fn up(arguments: &Up) -> Result<(), Failure> {
    let workspace = &arguments.workspace;
    let input = input::load(workspace)?;
    // A selection that makes no sense is found before the first folder is made.
    let selection = input::selection(workspace);
    input.flow.selected(&selection).map_err(Failure::input)?;
    let journal = open_journal(&workspace.root)?;
    let report = match workspace.output {
        Output::Text => run(arguments, &input, &journal, &TextOutput::new())?,
        Output::Json => run(arguments, &input, &journal, &JsonLines::new(stdout()))?,
    };
    if workspace.output == Output::Text {
        summary(&report, &workspace.root);
    }
    Ok(())
}

fn run(
    arguments: &Up,
    input: &Input,
    journal: &FileJournal,
    sink: &dyn EventSink,
) -> Result<Report, Failure> {
    let crash = arguments.crash_at.map_or_else(CrashPoint::never, |step| {
        CrashPoint::at(step).then(|| abort())
    });
    let files = StdFiles::new(&arguments.workspace.root);
    let context = input::with_keys_ahead(&input.context, &files)?;
    let files = CrashFiles::new(&files, &crash);
    let journal = CrashJournal::new(journal, &crash);
    let mut runner = Runner::new(&input.flow, &files)
        .select(input::selection(&arguments.workspace))
        .journal(&journal, Digest::of(input.text.as_bytes()))
        .events(sink);
    if arguments.fresh {
        runner = runner.fresh();
    }
    runner.run(&context).map_err(|failure| match failure.error {
        RunError::Select(error) => Failure::input(error),
        error => Failure::run(error),
    })
}

fn open_journal(root: &Path) -> Result<FileJournal, Failure> {
    fs::create_dir_all(root)
        .map_err(|error| Failure::Run(format!("{}: {error}", root.display())))?;
    let files = StdFiles::new(root);
    files
        .create_dir_all("/var/lib", 0o755)
        .map_err(Failure::run)?;
    files
        .create_dir_all(JOURNAL_DIR, 0o700)
        .map_err(Failure::run)?;
    FileJournal::open(journal_path(root)).map_err(Failure::run)
}

fn summary(report: &Report, root: &Path) {
    match report.changes() {
        0 => println!("nothing to do: {} is as it should be", root.display()),
        changes => println!(
            "{changes} changes in {} ({} ms)",
            root.display(),
            report.took_ms
        ),
    }
}
