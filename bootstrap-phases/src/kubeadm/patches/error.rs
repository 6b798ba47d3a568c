//! What can be wrong with a folder of patches.

use std::{error::Error, fmt};

use apply_semantics::patch::PatchError;
use componentconfig::Report;

use crate::{FileError, FileErrorKind, PhaseError};

/// A folder of patches that cannot be used: the file, and what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PatchesError {
    /// The file, or the folder itself.
    pub path: String,
    /// What is wrong with it.
    pub fault: PatchesFault,
}

/// What is wrong with a folder of patches.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PatchesFault {
    /// It cannot be read.
    Unreadable(FileError),
    /// The name has a type of patch that does not exist.
    UnknownType,
    /// Patches are asked for what cannot be patched; the path is its name.
    UnknownTarget,
    /// The file is no UTF-8.
    NotText,
    /// The file is no YAML.
    Yaml(Report),
    /// A patch does not fit what it is for.
    Apply {
        /// Which of the file's patches, from 1 on.
        number: usize,
        /// Why not.
        error: PatchError,
    },
}

impl PatchesError {
    pub(super) fn new(path: &str, fault: PatchesFault) -> Self {
        Self {
            path: path.to_owned(),
            fault,
        }
    }
}

impl fmt::Display for PatchesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.fault {
            PatchesFault::Unreadable(error) => error.fmt(f),
            PatchesFault::UnknownType => {
                write!(
                    f,
                    "{path}: the type after '+' has to be json, merge or strategic"
                )
            }
            PatchesFault::UnknownTarget => write!(f, "{path:?} cannot be patched"),
            PatchesFault::NotText => write!(f, "{path}: not UTF-8"),
            PatchesFault::Yaml(report) => report.fmt(f),
            PatchesFault::Apply { number, error } => write!(f, "{path}: patch {number}: {error}"),
        }
    }
}

impl Error for PatchesError {}

impl From<PatchesError> for PhaseError {
    fn from(error: PatchesError) -> Self {
        let missing = matches!(
            &error.fault,
            PatchesFault::Unreadable(FileError {
                kind: FileErrorKind::NotFound,
                ..
            })
        );
        let code = if missing {
            "patches.missing"
        } else {
            "patches.unusable"
        };
        Self::invalid(code, error.to_string())
    }
}
