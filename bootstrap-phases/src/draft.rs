//! Plans by saying what is wanted: only what differs becomes a change.

use std::fmt;

use crate::{
    Change, Content, Effect, FileError, FileErrorKind, Files, Note, Owner, PhaseError, Plan, Stat,
    files,
};

/// A plan in the making. Each method looks at the files and adds a change only where they differ from what is wanted.
pub struct Draft<'a> {
    files: &'a dyn Files,
    plan: Plan,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(files: &'a dyn Files) -> Self {
        Self {
            files,
            plan: Plan::default(),
        }
    }

    /// Wants a folder; makes it and those above it that are missing with this mode, and leaves existing ones as they are.
    ///
    /// # Errors
    /// Something that is no folder is in the way, or the look is refused.
    pub fn dir(&mut self, path: &str, mode: u32) -> Result<&mut Self, PhaseError> {
        for path in files::missing_dirs(self.files, path)? {
            let change = Change::CreateDir {
                path,
                mode,
                owner: None,
            };
            if !self
                .plan
                .changes
                .iter()
                .any(|made| made.path() == change.path())
            {
                self.plan.changes.push(change);
            }
        }
        Ok(self)
    }

    /// Wants a file with this content and mode. Its folder is there or was wanted before.
    ///
    /// # Errors
    /// Something that is no file is there, or the look is refused.
    pub fn file(
        &mut self,
        path: &str,
        mode: u32,
        content: Content,
    ) -> Result<&mut Self, PhaseError> {
        self.file_of(path, mode, None, content)
    }

    /// Wants a file with this content, mode and owner. Its folder is there or was wanted before.
    ///
    /// # Errors
    /// Something that is no file is there, or the look is refused.
    pub fn owned_file(
        &mut self,
        path: &str,
        mode: u32,
        owner: Owner,
        content: Content,
    ) -> Result<&mut Self, PhaseError> {
        self.file_of(path, mode, Some(owner), content)
    }

    /// Wants nothing at this path: no file, no link, no folder with all below it.
    ///
    /// # Errors
    /// The look is refused.
    pub fn absent(&mut self, path: &str) -> Result<&mut Self, PhaseError> {
        if self.files.link_stat(path)?.is_some() {
            self.plan.changes.push(Change::Remove {
                path: path.to_owned(),
                keep_root: false,
            });
        }
        Ok(self)
    }

    /// Wants nothing in this folder; the folder itself stays, and need not be there.
    ///
    /// # Errors
    /// It is no folder, or the look is refused.
    pub fn empty_dir(&mut self, path: &str) -> Result<&mut Self, PhaseError> {
        if self.files.stat(path)?.is_some() && !self.files.list(path)?.is_empty() {
            self.plan.changes.push(Change::Remove {
                path: path.to_owned(),
                keep_root: true,
            });
        }
        Ok(self)
    }

    /// Wants exactly this mode of something that is there.
    ///
    /// # Errors
    /// Nothing is there, or the look is refused.
    pub fn mode(&mut self, path: &str, mode: u32) -> Result<&mut Self, PhaseError> {
        if self.demand(path)?.mode != mode {
            self.plan.changes.push(Change::SetMode {
                path: path.to_owned(),
                mode,
            });
        }
        Ok(self)
    }

    /// Wants exactly this user and group of something that is there.
    ///
    /// # Errors
    /// Nothing is there, or the look is refused.
    pub fn owner(&mut self, path: &str, owner: Owner) -> Result<&mut Self, PhaseError> {
        if self.demand(path)?.owner != owner {
            self.plan.changes.push(Change::SetOwner {
                path: path.to_owned(),
                owner,
            });
        }
        Ok(self)
    }

    /// Wants something done beyond files.
    pub fn effect(&mut self, effect: Effect) -> &mut Self {
        self.push(Change::Effect(effect))
    }

    /// Adds a change whatever the files look like.
    pub fn push(&mut self, change: Change) -> &mut Self {
        self.plan.changes.push(change);
        self
    }

    /// Adds a remark.
    pub fn note(&mut self, note: Note) -> &mut Self {
        self.plan.notes.push(note);
        self
    }

    /// The plan.
    pub fn finish(self) -> Plan {
        self.plan
    }

    fn file_of(
        &mut self,
        path: &str,
        mode: u32,
        owner: Option<Owner>,
        content: Content,
    ) -> Result<&mut Self, PhaseError> {
        if let Some(stat) = self.files.stat(path)? {
            if !stat.is_file() {
                return Err(FileError::new("write", path, FileErrorKind::IsADirectory).into());
            }
            if self.same_content(path, &stat, &content)? {
                self.mode(path, mode)?;
                if let Some(owner) = owner {
                    self.owner(path, owner)?;
                }
                return Ok(self);
            }
        }
        self.plan.changes.push(Change::WriteFile {
            path: path.to_owned(),
            mode,
            owner,
            content,
        });
        Ok(self)
    }

    fn same_content(&self, path: &str, stat: &Stat, content: &Content) -> Result<bool, FileError> {
        Ok(stat.size == content.bytes().len() as u64 && self.files.read(path)? == content.bytes())
    }

    fn demand(&self, path: &str) -> Result<Stat, FileError> {
        self.files
            .stat(path)?
            .ok_or_else(|| FileError::new("stat", path, FileErrorKind::NotFound))
    }
}

impl fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Draft").field(&self.plan).finish()
    }
}
