//! The files a phase may touch: a tree below a root, with modes and owners.
//!
//! [`StdFiles`] is the real one, [`MemFiles`] the one for tests, [`Overlay`] the one of a dry run: it reads through to
//! another and keeps what would be written in memory. The operations that change something are few and small on purpose;
//! each is one durable step of a run, and the only places a run can be cut at.

mod error;
mod mem;
mod overlay;
mod path;
#[cfg(unix)]
mod real;

pub use error::{FileError, FileErrorKind};
pub use mem::MemFiles;
pub use overlay::Overlay;
#[cfg(unix)]
pub use real::StdFiles;

use serde::{Deserialize, Serialize};

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stat {
    /// File, folder or link.
    pub kind: FileKind,
    /// Permission bits, `0o7777` at most.
    pub mode: u32,
    /// User and group.
    pub owner: Owner,
    /// Bytes of a file; 0 for anything else.
    pub size: u64,
}

/// The kind of a thing in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A symbolic link.
    Link,
    /// A socket, a device, a pipe.
    Other,
}

/// User and group by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

impl Stat {
    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.kind == FileKind::File
    }

    /// Whether it is a folder.
    pub fn is_dir(&self) -> bool {
        self.kind == FileKind::Directory
    }
}

/// A rooted tree of files. Paths use slashes and start at the root: `/etc/kubernetes/pki/ca.crt`.
///
/// `..` stops at the root and links are followed inside the root, as for a process in a `chroot`. Modes are exact: no umask
/// applies. Every method answers the path it was given in its errors.
pub trait Files: Send + Sync {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Nothing there, no regular file, or refused.
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError>;

    /// What is at a path, a link at its end not followed; `None` when nothing is.
    ///
    /// # Errors
    /// Refused, or a loop of links in the folders above.
    fn link_stat(&self, path: &str) -> Result<Option<Stat>, FileError>;

    /// The target of a link; `None` when there is no link at this path. The folders of `path` hold no links.
    ///
    /// This is what [`resolve`](Files::resolve) is made of.
    ///
    /// # Errors
    /// Refused.
    fn link_target(&self, path: &str) -> Result<Option<String>, FileError>;

    /// The names in a folder, sorted.
    ///
    /// # Errors
    /// Nothing there, no folder, or refused.
    fn list(&self, path: &str) -> Result<Vec<String>, FileError>;

    /// Makes one folder with exactly this mode. The folder above must be there.
    ///
    /// # Errors
    /// Something is there already, the folder above is not, or refused.
    fn create_dir(&self, path: &str, mode: u32) -> Result<(), FileError>;

    /// Makes a new file with this content and exactly this mode; the content is on the disk when this returns.
    ///
    /// The file is never readable by others than its owner before it has its mode.
    ///
    /// # Errors
    /// Something is there already (a link included), the folder is not, or refused.
    fn create_file(&self, path: &str, content: &[u8], mode: u32) -> Result<(), FileError>;

    /// Gives a file or folder another name, replacing a file that has it. Links at the end of either path are not followed.
    ///
    /// # Errors
    /// Nothing at `from`, a folder that is not empty at `to`, or refused.
    fn rename(&self, from: &str, to: &str) -> Result<(), FileError>;

    /// Sets the permission bits of a file or folder; links are followed.
    ///
    /// # Errors
    /// Nothing there, or refused.
    fn set_mode(&self, path: &str, mode: u32) -> Result<(), FileError>;

    /// Sets user and group of a file or folder; links are followed.
    ///
    /// # Errors
    /// Nothing there, or refused.
    fn set_owner(&self, path: &str, owner: Owner) -> Result<(), FileError>;

    /// Removes a file, a link (not what it points to), or an empty folder.
    ///
    /// # Errors
    /// Nothing there, a folder with entries, or refused.
    fn remove(&self, path: &str) -> Result<(), FileError>;

    /// Waits until names made, changed or removed in this folder are on the disk.
    ///
    /// # Errors
    /// No folder there, or the disk fails.
    fn sync_dir(&self, path: &str) -> Result<(), FileError>;

    /// The path with all links followed; parts that do not exist are taken as they stand.
    ///
    /// # Errors
    /// An empty path, a path through more than 40 links, or refused.
    fn resolve(&self, path: &str) -> Result<String, FileError> {
        path::resolve(path, true, &|path| self.link_target(path))
    }

    /// What is at a path, links followed; `None` when nothing is.
    ///
    /// # Errors
    /// See [`resolve`](Files::resolve).
    fn stat(&self, path: &str) -> Result<Option<Stat>, FileError> {
        self.link_stat(&self.resolve(path)?)
    }

    /// The bytes of a file, or `None` when nothing is there.
    ///
    /// # Errors
    /// No regular file, or refused.
    fn read_if_exists(&self, path: &str) -> Result<Option<Vec<u8>>, FileError> {
        match self.read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind == FileErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the file at this path is only planned: made by an earlier phase of a dry run, and not there yet.
    ///
    /// # Errors
    /// See [`resolve`](Files::resolve).
    fn is_planned(&self, path: &str) -> Result<bool, FileError> {
        let _ = path;
        Ok(false)
    }

    /// Makes a folder and those above it that are missing, all with this mode; leaves existing ones as they are.
    ///
    /// # Errors
    /// Something that is no folder is in the way, or refused.
    fn create_dir_all(&self, path: &str, mode: u32) -> Result<(), FileError> {
        for folder in missing_dirs(self, path)? {
            self.create_dir(&folder, mode)?;
        }
        Ok(())
    }

    /// Replaces a file in one step: whoever reads sees the old content or the new one. A link is followed and stays.
    ///
    /// The content is first written to a new file in the same folder that only the owner can read, which then takes mode
    /// and name. Owner and group are those of the process.
    ///
    /// # Errors
    /// The folder is not there, a folder is at `path`, or refused.
    fn write_atomic(&self, path: &str, content: &[u8], mode: u32) -> Result<(), FileError> {
        let target = self.resolve(path)?;
        let (folder, name) = path::split(&target)
            .ok_or_else(|| FileError::new("write", path, FileErrorKind::InvalidPath))?;
        let staged = stage_somewhere(self, &folder, &name, content)?;
        let renamed = self
            .set_mode(&staged, mode)
            .and_then(|()| self.rename(&staged, &target));
        if let Err(error) = renamed {
            // The first error is the one to tell; a temporary file that cannot be removed either is 0600.
            let _ = self.remove(&staged);
            return Err(error);
        }
        self.sync_dir(&folder)
    }

    /// Removes a folder with all below it (links are removed, not followed), or only what is in it.
    ///
    /// Nothing there is no error. A link at the end of `path` is followed with `keep_root`, removed without.
    ///
    /// # Errors
    /// Refused; what was removed before stays removed.
    fn remove_tree(&self, path: &str, keep_root: bool) -> Result<(), FileError> {
        let path = if keep_root {
            self.resolve(path)?
        } else {
            path.to_owned()
        };
        let Some(stat) = self.link_stat(&path)? else {
            return Ok(());
        };
        if stat.is_dir() {
            for name in self.list(&path)? {
                self.remove_tree(&child(&path, &name), false)?;
            }
        }
        if keep_root {
            Ok(())
        } else {
            self.remove(&path)
        }
    }
}

/// The folders of a path that are missing, outermost first, the path itself included.
pub(crate) fn missing_dirs<F: Files + ?Sized>(
    files: &F,
    path: &str,
) -> Result<Vec<String>, FileError> {
    let mut missing = Vec::new();
    let mut here = Some(files.resolve(path)?);
    while let Some(folder) = here {
        match files.link_stat(&folder)? {
            Some(stat) if stat.is_dir() => break,
            Some(_) => {
                return Err(FileError::new("create", path, FileErrorKind::NotADirectory));
            }
            None => {}
        }
        here = path::split(&folder).map(|(above, _)| above);
        missing.push(folder);
    }
    missing.reverse();
    Ok(missing)
}

/// `folder/name`, for a folder that may be the root.
pub(crate) fn child(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

/// The folder of a path; the root's is the root.
pub(crate) fn parent(path: &str) -> String {
    path::split(path).map_or_else(|| "/".to_owned(), |(folder, _)| folder)
}

/// The one spelling of a path: absolute, no `.`, `..` or doubled slash; links are not looked at.
pub fn clean_path(path: &str) -> String {
    path::clean(path)
}

fn stage_somewhere<F: Files + ?Sized>(
    files: &F,
    folder: &str,
    name: &str,
    content: &[u8],
) -> Result<String, FileError> {
    const PRIVATE: u32 = 0o600;
    let mut attempt = 0_u8;
    loop {
        let staged = child(folder, &format!(".{name}.{attempt}.tmp"));
        match files.create_file(&staged, content, PRIVATE) {
            Err(error) if error.kind == FileErrorKind::AlreadyExists && attempt < 99 => {
                attempt += 1;
            }
            outcome => return outcome.map(|()| staged),
        }
    }
}

#[cfg(test)]
mod tests;
