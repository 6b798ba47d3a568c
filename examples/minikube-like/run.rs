//! A workflow carried out below a root, with a journal, so that a killed run goes on with the next one.

use std::{io::stdout, num::NonZeroUsize, path::Path, process::abort, thread};

use bootstrap_phases::{
    Digest, Event, EventSink, FileJournal, Flow, JsonLines, Port, Report, RunError, Runner,
    Selection, StdFiles,
    testing::{CrashFiles, CrashJournal, CrashPoint, CrashPort},
};

use crate::{
    cli::{Manner, Output},
    failure::Failure,
    output::TextOutput,
};

/// Where copies are kept of what a run replaces.
pub(crate) const KEPT: &str = "/var/lib/bootstrap-phases/replaced";

/// A workflow, and where and how it is carried out.
pub(crate) struct Run<'a, C> {
    pub(crate) root: &'a Path,
    pub(crate) flow: &'a Flow<C>,
    pub(crate) context: &'a C,
    /// What tells one configuration from another.
    pub(crate) config: Digest,
    pub(crate) journal: &'a FileJournal,
    pub(crate) selection: Selection,
    pub(crate) ports: &'a [(&'a str, &'a dyn Port)],
    /// What goes on beside the run.
    pub(crate) beside: &'a dyn EventSink,
    pub(crate) output: Output,
    pub(crate) manner: &'a Manner,
}

impl<C: Sync> Run<'_, C> {
    /// Does what is missing, and tells what it does.
    pub(crate) fn go(self) -> Result<Report, Failure> {
        match self.output {
            Output::Text => self.told(&TextOutput::new()),
            Output::Json => self.told(&JsonLines::new(stdout())),
        }
    }

    fn told(self, sink: &dyn EventSink) -> Result<Report, Failure> {
        let crash = self.manner.crash_at.map_or_else(CrashPoint::never, |step| {
            CrashPoint::at(step).then(|| abort())
        });
        let files = StdFiles::new(self.root);
        let files = CrashFiles::new(&files, &crash);
        let journal = CrashJournal::new(self.journal, &crash);
        let ports: Vec<_> = self
            .ports
            .iter()
            .map(|(name, port)| (*name, CrashPort::new(*port, &crash)))
            .collect();
        let both = |event: &Event| {
            sink.emit(event);
            self.beside.emit(event);
        };
        let jobs = self.manner.jobs.unwrap_or_else(processors);
        let mut runner = Runner::new(self.flow, &files)
            .jobs(jobs.get())
            .select(self.selection)
            .journal(&journal, self.config)
            .keep(KEPT)
            .events(&both);
        for (name, port) in &ports {
            runner = runner.port(name, port);
        }
        if self.manner.fresh {
            runner = runner.fresh();
        }
        runner
            .run(self.context)
            .map_err(|failure| match failure.error {
                RunError::Select(error) => Failure::input(error),
                error => Failure::run(error),
            })
    }
}

/// How many threads work at the same time.
pub(crate) fn processors() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
