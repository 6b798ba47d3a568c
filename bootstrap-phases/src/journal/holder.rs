//! Who holds a journal, written beside it for those who find it locked.

use std::{
    ffi::OsString,
    fmt, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The process that holds a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// Name of the host it runs on; empty if the system does not tell.
    pub host: String,
    /// Since when it holds the journal.
    pub since: Timestamp,
}

impl Holder {
    /// This process, from this time on.
    pub fn this_process(since: SystemTime) -> Self {
        Self {
            pid: std::process::id(),
            host: host_name(),
            since: since.into(),
        }
    }

    /// Whether it is certain that this process is no more: it was on this host, and there is none of its number.
    fn is_gone(&self) -> bool {
        let processes = Path::new("/proc");
        self.host == host_name()
            && processes.join("self").exists()
            && !processes.join(self.pid.to_string()).exists()
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {}", self.pid)?;
        if !self.host.is_empty() {
            write!(f, " on {}", self.host)?;
        }
        write!(f, " since {}", self.since)
    }
}

fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

/// The note beside a journal. It counts only as long as the journal is locked; a killed process leaves its own behind.
fn note(journal: &Path) -> PathBuf {
    with_suffix(journal, ".holder")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Says who holds the journal now. Nobody sees half of the note.
pub(super) fn write(journal: &Path, holder: &Holder) -> io::Result<()> {
    let path = note(journal);
    let temp = with_suffix(&path, ".new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&temp)?
        .write_all(&serde_json::to_vec(holder)?)?;
    fs::rename(&temp, &path)
}

/// Takes the note away, while the journal is still locked.
pub(super) fn remove(journal: &Path) {
    // A note that stays counts for nothing.
    let _ = fs::remove_file(note(journal));
}

/// Who holds a journal that is locked, if that can be told.
///
/// Whoever got the lock this moment may not have said so yet: a note of a process that is gone is not believed at once.
pub(super) fn read(journal: &Path) -> Option<Holder> {
    let path = note(journal);
    for _ in 0..10 {
        let text = fs::read(&path).unwrap_or_default();
        if let Ok(holder) = serde_json::from_slice::<Holder>(&text)
            && !holder.is_gone()
        {
            return Some(holder);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_process_left_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("run.jsonl");
        let alive = Holder::this_process(SystemTime::UNIX_EPOCH);
        write(&journal, &alive).unwrap();
        assert_eq!(read(&journal), Some(alive.clone()));
        let dead = Holder {
            pid: u32::MAX,
            ..alive
        };
        write(&journal, &dead).unwrap();
        let seen = read(&journal);
        assert!(seen.is_none() || !Path::new("/proc/self").exists());
        remove(&journal);
        assert_eq!(read(&journal), None);
    }
}
