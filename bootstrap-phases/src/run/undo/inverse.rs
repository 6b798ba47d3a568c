//! What takes back what a phase did.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{port_of, work},
    Undoing,
    past::Group,
};
use crate::{
    Change, ChangeRecord, Content, Digest, Effect, EffectRecord, FileError, FileKind, Files,
    Outlook, Overlay, Owner, PhaseError, Stat, clean_path,
    journal::{Step, Was},
};

/// Changes that take back those of a phase, as far as it is not as before.
#[derive(Default)]
pub(super) struct Inverse {
    pub(super) changes: Vec<Change>,
    /// What somebody changed since.
    pub(super) changed: Vec<String>,
    /// What cannot be taken back, and why.
    pub(super) left: Vec<String>,
}

/// Goes back step by step, over what the steps before would leave.
struct Back<'a> {
    files: Overlay<'a>,
    undoing: &'a Undoing<'a>,
    inverse: Inverse,
    /// Mode and owner that later steps of the phase gave to a file that it wrote.
    later: BTreeMap<String, (Option<u32>, Option<Owner>)>,
}

impl Inverse {
    pub(super) fn of(
        group: &Group,
        files: &dyn Files,
        undoing: &Undoing<'_>,
    ) -> Result<Self, PhaseError> {
        let mut back = Back {
            files: Overlay::new(files),
            undoing,
            inverse: Self::default(),
            later: BTreeMap::new(),
        };
        for step in group.steps.iter().rev() {
            back.step(step)?;
        }
        back.temps(group)?;
        for step in group.folders.iter().rev() {
            back.step(step)?;
        }
        Ok(back.inverse.pruned())
    }

    /// Without what is done to paths that go.
    fn pruned(mut self) -> Self {
        let removed: BTreeSet<String> = self
            .changes
            .iter()
            .filter(|change| matches!(change, Change::Remove { .. }))
            .map(|change| clean_path(change.path()))
            .collect();
        self.changes.retain(|change| match change {
            Change::SetMode { path, .. } | Change::SetOwner { path, .. } => {
                !removed.contains(&clean_path(path))
            }
            _ => true,
        });
        self
    }
}

impl Back<'_> {
    fn push(&mut self, change: Change) -> Result<(), PhaseError> {
        apply(&self.files, &change)?;
        self.inverse.changes.push(change);
        Ok(())
    }

    /// Whether something is to be done though it is not as the phase left it; if not, it is told.
    fn by_force(&mut self, what: &str) -> bool {
        if !self.undoing.force {
            self.inverse.changed.push(what.to_owned());
        }
        self.undoing.force
    }

    fn step(&mut self, step: &Step) -> Result<(), PhaseError> {
        if let ChangeRecord::Effect(effect) = &step.change {
            return self.effect(effect);
        }
        let Some(was) = &step.was else {
            self.inverse.left.push(step.change.to_string());
            return Ok(());
        };
        match &step.change {
            ChangeRecord::CreateDir { path, .. } if was.is_empty() => {
                match self.files.link_stat(path)? {
                    Some(stat) if stat.is_dir() => {
                        self.push(Change::RemoveDir { path: path.clone() })
                    }
                    _ => Ok(()),
                }
            }
            ChangeRecord::CreateDir { path, mode, owner } => {
                self.mode(path, *mode, was)?;
                owner.map_or(Ok(()), |owner| self.owner(path, owner, was))
            }
            ChangeRecord::WriteFile {
                path,
                mode,
                owner,
                sha256,
                ..
            } => self.file(path, (*mode, *owner, sha256), was.first()),
            ChangeRecord::SetMode { path, mode } => self.mode(path, *mode, was),
            ChangeRecord::SetOwner { path, owner } => self.owner(path, *owner, was),
            ChangeRecord::Remove { .. } | ChangeRecord::RemoveDir { .. } => {
                was.iter().try_for_each(|was| self.removed(was))
            }
            ChangeRecord::Effect(_) => Ok(()),
        }
    }

    /// What an interrupted phase has left.
    fn temps(&mut self, group: &Group) -> Result<(), PhaseError> {
        let copies: BTreeSet<&String> = group.copies().collect();
        for temp in &group.temps {
            if !copies.contains(temp) && self.files.link_stat(temp)?.is_some() {
                self.push(Change::Remove {
                    path: temp.clone(),
                    keep_root: false,
                })?;
            }
        }
        Ok(())
    }

    /// A file that was written.
    fn file(
        &mut self,
        path: &str,
        (mode, owner, sha256): (u32, Option<Owner>, &Digest),
        was: Option<&Was>,
    ) -> Result<(), PhaseError> {
        let now = self.files.link_stat(path)?;
        let as_before = match (was, &now) {
            (None, None) => true,
            (Some(was), Some(now)) => self.is_as_it_was(was, now)?,
            _ => false,
        };
        if as_before {
            return Ok(());
        }
        let (later_mode, later_owner) = self.later.remove(path).unwrap_or_default();
        let owner = later_owner.or(owner);
        let as_left = match &now {
            Some(now) => {
                now.mode == later_mode.unwrap_or(mode)
                    && owner.is_none_or(|owner| now.owner == owner)
                    && self.has(path, now, sha256)?
            }
            None => false,
        };
        if !as_left && !self.by_force(path) {
            return Ok(());
        }
        match was {
            Some(was) => self.bring_back(was),
            None if now.is_some() => self.push(Change::Remove {
                path: path.to_owned(),
                keep_root: false,
            }),
            None => Ok(()),
        }
    }

    fn has(&self, path: &str, now: &Stat, sha256: &Digest) -> Result<bool, FileError> {
        Ok(now.is_file() && Digest::of(&self.files.read(path)?) == *sha256)
    }

    fn is_as_it_was(&self, was: &Was, now: &Stat) -> Result<bool, FileError> {
        if (now.kind, now.mode, now.owner) != (was.kind, was.mode, was.owner) {
            return Ok(false);
        }
        match &was.sha256 {
            Some(sha256) => self.has(&was.path, now, sha256),
            None => Ok(true),
        }
    }

    /// Something that was removed.
    fn removed(&mut self, was: &Was) -> Result<(), PhaseError> {
        match self.files.link_stat(&was.path)? {
            None => self.bring_back(was),
            // Who owns a folder and what it allows may have been set since: it is there.
            Some(now) if now.is_dir() && was.kind == FileKind::Directory => Ok(()),
            Some(now) if self.is_as_it_was(was, &now)? => Ok(()),
            Some(_) if self.by_force(&was.path) => self.bring_back(was),
            Some(_) => Ok(()),
        }
    }

    fn bring_back(&mut self, was: &Was) -> Result<(), PhaseError> {
        let (path, mode, owner) = (was.path.clone(), was.mode, Some(was.owner));
        match was.kind {
            FileKind::Directory => self.push(Change::CreateDir { path, mode, owner }),
            FileKind::File => {
                let Some(content) = self.copy_of(was)? else {
                    let text = format!("no copy of {path} as it was is kept");
                    self.inverse.left.push(text);
                    return Ok(());
                };
                self.push(Change::WriteFile {
                    path,
                    mode,
                    owner,
                    content,
                })
            }
            FileKind::Link | FileKind::Other => {
                let text = format!("{path} was neither a file nor a folder");
                self.inverse.left.push(text);
                Ok(())
            }
        }
    }

    /// The content of a file as it was, if there is a copy that is not damaged.
    fn copy_of(&self, was: &Was) -> Result<Option<Content>, FileError> {
        let Some(kept) = &was.kept else {
            return Ok(None);
        };
        let content = self.files.read_if_exists(kept)?;
        let content = content.filter(|content| Some(Digest::of(content)) == was.sha256);
        Ok(content.map(Content::secret))
    }

    fn mode(&mut self, path: &str, mode: u32, was: &[Was]) -> Result<(), PhaseError> {
        let Some(was) = was.first() else {
            let place = self.files.resolve(path)?;
            self.later.entry(place).or_default().0.get_or_insert(mode);
            return Ok(());
        };
        match self.files.stat(path)? {
            Some(now) if now.mode == was.mode => Ok(()),
            Some(now) if now.mode == mode || self.by_force(path) => self.push(Change::SetMode {
                path: path.to_owned(),
                mode: was.mode,
            }),
            Some(_) => Ok(()),
            None => {
                self.by_force(path);
                Ok(())
            }
        }
    }

    fn owner(&mut self, path: &str, owner: Owner, was: &[Was]) -> Result<(), PhaseError> {
        let Some(was) = was.first() else {
            let place = self.files.resolve(path)?;
            self.later.entry(place).or_default().1.get_or_insert(owner);
            return Ok(());
        };
        match self.files.stat(path)? {
            Some(now) if now.owner == was.owner => Ok(()),
            Some(now) if now.owner == owner || self.by_force(path) => self.push(Change::SetOwner {
                path: path.to_owned(),
                owner: was.owner,
            }),
            Some(_) => Ok(()),
            None => {
                self.by_force(path);
                Ok(())
            }
        }
    }

    fn effect(&mut self, effect: &EffectRecord) -> Result<(), PhaseError> {
        let undo = effect.undo.as_deref().and_then(Effect::of_record);
        let Some(undo) = undo else {
            self.inverse.left.push(effect.title.clone());
            return Ok(());
        };
        match port_of(self.undoing.ports, &undo)?.outlook(&undo)? {
            Outlook::Settled => Ok(()),
            Outlook::Open => self.push(Change::Effect(undo)),
            Outlook::Changed(_) if self.undoing.force => self.push(Change::Effect(undo.forced())),
            Outlook::Changed(how) => {
                self.inverse
                    .changed
                    .push(format!("{} ({how})", effect.target));
                Ok(())
            }
        }
    }
}

/// Makes a change of files in memory.
pub(super) fn apply(files: &Overlay<'_>, change: &Change) -> Result<(), FileError> {
    let owned = |path: &str, owner: &Option<Owner>| match owner {
        Some(owner) => files.set_owner(path, *owner),
        None => Ok(()),
    };
    match change {
        Change::CreateDir { path, mode, owner } => {
            files.create_dir(path, *mode)?;
            owned(path, owner)
        }
        Change::WriteFile {
            path,
            mode,
            owner,
            content,
        } => {
            files.write_atomic(path, content.bytes(), *mode)?;
            owned(path, owner)
        }
        Change::SetMode { path, mode } => files.set_mode(path, *mode),
        Change::SetOwner { path, owner } => files.set_owner(path, *owner),
        Change::Remove { path, keep_root } => files.remove_tree(path, *keep_root),
        Change::RemoveDir { path } => work::remove_empty(files, path),
        Change::Effect(_) => Ok(()),
    }
}
