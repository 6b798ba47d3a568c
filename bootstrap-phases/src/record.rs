//! Changes as events and journals tell them: without contents.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Change, Digest, EffectRecord, Owner};

/// A [`Change`] without the content of files: their digest and size stand for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are those of `Change`")]
pub enum ChangeRecord {
    /// A folder is made.
    CreateDir {
        path: String,
        mode: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
    },
    /// A file is written.
    WriteFile {
        path: String,
        mode: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
        sha256: Digest,
        size: u64,
    },
    /// Permission bits are set.
    SetMode { path: String, mode: u32 },
    /// User and group are set.
    SetOwner { path: String, owner: Owner },
    /// Something is removed.
    Remove { path: String, keep_root: bool },
    /// A folder is removed if nothing is in it.
    RemoveDir { path: String },
    /// Something else is done.
    Effect(EffectRecord),
}

impl ChangeRecord {
    /// The path that is different afterwards; for an effect, what it is about.
    pub fn path(&self) -> &str {
        match self {
            Self::CreateDir { path, .. }
            | Self::WriteFile { path, .. }
            | Self::SetMode { path, .. }
            | Self::SetOwner { path, .. }
            | Self::Remove { path, .. }
            | Self::RemoveDir { path } => path,
            Self::Effect(effect) => &effect.target,
        }
    }
}

impl From<&Change> for ChangeRecord {
    fn from(change: &Change) -> Self {
        match change.clone() {
            Change::CreateDir { path, mode, owner } => Self::CreateDir { path, mode, owner },
            Change::WriteFile {
                path,
                mode,
                owner,
                content,
            } => Self::WriteFile {
                path,
                mode,
                owner,
                sha256: content.digest(),
                size: content.bytes().len() as u64,
            },
            Change::SetMode { path, mode } => Self::SetMode { path, mode },
            Change::SetOwner { path, owner } => Self::SetOwner { path, owner },
            Change::Remove { path, keep_root } => Self::Remove { path, keep_root },
            Change::RemoveDir { path } => Self::RemoveDir { path },
            Change::Effect(effect) => Self::Effect((&effect).into()),
        }
    }
}

impl fmt::Display for ChangeRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateDir { path, mode, .. } => write!(f, "create folder {path} ({mode:04o})"),
            Self::WriteFile {
                path, mode, size, ..
            } => write!(f, "write {path} ({mode:04o}, {size} bytes)"),
            Self::SetMode { path, mode } => write!(f, "set mode of {path} to {mode:04o}"),
            Self::SetOwner { path, owner } => {
                write!(f, "set owner of {path} to {}:{}", owner.uid, owner.gid)
            }
            Self::Remove {
                path,
                keep_root: false,
            } => write!(f, "remove {path}"),
            Self::Remove { path, .. } => write!(f, "empty {path}"),
            Self::RemoveDir { path } => write!(f, "remove folder {path} if it is empty"),
            Self::Effect(effect) => effect.fmt(f),
        }
    }
}
