//! What a phase wants done, as data.

use std::fmt;

use serde::Serialize;

use crate::{ChangeRecord, Content, Effect, Owner};

/// One thing that is to be different. Dry run, diff, event, journal and run all come from this value.
///
/// Carrying the same change out twice gives the same tree as once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Change {
    /// Makes a folder with exactly this mode; the folder above is there or made by an earlier change.
    CreateDir {
        /// Path of the folder.
        path: String,
        /// Permission bits.
        mode: u32,
        /// User and group, if not those of the process.
        #[serde(skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
    },
    /// Writes a file in one step, with exactly this mode; replaces one that is there.
    WriteFile {
        /// Path of the file.
        path: String,
        /// Permission bits.
        mode: u32,
        /// User and group, if not those of the process.
        #[serde(skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
        /// What goes into it.
        content: Content,
    },
    /// Sets the permission bits of something that is there.
    SetMode {
        /// Path of a file or folder.
        path: String,
        /// Permission bits.
        mode: u32,
    },
    /// Sets user and group of something that is there.
    SetOwner {
        /// Path of a file or folder.
        path: String,
        /// User and group.
        owner: Owner,
    },
    /// Removes a file, a link, or a folder with all below it. Nothing there is no error.
    Remove {
        /// Path of what goes.
        path: String,
        /// Only what is in the folder goes, the folder stays.
        #[serde(rename = "keepRoot")]
        keep_root: bool,
    },
    /// Removes a folder if nothing is in it; else it stays. Nothing there is no error.
    RemoveDir {
        /// Path of the folder.
        path: String,
    },
    /// Does something that is no change of files.
    Effect(Effect),
}

impl Change {
    /// The path that is to be different; for an effect, what it is about.
    pub fn path(&self) -> &str {
        match self {
            Self::CreateDir { path, .. }
            | Self::WriteFile { path, .. }
            | Self::SetMode { path, .. }
            | Self::SetOwner { path, .. }
            | Self::Remove { path, .. }
            | Self::RemoveDir { path } => path,
            Self::Effect(effect) => effect.target(),
        }
    }

    /// The content to be written, for a [`Change::WriteFile`].
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::WriteFile { content, .. } => Some(content),
            _ => None,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ChangeRecord::from(self).fmt(f)
    }
}
