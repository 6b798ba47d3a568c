//! A journal in a file, one JSON object a line.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use super::{
    Entry, Holder, Journal, JournalError, holder,
    line::{self, Bad, Chain},
};
use crate::{CancelToken, Clock};

/// How long between two looks at a journal that somebody else holds.
const POLL: Duration = Duration::from_millis(200);

/// A journal in a file of mode 0600: JSON lines, on the disk before what they announce is done, the file locked while it is open.
///
/// The lock is what keeps two runs off one root. Whoever has it says so in a note beside the journal, `.holder` after its name,
/// so that others can tell people whom they wait for.
#[derive(Debug)]
pub struct FileJournal {
    path: PathBuf,
    waits: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    /// The sum of the lines that are there; `None` until they were read.
    chain: Option<Chain>,
}

impl FileJournal {
    /// Opens the journal at this path of the disk, or makes it, and locks it. Its folder must be there.
    ///
    /// # Errors
    /// Another run holds it ([`JournalError::Locked`] says who), or it cannot be opened.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let path = path.into();
        let file = Self::lock(&path)?;
        let told = |error| io_error(&path, &error);
        if file.metadata().map_err(told)?.len() == 0 {
            // It may be new.
            sync_folder(&path).map_err(told)?;
        }
        // The lock counts, with or without the note.
        let _ = holder::write(&path, &Holder::this_process(SystemTime::now()));
        Ok(Self {
            path,
            waits: true,
            state: Mutex::new(State { file, chain: None }),
        })
    }

    /// The same journal, but nothing waits for the disk: it survives its process, not a power failure. For a root whose files do not
    /// wait either ([`StdFiles::without_sync`](crate::StdFiles::without_sync)).
    #[must_use]
    pub fn without_sync(mut self) -> Self {
        self.waits = false;
        self
    }

    /// Opens the journal as [`FileJournal::open`] does, and waits while another run holds it, for `patience` at most.
    ///
    /// `busy` is told who holds it, once for each holder.
    ///
    /// # Errors
    /// Another run holds it still when the time is over or the token is cancelled, or it cannot be opened.
    pub fn open_when_free(
        path: impl Into<PathBuf>,
        patience: Duration,
        clock: &dyn Clock,
        cancel: &CancelToken,
        mut busy: impl FnMut(Option<&Holder>),
    ) -> Result<Self, JournalError> {
        let path = path.into();
        let started = clock.now();
        let mut told = None;
        loop {
            let error = match Self::open(&path) {
                Err(error @ JournalError::Locked { .. }) => error,
                outcome => return outcome,
            };
            let waited = clock.now().duration_since(started).unwrap_or_default();
            let left = patience.saturating_sub(waited);
            if left.is_zero() || cancel.is_cancelled() {
                return Err(error);
            }
            if let JournalError::Locked { holder, .. } = error
                && told.as_ref() != Some(&holder)
            {
                busy(holder.as_ref());
                told = Some(holder);
            }
            clock.sleep(left.min(POLL), cancel);
        }
    }

    fn lock(path: &Path) -> Result<File, JournalError> {
        let file = open(path).map_err(|error| io_error(path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(JournalError::Locked {
                path: path.display().to_string(),
                holder: holder::read(path),
            }),
            Err(TryLockError::Error(error)) => Err(io_error(path, &error)),
        }
    }

    /// Reads the entries of a journal that a run may be holding, without locking it.
    ///
    /// # Errors
    /// It cannot be read, or an entry before the last makes no sense.
    pub fn peek(path: impl AsRef<Path>) -> Result<Vec<Entry>, JournalError> {
        let path = path.as_ref();
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .map_err(|error| io_error(path, &error))?;
        let read = line::read(&bytes).map_err(|bad| corrupt(path, bad))?;
        Ok(read.entries)
    }

    /// Where the journal is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn with<T>(
        &self,
        act: impl FnOnce(&mut State) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads what is there, and cuts off what a crash has left of a line: what is appended next must begin one.
    fn read(&self, state: &mut State) -> Result<Vec<Entry>, JournalError> {
        let told = |error| io_error(&self.path, &error);
        let mut bytes = Vec::new();
        state.file.rewind().map_err(told)?;
        state.file.read_to_end(&mut bytes).map_err(told)?;
        let read = line::read(&bytes).map_err(|bad| corrupt(&self.path, bad))?;
        if read.whole < bytes.len() {
            let cut = state.file.set_len(read.whole as u64);
            cut.and_then(|()| self.sync(state)).map_err(told)?;
        }
        state.chain = Some(read.chain);
        Ok(read.entries)
    }

    fn sync(&self, state: &State) -> io::Result<()> {
        if self.waits {
            state.file.sync_data()
        } else {
            Ok(())
        }
    }

    /// Adds a line, without waiting for the disk.
    fn write(&self, state: &mut State, entry: &Entry) -> Result<(), JournalError> {
        if state.chain.is_none() {
            self.read(state)?;
        }
        let chain = state.chain.take().unwrap_or_default();
        let (line, chain) =
            line::write(entry, &chain).map_err(|error| io_error(&self.path, &error.into()))?;
        // Where this fails the next one reads what there is.
        let written = state.file.write_all(line.as_bytes());
        written.map_err(|error| io_error(&self.path, &error))?;
        state.chain = Some(chain);
        Ok(())
    }
}

impl Drop for FileJournal {
    /// The note goes before the lock does.
    fn drop(&mut self) {
        holder::remove(&self.path);
    }
}

impl Journal for FileJournal {
    fn load(&self) -> Result<Vec<Entry>, JournalError> {
        self.with(|state| self.read(state))
    }

    fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        self.with(|state| {
            self.write(state, entry)?;
            self.sync(state).map_err(|error| {
                state.chain = None;
                io_error(&self.path, &error)
            })
        })
    }

    fn note(&self, entry: &Entry) -> Result<(), JournalError> {
        self.with(|state| self.write(state, entry))
    }

    fn clear(&self) -> Result<(), JournalError> {
        self.with(|state| {
            state.chain = None;
            let cleared = state.file.set_len(0);
            let cleared = cleared.and_then(|()| self.sync(state));
            cleared.map_err(|error| io_error(&self.path, &error))?;
            state.chain = Some(Chain::default());
            Ok(())
        })
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn corrupt(path: &Path, bad: Bad) -> JournalError {
    JournalError::Corrupt {
        path: path.display().to_string(),
        line: bad.line,
        message: bad.why,
    }
}

fn io_error(path: &Path, error: &io::Error) -> JournalError {
    JournalError::Io {
        path: path.display().to_string(),
        message: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{Clock, ManualClock, journal::Record};

    fn entry(phase: &str) -> Entry {
        Entry {
            time: ManualClock::at(0).now().into(),
            record: Record::Done {
                phase: phase.to_owned(),
                changes: 1,
            },
        }
    }

    #[test]
    fn a_torn_last_line_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let whole = {
            let journal = FileJournal::open(&path).unwrap();
            journal.append(&entry("a")).unwrap();
            journal.append(&entry("b")).unwrap();
            fs::read(&path).unwrap()
        };
        let first_line = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for cut in first_line..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let journal = FileJournal::open(&path).unwrap();
            assert_eq!(journal.load().unwrap(), [entry("a")], "cut at {cut}");
            journal.append(&entry("c")).unwrap();
            assert_eq!(journal.load().unwrap(), [entry("a"), entry("c")]);
        }
    }

    #[test]
    fn nonsense_in_the_middle_is_named_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let (line, _) = line::write(&entry("a"), &Chain::default()).unwrap();
        fs::write(&path, format!("{line}nonsense\n{line}")).unwrap();
        let error = FileJournal::peek(&path).unwrap_err();
        assert!(error.to_string().contains("run.jsonl:2: "), "{error}");
    }

    #[test]
    fn one_run_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let first = FileJournal::open(&path).unwrap();
        let second = FileJournal::open(&path).unwrap_err();
        let JournalError::Locked {
            holder: Some(holder),
            ..
        } = &second
        else {
            panic!("{second}")
        };
        assert_eq!(holder.pid, std::process::id());
        assert!(second.to_string().contains(&holder.to_string()), "{second}");
        drop(first);
        FileJournal::open(&path).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn who_waits_is_told_once_and_gets_it_when_it_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let mut first = Some(FileJournal::open(&path).unwrap());
        let (clock, cancel) = (ManualClock::at(0), CancelToken::new());
        let patience = Duration::from_secs(60);
        let mut told = 0;
        let waited = FileJournal::open_when_free(&path, patience, &clock, &cancel, |holder| {
            assert!(holder.is_some());
            told += 1;
        });
        assert!(matches!(waited, Err(JournalError::Locked { .. })));
        assert_eq!((told, clock.now()), (1, ManualClock::at(60).now()));
        let free = FileJournal::open_when_free(&path, patience, &clock, &cancel, |_| {
            first = None;
        });
        free.unwrap();
        let _held = FileJournal::open(&path).unwrap();
        cancel.cancel();
        let cancelled = FileJournal::open_when_free(&path, patience, &clock, &cancel, |_| {});
        assert!(matches!(cancelled, Err(JournalError::Locked { .. })));
        assert_eq!(clock.now(), ManualClock::at(60).now() + POLL);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        FileJournal::open(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn a_cleared_journal_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let journal = FileJournal::open(folder.path().join("run.jsonl")).unwrap();
        journal.append(&entry("a")).unwrap();
        journal.clear().unwrap();
        journal.append(&entry("b")).unwrap();
        assert_eq!(journal.load().unwrap(), [entry("b")]);
    }

    fn journal_of(phases: &[&str]) -> (tempfile::TempDir, PathBuf, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let journal = FileJournal::open(&path).unwrap();
        for phase in phases {
            journal.append(&entry(phase)).unwrap();
        }
        let bytes = fs::read(&path).unwrap();
        (folder, path, bytes)
    }

    #[test]
    fn no_changed_byte_is_read_as_something_else() {
        let (_folder, _path, whole) = journal_of(&["a", "b", "c"]);
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[at] ^= 1 << bit;
                // Either refused, or as if the last line had been cut short.
                if let Ok(read) = line::read(&damaged) {
                    assert_eq!(read.entries, [entry("a"), entry("b")], "{at}.{bit}");
                }
            }
        }
    }

    #[test]
    fn no_line_can_be_missing_or_moved() {
        let (_folder, path, whole) = journal_of(&["a", "b", "c"]);
        let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
        for (order, bad) in [
            (vec![0, 2], 2),
            (vec![1, 2], 1),
            (vec![0, 2, 1], 2),
            (vec![0, 0], 2),
        ] {
            let lines: Vec<u8> = order
                .iter()
                .flat_map(|index| lines[*index].to_vec())
                .collect();
            fs::write(&path, lines).unwrap();
            let error = FileJournal::open(&path).unwrap().load().unwrap_err();
            assert!(
                matches!(error, JournalError::Corrupt { line, .. } if line == bad),
                "{order:?}: {error}"
            );
        }
    }

    #[test]
    fn blocks_of_the_last_line_that_never_reached_the_disk_are_dropped() {
        let (_folder, path, mut bytes) = journal_of(&["a", "b"]);
        let end = bytes.len();
        bytes[end - 30..end - 10].fill(0);
        fs::write(&path, &bytes).unwrap();
        let journal = FileJournal::open(&path).unwrap();
        assert_eq!(journal.load().unwrap(), [entry("a")]);
        journal.append(&entry("c")).unwrap();
        assert_eq!(FileJournal::peek(&path).unwrap(), [entry("a"), entry("c")]);
    }

    #[test]
    fn an_entry_can_be_appended_before_anything_is_read() {
        let (_folder, path, _) = journal_of(&["a"]);
        let journal = FileJournal::open(&path).unwrap();
        journal.append(&entry("b")).unwrap();
        assert_eq!(journal.load().unwrap(), [entry("a"), entry("b")]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(lines in proptest::collection::vec("\\PC{0,40}|\\{\"type\":\"done\"\\}", 0..6)) {
            let text = lines.join("\n");
            if let Ok(read) = line::read(text.as_bytes()) {
                proptest::prop_assert!(read.whole <= text.len() && read.entries.is_empty());
            }
        }
    }
}
