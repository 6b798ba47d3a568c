//! A journal in a file, one JSON object a line.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use super::{Entry, Holder, Journal, JournalError, holder};
use crate::{CancelToken, Clock};

/// How long between two looks at a journal that somebody else holds.
const POLL: Duration = Duration::from_millis(200);

/// A journal in a file of mode 0600: JSON lines, each on the disk before the run goes on, the file locked while it is open.
///
/// The lock is what keeps two runs off one root. Whoever has it says so in a note beside the journal, `.holder` after its name,
/// so that others can tell people whom they wait for.
#[derive(Debug)]
pub struct FileJournal {
    path: PathBuf,
    file: Mutex<File>,
}

impl FileJournal {
    /// Opens the journal at this path of the disk, or makes it, and locks it. Its folder must be there.
    ///
    /// # Errors
    /// Another run holds it ([`JournalError::Locked`] says who), or it cannot be opened.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let path = path.into();
        let file = Self::lock(&path)?;
        sync_folder(&path).map_err(|error| io_error(&path, &error))?;
        // The lock counts, with or without the note.
        let _ = holder::write(&path, &Holder::this_process(SystemTime::now()));
        Ok(Self {
            path,
            file: Mutex::new(file),
        })
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
        parse(path, &bytes).map(|(entries, _)| entries)
    }

    /// Where the journal is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn with<T>(&self, act: impl FnOnce(&mut File) -> io::Result<T>) -> Result<T, JournalError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut file).map_err(|error| io_error(&self.path, &error))
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
        let bytes = self.with(|file| {
            let mut bytes = Vec::new();
            file.rewind()?;
            file.read_to_end(&mut bytes)?;
            Ok(bytes)
        })?;
        let (entries, whole) = parse(&self.path, &bytes)?;
        if whole < bytes.len() {
            // What is appended next must begin a line.
            self.with(|file| {
                file.set_len(whole as u64)?;
                file.sync_data()
            })?;
        }
        Ok(entries)
    }

    fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        let mut line = serde_json::to_vec(entry).map_err(|error| JournalError::Io {
            path: self.path.display().to_string(),
            message: error.to_string(),
        })?;
        line.push(b'\n');
        self.with(|file| {
            file.write_all(&line)?;
            file.sync_data()
        })
    }

    fn clear(&self) -> Result<(), JournalError> {
        self.with(|file| {
            file.set_len(0)?;
            file.sync_data()
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

/// The entries, and how many bytes they take: a last line without its end was cut short by a crash.
fn parse(path: &Path, bytes: &[u8]) -> Result<(Vec<Entry>, usize), JournalError> {
    let mut entries = Vec::new();
    let mut whole = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let is_last = whole + line.len() == bytes.len();
        match serde_json::from_slice(line) {
            Ok(entry) if line.ends_with(b"\n") => entries.push(entry),
            // Blocks of one write may reach the disk in any order: even with its end, the last line may be nonsense.
            Ok(_) | Err(_) if is_last => break,
            Ok(_) => {}
            Err(error) => {
                return Err(JournalError::Corrupt {
                    path: path.display().to_string(),
                    line: index + 1,
                    message: error.to_string(),
                });
            }
        }
        whole += line.len();
    }
    Ok((entries, whole))
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
        let line = serde_json::to_string(&entry("a")).unwrap();
        fs::write(&path, format!("{line}\nnonsense\n{line}\n")).unwrap();
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

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(lines in proptest::collection::vec("\\PC{0,40}|\\{\"type\":\"done\"\\}", 0..6)) {
            let text = lines.join("\n");
            if let Ok((entries, whole)) = parse(Path::new("j"), text.as_bytes()) {
                proptest::prop_assert!(whole <= text.len() && entries.len() <= lines.len());
            }
        }
    }
}
