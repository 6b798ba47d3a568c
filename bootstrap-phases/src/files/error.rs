//! What can go wrong with a file.

use std::{error::Error, fmt, io};

/// A file operation that failed: which, on which path, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileError {
    /// What was tried: `read`, `create`, `rename`, ...
    pub operation: &'static str,
    /// The path it was tried on, as the caller gave it.
    pub path: String,
    /// Why it failed.
    pub kind: FileErrorKind,
}

/// Why a file operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileErrorKind {
    /// There is nothing at this path.
    NotFound,
    /// There is something at this path already.
    AlreadyExists,
    /// A part of the path, or the path itself, is no folder.
    NotADirectory,
    /// The path is a folder.
    IsADirectory,
    /// The folder has entries.
    NotEmpty,
    /// The operating system refuses.
    Denied,
    /// The path passes through more than 40 links.
    LinkLoop,
    /// The path is empty, holds a NUL, or names the root where that makes no sense.
    InvalidPath,
    /// Interrupted or timed out: trying again may help.
    Transient(String),
    /// Anything else, in the words of the operating system.
    Other(String),
}

impl FileError {
    /// An error of one operation on one path. Implementations of [`Files`](super::Files) make these.
    pub fn new(operation: &'static str, path: &str, kind: FileErrorKind) -> Self {
        Self {
            operation,
            path: path.to_owned(),
            kind,
        }
    }

    /// An error of the operating system.
    pub fn from_io(operation: &'static str, path: &str, error: &io::Error) -> Self {
        use io::ErrorKind as Io;
        let kind = match error.kind() {
            Io::NotFound => FileErrorKind::NotFound,
            Io::AlreadyExists => FileErrorKind::AlreadyExists,
            Io::NotADirectory => FileErrorKind::NotADirectory,
            Io::IsADirectory => FileErrorKind::IsADirectory,
            Io::DirectoryNotEmpty => FileErrorKind::NotEmpty,
            Io::PermissionDenied | Io::ReadOnlyFilesystem => FileErrorKind::Denied,
            Io::InvalidInput | Io::InvalidFilename => FileErrorKind::InvalidPath,
            Io::Interrupted | Io::TimedOut | Io::WouldBlock | Io::ResourceBusy => {
                FileErrorKind::Transient(error.to_string())
            }
            _ => FileErrorKind::Other(error.to_string()),
        };
        Self::new(operation, path, kind)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.operation, self.path, self.kind)
    }
}

impl fmt::Display for FileErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not found",
            Self::AlreadyExists => "already exists",
            Self::NotADirectory => "not a directory",
            Self::IsADirectory => "is a directory",
            Self::NotEmpty => "directory is not empty",
            Self::Denied => "permission denied",
            Self::LinkLoop => "too many levels of symbolic links",
            Self::InvalidPath => "invalid path",
            Self::Transient(text) | Self::Other(text) => text,
        })
    }
}

impl Error for FileError {}
