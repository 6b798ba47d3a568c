//! A disk that forgets what nobody waited for.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    Entry, FileError, Files, Journal, JournalError, MemFiles, MemJournal, Owner, Stat,
    files::parent,
};

/// Files in memory with a power switch: names, modes and owners that were changed in a folder are only sure to be there after
/// [`Files::sync_dir`] of that folder.
///
/// This is what POSIX promises and no more: contents are on the disk when `create_file` returns, names are not, and what is
/// in a folder is lost with the folder's own name. What was not waited for is lost folder by folder, from the end.
#[derive(Debug)]
pub struct LossyFiles {
    /// What everybody sees.
    now: MemFiles,
    /// What was there at the beginning.
    before: MemFiles,
    /// What happened since, in order.
    happened: Mutex<Vec<Happened>>,
}

#[derive(Debug)]
struct Happened {
    folder: String,
    operation: Operation,
    /// Somebody waited for it.
    sure: bool,
}

#[derive(Clone)]
enum Operation {
    CreateDir(String, u32),
    CreateFile(String, Vec<u8>, u32),
    Rename(String, String),
    SetMode(String, u32),
    SetOwner(String, Owner),
    Remove(String),
}

impl LossyFiles {
    /// A disk that holds this tree for sure.
    pub fn new(tree: MemFiles) -> Self {
        Self {
            now: tree.clone(),
            before: tree,
            happened: Mutex::new(Vec::new()),
        }
    }

    /// The tree after the power fails now. For each folder with changes nobody waited for, `keep` is told the folder and how
    /// many there are, and says how many of them, from the oldest, reached the disk.
    pub fn power_loss(&self, mut keep: impl FnMut(&str, usize) -> usize) -> MemFiles {
        let happened = self.happened.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left: BTreeMap<&str, usize> = BTreeMap::new();
        for unsure in happened.iter().filter(|happened| !happened.sure) {
            *left.entry(&unsure.folder).or_default() += 1;
        }
        for (folder, count) in &mut left {
            *count = keep(folder, *count).min(*count);
        }
        let tree = self.before.clone();
        for happened in happened.iter() {
            if !happened.sure {
                match left.get_mut(happened.folder.as_str()) {
                    Some(count) if *count > 0 => *count -= 1,
                    _ => continue,
                }
            }
            // What builds on something lost is lost with it. A folder that is gone is so with all that was in it, whether or not
            // anybody waited for that.
            let _ = match &happened.operation {
                Operation::Remove(path) => tree.remove_tree(path, false),
                operation => operation.apply(&tree),
            };
        }
        tree
    }

    fn act(&self, path: &str, operation: Operation) -> Result<(), FileError> {
        let mut happened = self.happened.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.now.resolve(&parent(path))?;
        operation.apply(&self.now)?;
        happened.push(Happened {
            folder,
            operation,
            sure: false,
        });
        Ok(())
    }
}

impl Operation {
    fn apply(&self, files: &MemFiles) -> Result<(), FileError> {
        match self {
            Self::CreateDir(path, mode) => files.create_dir(path, *mode),
            Self::CreateFile(path, content, mode) => files.create_file(path, content, *mode),
            Self::Rename(from, to) => files.rename(from, to),
            Self::SetMode(path, mode) => files.set_mode(path, *mode),
            Self::SetOwner(path, owner) => files.set_owner(path, *owner),
            Self::Remove(path) => files.remove(path),
        }
    }
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CreateDir(path, mode) => write!(f, "create_dir({path}, {mode:o})"),
            Self::CreateFile(path, _, mode) => write!(f, "create_file({path}, {mode:o})"),
            Self::Rename(from, to) => write!(f, "rename({from}, {to})"),
            Self::SetMode(path, mode) => write!(f, "set_mode({path}, {mode:o})"),
            Self::SetOwner(path, owner) => write!(f, "set_owner({path}, {owner:?})"),
            Self::Remove(path) => write!(f, "remove({path})"),
        }
    }
}

impl Files for LossyFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.now.read(path)
    }

    fn link_stat(&self, path: &str) -> Result<Option<Stat>, FileError> {
        self.now.link_stat(path)
    }

    fn link_target(&self, path: &str) -> Result<Option<String>, FileError> {
        self.now.link_target(path)
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        self.now.list(path)
    }

    fn create_dir(&self, path: &str, mode: u32) -> Result<(), FileError> {
        self.act(path, Operation::CreateDir(path.to_owned(), mode))
    }

    fn create_file(&self, path: &str, content: &[u8], mode: u32) -> Result<(), FileError> {
        let operation = Operation::CreateFile(path.to_owned(), content.to_vec(), mode);
        self.act(path, operation)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.act(to, Operation::Rename(from.to_owned(), to.to_owned()))
    }

    fn set_mode(&self, path: &str, mode: u32) -> Result<(), FileError> {
        self.act(path, Operation::SetMode(path.to_owned(), mode))
    }

    fn set_owner(&self, path: &str, owner: Owner) -> Result<(), FileError> {
        self.act(path, Operation::SetOwner(path.to_owned(), owner))
    }

    fn remove(&self, path: &str) -> Result<(), FileError> {
        self.act(path, Operation::Remove(path.to_owned()))
    }

    fn sync_dir(&self, path: &str) -> Result<(), FileError> {
        self.now.sync_dir(path)?;
        let folder = self.now.resolve(path)?;
        let mut happened = self.happened.lock().unwrap_or_else(PoisonError::into_inner);
        for happened in happened.iter_mut() {
            happened.sure |= happened.folder == folder;
        }
        Ok(())
    }
}

/// A journal in memory with a power switch: entries that were [noted](Journal::note) are only sure to be there after one was
/// appended.
#[derive(Debug, Default)]
pub struct LossyJournal {
    now: MemJournal,
    /// How many entries somebody waited for.
    sure: Mutex<usize>,
}

impl LossyJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// The journal after the power fails now. If entries are there that nobody waited for, `keep` is told how many, and says how
    /// many of them, from the oldest, reached the disk.
    ///
    /// # Errors
    /// None: that of [`Journal`].
    pub fn power_loss(
        &self,
        keep: impl FnOnce(usize) -> usize,
    ) -> Result<MemJournal, JournalError> {
        let sure = *self.sure.lock().unwrap_or_else(PoisonError::into_inner);
        let (entries, left) = (self.now.load()?, MemJournal::new());
        let unsure = entries.len().saturating_sub(sure);
        let kept = if unsure == 0 { 0 } else { keep(unsure) };
        for entry in entries.iter().take(sure.saturating_add(kept)) {
            left.append(entry)?;
        }
        Ok(left)
    }

    fn set_sure(&self, sure: usize) {
        *self.sure.lock().unwrap_or_else(PoisonError::into_inner) = sure;
    }
}

impl Journal for LossyJournal {
    fn load(&self) -> Result<Vec<Entry>, JournalError> {
        self.now.load()
    }

    fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        self.now.append(entry)?;
        self.set_sure(self.now.load()?.len());
        Ok(())
    }

    fn note(&self, entry: &Entry) -> Result<(), JournalError> {
        self.now.append(entry)
    }

    fn clear(&self) -> Result<(), JournalError> {
        self.set_sure(0);
        self.now.clear()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lost_unless_waited_for() {
        let disk = LossyFiles::new(MemFiles::new());
        disk.create_file("/a", b"a", 0o600).unwrap();
        disk.sync_dir("/").unwrap();
        disk.create_file("/b", b"b", 0o600).unwrap();
        disk.rename("/b", "/c").unwrap();
        assert_eq!(disk.list("/").unwrap(), ["a", "c"]);
        let names = |kept: usize| disk.power_loss(|_, _| kept).list("/").unwrap();
        assert_eq!(names(0), ["a"]);
        assert_eq!(names(1), ["a", "b"]);
        assert_eq!(names(2), ["a", "c"]);
    }

    #[test]
    fn a_folder_that_is_gone_for_sure_leaves_nothing_of_what_was_in_it() {
        let tree = MemFiles::new();
        tree.create_dir("/a", 0o755).unwrap();
        tree.create_file("/a/x", b"x", 0o600).unwrap();
        let disk = LossyFiles::new(tree);
        disk.remove_tree("/a", false).unwrap();
        disk.sync_dir("/").unwrap();
        assert!(disk.power_loss(|_, _| 0).list("/").unwrap().is_empty());
    }

    #[test]
    fn what_is_in_a_folder_is_lost_with_its_name() {
        let disk = LossyFiles::new(MemFiles::new());
        disk.create_dir("/a", 0o755).unwrap();
        disk.create_file("/a/x", b"x", 0o600).unwrap();
        disk.sync_dir("/a").unwrap();
        assert!(disk.power_loss(|_, _| 0).list("/").unwrap().is_empty());
        disk.sync_dir("/").unwrap();
        assert_eq!(disk.power_loss(|_, _| 0).read("/a/x").unwrap(), b"x");
    }
}
