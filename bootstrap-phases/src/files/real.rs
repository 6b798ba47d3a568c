//! Files on a disk, below a root folder.

mod known;

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::Write,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    sync::Arc,
};

use self::known::Known;
use super::{FileError, FileErrorKind, FileKind, Files, Owner, Stat, path};

/// The files of a disk, seen from a root folder: `StdFiles::new("/")`, or a scratch folder that needs no rights.
///
/// Links are resolved name by name inside the root, so a link to `/etc` in a scratch root leads to the scratch root's
/// `/etc`. This keeps phases inside the root on a tree that holds still; it is no fence against another process that
/// swaps folders for links in the meantime. What was found to be no link is taken for none for 50 ms more.
#[derive(Clone, Debug)]
pub struct StdFiles {
    root: PathBuf,
    waits: bool,
    known: Arc<Known>,
}

impl StdFiles {
    /// The tree below `root`, a folder that exists.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            waits: true,
            known: Arc::default(),
        }
    }

    /// The same tree, but nothing waits for the disk: faster, and what was written is as safe as what kubeadm writes. For roots that
    /// are made anew when the power fails, such as the image of a machine; a run that is killed can still be resumed.
    #[must_use]
    pub fn without_sync(mut self) -> Self {
        self.waits = false;
        self
    }

    /// The root folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a path lies on the disk, with all links followed.
    fn place(&self, path: &str) -> Result<PathBuf, FileError> {
        Ok(self.join(&self.resolve(path)?))
    }

    /// The path with all links but one at its end followed.
    fn resolve_entry(&self, path: &str) -> Result<String, FileError> {
        path::resolve(path, false, &|path| self.link_target(path))
    }

    /// Where a name lies that is made: any but the root's own.
    fn new_entry(&self, path: &str) -> Result<PathBuf, FileError> {
        match self.resolve_entry(path)?.as_str() {
            "/" => Err(FileError::new("create", path, FileErrorKind::AlreadyExists)),
            resolved => Ok(self.join(resolved)),
        }
    }

    fn join(&self, resolved: &str) -> PathBuf {
        self.root.join(resolved.trim_start_matches('/'))
    }
}

impl Files for StdFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        fs::read(self.place(path)?).map_err(|error| FileError::from_io("read", path, &error))
    }

    fn link_stat(&self, path: &str) -> Result<Option<Stat>, FileError> {
        match fs::symlink_metadata(self.join(&self.resolve_entry(path)?)) {
            Ok(metadata) => Ok(Some(stat_of(&metadata))),
            Err(error) => match FileError::from_io("stat", path, &error) {
                error if is_absent(&error) => Ok(None),
                error => Err(error),
            },
        }
    }

    fn link_target(&self, path: &str) -> Result<Option<String>, FileError> {
        if self.known.is_no_link(path) {
            return Ok(None);
        }
        let target = match fs::read_link(self.join(path)) {
            Ok(target) => target,
            // Not a link, in Unix's words.
            Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
                self.known.add(path);
                return Ok(None);
            }
            Err(error) => match FileError::from_io("resolve", path, &error) {
                error if is_absent(&error) => return Ok(None),
                error => return Err(error),
            },
        };
        let target = target.into_os_string().into_string();
        target
            .map(Some)
            .map_err(|_| FileError::new("resolve", path, FileErrorKind::InvalidPath))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        let fail = |error| FileError::from_io("list", path, &error);
        let mut names = Vec::new();
        for entry in fs::read_dir(self.place(path)?).map_err(fail)? {
            let name = entry.map_err(fail)?.file_name().into_string();
            names.push(name.map_err(|_| FileError::new("list", path, FileErrorKind::InvalidPath))?);
        }
        names.sort_unstable();
        Ok(names)
    }

    fn create_dir(&self, path: &str, mode: u32) -> Result<(), FileError> {
        let fail = |error| FileError::from_io("create", path, &error);
        let place = self.new_entry(path)?;
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&place)
            .map_err(fail)?;
        fs::set_permissions(&place, Permissions::from_mode(mode)).map_err(fail)
    }

    fn create_file(&self, path: &str, content: &[u8], mode: u32) -> Result<(), FileError> {
        let fail = |error| FileError::from_io("create", path, &error);
        let place = self.new_entry(path)?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600 & mode)
            .open(place)
            .map_err(fail)?;
        file.write_all(content).map_err(fail)?;
        file.set_permissions(Permissions::from_mode(mode))
            .map_err(fail)?;
        if self.waits {
            file.sync_all().map_err(fail)?;
        }
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        let (source, target) = (self.resolve_entry(from)?, self.resolve_entry(to)?);
        if source == "/" || target == "/" {
            return Err(FileError::new("rename", from, FileErrorKind::InvalidPath));
        }
        let renamed = fs::rename(self.join(&source), self.join(&target));
        self.known.forget(&source);
        self.known.forget(&target);
        renamed.map_err(|error| FileError::from_io("rename", from, &error))
    }

    fn set_mode(&self, path: &str, mode: u32) -> Result<(), FileError> {
        fs::set_permissions(self.place(path)?, Permissions::from_mode(mode))
            .map_err(|error| FileError::from_io("set mode", path, &error))
    }

    fn set_owner(&self, path: &str, owner: Owner) -> Result<(), FileError> {
        chown(self.place(path)?, Some(owner.uid), Some(owner.gid))
            .map_err(|error| FileError::from_io("set owner", path, &error))
    }

    fn remove(&self, path: &str) -> Result<(), FileError> {
        let fail = |error| FileError::from_io("remove", path, &error);
        let resolved = self.resolve_entry(path)?;
        if resolved == "/" {
            return Err(FileError::new("remove", path, FileErrorKind::InvalidPath));
        }
        let place = self.join(&resolved);
        let removed = if fs::symlink_metadata(&place).map_err(fail)?.is_dir() {
            fs::remove_dir(place)
        } else {
            fs::remove_file(place)
        };
        self.known.forget(&resolved);
        removed.map_err(fail)
    }

    fn sync_dir(&self, path: &str) -> Result<(), FileError> {
        let sync = |folder: File| {
            if self.waits {
                folder.sync_all()
            } else {
                Ok(())
            }
        };
        File::open(self.place(path)?)
            .and_then(sync)
            .map_err(|error| FileError::from_io("sync", path, &error))
    }
}

fn is_absent(error: &FileError) -> bool {
    matches!(
        error.kind,
        FileErrorKind::NotFound | FileErrorKind::NotADirectory
    )
}

fn stat_of(metadata: &fs::Metadata) -> Stat {
    let kind = match metadata.file_type() {
        kind if kind.is_file() => FileKind::File,
        kind if kind.is_dir() => FileKind::Directory,
        kind if kind.is_symlink() => FileKind::Link,
        _ => FileKind::Other,
    };
    Stat {
        kind,
        mode: metadata.mode() & 0o7777,
        owner: Owner {
            uid: metadata.uid(),
            gid: metadata.gid(),
        },
        size: if kind == FileKind::File {
            metadata.len()
        } else {
            0
        },
    }
}
