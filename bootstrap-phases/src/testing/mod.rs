//! Proving that a workflow survives: crashes at any step, and disks that forget.
//!
//! Every operation on files that changes something, and every entry in the journal, is one durable step, and an effect is two:
//! before it and after it. A [`CrashPoint`] counts them and stops at one: wrap files, journal and ports, run, then resume on the
//! plain ones and compare with a run that nothing disturbed.
//!
//! ```
//! use bootstrap_phases::testing::{CrashFiles, CrashJournal, CrashPoint};
//! use bootstrap_phases::{
//!     Content, Cx, Digest, Files, MemFiles, MemJournal, Node, PhaseError, Plan, Runner, Workflow,
//! };
//!
//! fn pair(cx: &Cx<'_, ()>) -> Result<Plan, PhaseError> {
//!     let mut plan = cx.draft();
//!     plan.file("/tls.crt", 0o644, Content::text("certificate"))?;
//!     plan.file("/tls.key", 0o600, Content::secret("key"))?;
//!     Ok(plan.finish())
//! }
//!
//! let flow = Workflow::new("demo").phase(Node::new("pair", "A pair").run(pair)).build()?;
//! let config = Digest::of(b"the configuration");
//! for step in 0.. {
//!     let (files, journal, crash) = (MemFiles::new(), MemJournal::new(), CrashPoint::at(step));
//!     let (crashing, crashing_journal) = (CrashFiles::new(&files, &crash), CrashJournal::new(&journal, &crash));
//!     let first = Runner::new(&flow, &crashing).journal(&crashing_journal, config).run(&());
//!     if first.is_ok() {
//!         break;
//!     }
//!     Runner::new(&flow, &files).journal(&journal, config).run(&())?;
//!     assert_eq!(files.list("/")?, ["tls.crt", "tls.key"]);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod lossy;
mod port;

use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
};

pub use lossy::{LossyFiles, LossyJournal};
pub use port::CrashPort;

use crate::{Entry, FileError, FileErrorKind, Files, Journal, JournalError, Owner, Stat};

/// Counts durable steps and stops everything at one of them.
pub struct CrashPoint {
    at: Option<usize>,
    taken: AtomicUsize,
    action: Option<Box<dyn Fn() + Send + Sync>>,
    look: Option<Box<dyn Fn(usize) + Send + Sync>>,
}

/// What a crash point says to a step.
enum Verdict {
    Go,
    /// This is the step: it may be left half done.
    Crash,
    /// The crash is past: nothing happens any more.
    Down,
}

impl CrashPoint {
    /// Crashes in place of step number `step`, counted from 0: that step is left out or half done, and every later one fails.
    pub fn at(step: usize) -> Self {
        Self {
            at: Some(step),
            ..Self::never()
        }
    }

    /// Only counts.
    pub fn never() -> Self {
        Self {
            at: None,
            taken: AtomicUsize::new(0),
            action: None,
            look: None,
        }
    }

    /// Calls this before each step with its number, while everything is as a crash in place of the step would leave it. So one run
    /// shows all states that it can be cut off in: keep copies of them, and let a run go on from each.
    #[must_use]
    pub fn before_each(mut self, look: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.look = Some(Box::new(look));
        self
    }

    /// What to do at the crash besides failing: `|| std::process::abort()`, for a test that runs a process of its own.
    #[must_use]
    pub fn then(mut self, action: impl Fn() + Send + Sync + 'static) -> Self {
        self.action = Some(Box::new(action));
        self
    }

    /// How many steps were asked for so far.
    pub fn steps(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    /// Whether the crash happened.
    pub fn has_crashed(&self) -> bool {
        self.at.is_some_and(|at| self.steps() > at)
    }

    /// Shows a state to whoever looks.
    fn show(&self) {
        if let Some(look) = &self.look {
            look(self.steps());
        }
    }

    fn step(&self) -> Verdict {
        self.show();
        let step = self.taken.fetch_add(1, Ordering::SeqCst);
        match self.at {
            Some(at) if step == at => Verdict::Crash,
            Some(at) if step > at => Verdict::Down,
            _ => Verdict::Go,
        }
    }

    fn crash(&self) {
        if let Some(action) = &self.action {
            action();
        }
    }
}

impl fmt::Debug for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrashPoint")
            .field("at", &self.at)
            .field("steps", &self.steps())
            .finish_non_exhaustive()
    }
}

/// Files that crash at a point. A file that was to be made at the crash is there with half of its content.
pub struct CrashFiles<'a> {
    files: &'a dyn Files,
    point: &'a CrashPoint,
}

impl<'a> CrashFiles<'a> {
    /// These files, until the crash.
    pub fn new(files: &'a dyn Files, point: &'a CrashPoint) -> Self {
        Self { files, point }
    }

    fn step(
        &self,
        operation: &'static str,
        path: &str,
        act: impl FnOnce() -> Result<(), FileError>,
        half: impl Fn() -> bool,
    ) -> Result<(), FileError> {
        if self.point.look.is_some() && half() {
            // The half is there while somebody looks, and goes again.
            let verdict = self.point.step();
            self.files.remove(path)?;
            return match verdict {
                Verdict::Go => act(),
                _ => Err(crashed(operation, path)),
            };
        }
        match self.point.step() {
            Verdict::Go => return act(),
            Verdict::Crash => {
                half();
                self.point.crash();
            }
            Verdict::Down => {}
        }
        Err(crashed(operation, path))
    }

    fn whole(
        &self,
        operation: &'static str,
        path: &str,
        act: impl FnOnce() -> Result<(), FileError>,
    ) -> Result<(), FileError> {
        self.step(operation, path, act, || false)
    }
}

impl Files for CrashFiles<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.files.read(path)
    }

    fn link_stat(&self, path: &str) -> Result<Option<Stat>, FileError> {
        self.files.link_stat(path)
    }

    fn link_target(&self, path: &str) -> Result<Option<String>, FileError> {
        self.files.link_target(path)
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        self.files.list(path)
    }

    fn create_dir(&self, path: &str, mode: u32) -> Result<(), FileError> {
        self.whole("create", path, || self.files.create_dir(path, mode))
    }

    fn create_file(&self, path: &str, content: &[u8], mode: u32) -> Result<(), FileError> {
        let (half, _) = content.split_at(content.len() / 2);
        self.step(
            "create",
            path,
            || self.files.create_file(path, content, mode),
            // That even this fails is no news in a crash.
            || self.files.create_file(path, half, mode).is_ok(),
        )
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.whole("rename", from, || self.files.rename(from, to))
    }

    fn set_mode(&self, path: &str, mode: u32) -> Result<(), FileError> {
        self.whole("set mode", path, || self.files.set_mode(path, mode))
    }

    fn set_owner(&self, path: &str, owner: Owner) -> Result<(), FileError> {
        self.whole("set owner", path, || self.files.set_owner(path, owner))
    }

    fn remove(&self, path: &str) -> Result<(), FileError> {
        self.whole("remove", path, || self.files.remove(path))
    }

    fn sync_dir(&self, path: &str) -> Result<(), FileError> {
        self.whole("sync", path, || self.files.sync_dir(path))
    }
}

impl fmt::Debug for CrashFiles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CrashFiles").field(&self.point).finish()
    }
}

fn crashed(operation: &'static str, path: &str) -> FileError {
    let kind = FileErrorKind::Other("crashed on purpose".to_owned());
    FileError::new(operation, path, kind)
}

/// A journal that crashes at a point.
pub struct CrashJournal<'a> {
    journal: &'a dyn Journal,
    point: &'a CrashPoint,
}

impl<'a> CrashJournal<'a> {
    /// This journal, until the crash.
    pub fn new(journal: &'a dyn Journal, point: &'a CrashPoint) -> Self {
        Self { journal, point }
    }

    fn step(&self, act: impl FnOnce() -> Result<(), JournalError>) -> Result<(), JournalError> {
        match self.point.step() {
            Verdict::Go => return act(),
            Verdict::Crash => self.point.crash(),
            Verdict::Down => {}
        }
        Err(JournalError::Io {
            path: String::new(),
            message: "crashed on purpose".to_owned(),
        })
    }
}

impl Journal for CrashJournal<'_> {
    fn load(&self) -> Result<Vec<Entry>, JournalError> {
        self.journal.load()
    }

    fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        self.step(|| self.journal.append(entry))
    }

    fn note(&self, entry: &Entry) -> Result<(), JournalError> {
        self.step(|| self.journal.note(entry))
    }

    fn clear(&self) -> Result<(), JournalError> {
        self.step(|| self.journal.clear())
    }
}

impl fmt::Debug for CrashJournal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CrashJournal").field(&self.point).finish()
    }
}
