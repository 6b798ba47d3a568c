//! A disk that forgets what nobody waited for.

use std::sync::{Mutex, PoisonError};

use crate::{FileError, Files, MemFiles, Owner, Stat, files::parent};

/// Files in memory with a power switch: names, modes and owners that were changed in a folder are only sure to be there after
/// [`Files::sync_dir`] of that folder.
///
/// This is what POSIX promises and no more: contents are on the disk when `create_file` returns, names are not. What was not
/// waited for is lost folder by folder, from the end.
#[derive(Debug)]
pub struct LossyFiles {
    /// What everybody sees.
    now: MemFiles,
    disk: Mutex<Disk>,
}

#[derive(Debug)]
struct Disk {
    /// What is sure to be there.
    sure: MemFiles,
    /// What happened since, in order.
    pending: Vec<Pending>,
}

#[derive(Clone, Debug)]
struct Pending {
    folder: String,
    operation: Operation,
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
            disk: Mutex::new(Disk {
                sure: tree,
                pending: Vec::new(),
            }),
        }
    }

    /// The tree after the power fails now. For each folder with changes nobody waited for, `keep` is told the folder and how
    /// many there are, and says how many of them, from the oldest, reached the disk.
    pub fn power_loss(&self, mut keep: impl FnMut(&str, usize) -> usize) -> MemFiles {
        let disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        let mut folders: Vec<(&str, usize)> = Vec::new();
        for pending in &disk.pending {
            match folders
                .iter_mut()
                .find(|(folder, _)| *folder == pending.folder)
            {
                Some((_, count)) => *count += 1,
                None => folders.push((&pending.folder, 1)),
            }
        }
        for (folder, count) in &mut folders {
            *count = keep(folder, *count).min(*count);
        }
        let tree = disk.sure.clone();
        for pending in &disk.pending {
            let left = folders
                .iter_mut()
                .find(|(folder, _)| *folder == pending.folder);
            if let Some((_, count)) = left.filter(|(_, count)| *count > 0) {
                *count -= 1;
                // What builds on something lost is lost with it.
                let _ = pending.operation.apply(&tree);
            }
        }
        tree
    }

    fn act(&self, path: &str, operation: Operation) -> Result<(), FileError> {
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.now.resolve(&parent(path))?;
        operation.apply(&self.now)?;
        disk.pending.push(Pending { folder, operation });
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

    /// Waits for the folder's names, and for those of the folders above it, without which it would not be found.
    fn sync_dir(&self, path: &str) -> Result<(), FileError> {
        self.now.sync_dir(path)?;
        let folder = self.now.resolve(path)?;
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        let above = |pending: &Pending| {
            folder == pending.folder
                || folder.starts_with(&crate::files::child(&pending.folder, ""))
        };
        let (sure, pending): (Vec<_>, Vec<_>) = disk.pending.drain(..).partition(above);
        disk.pending = pending;
        for done in sure {
            // What was made in a folder that is gone again went with it.
            let _ = done.operation.apply(&disk.sure);
        }
        Ok(())
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
    fn a_folder_that_is_waited_for_is_found() {
        let disk = LossyFiles::new(MemFiles::new());
        disk.create_dir_all("/a/b", 0o755).unwrap();
        disk.create_file("/a/b/x", b"x", 0o600).unwrap();
        disk.create_file("/y", b"y", 0o600).unwrap();
        disk.sync_dir("/a/b").unwrap();
        let tree = disk.power_loss(|_, _| 0);
        assert_eq!(tree.read("/a/b/x").unwrap(), b"x");
    }
}
