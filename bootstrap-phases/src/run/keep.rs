//! What was there before the changes of an undoable phase: written down, and copied to where the runner is told to keep it.

use std::collections::BTreeSet;

use super::work::{self, Staging};
use crate::{
    Change, Digest, FileError, FileErrorKind, FileKind, Files, Plan, Stat, clean_path,
    files::{child, missing_dirs, parent},
    journal::Was,
};

/// Mode of the folder of copies, and of those in it.
const PRIVATE_DIR: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

/// Looks at what is there before changes, and says where copies of files go.
pub(super) struct Keep<'a> {
    files: &'a dyn Files,
    folder: Option<&'a str>,
    /// Number of the next copy.
    next: u64,
}

impl<'a> Keep<'a> {
    /// Keeps copies in this folder, if there is one, beside those of earlier phases.
    pub(super) fn new(files: &'a dyn Files, folder: Option<&'a str>) -> Result<Self, FileError> {
        let mut next = 0;
        if let Some(folder) = folder
            && files.stat(folder)?.is_some()
        {
            let names = files.list(folder)?;
            let numbers = names.iter().filter_map(|name| name.parse::<u64>().ok());
            next = numbers.max().map_or(0, |last| last + 1);
        }
        Ok(Self {
            files,
            folder,
            next,
        })
    }

    /// What is there before each change of a plan.
    pub(super) fn look(
        &mut self,
        plan: &Plan,
        places: &[Option<Staging>],
    ) -> Result<Vec<Vec<Was>>, FileError> {
        let mut written = BTreeSet::new();
        let mut all = Vec::new();
        for (change, place) in plan.changes.iter().zip(places) {
            let was = self.before(change, place.as_ref(), &written)?;
            let is_new = matches!(change, Change::WriteFile { .. })
                || matches!(change, Change::CreateDir { .. }) && was.is_empty();
            if is_new {
                written.insert(clean_path(change.path()));
            }
            all.push(was);
        }
        Ok(all)
    }

    fn before(
        &mut self,
        change: &Change,
        place: Option<&Staging>,
        written: &BTreeSet<String>,
    ) -> Result<Vec<Was>, FileError> {
        match change {
            Change::CreateDir { path, .. } | Change::WriteFile { path, .. } => {
                let path = place.map_or(path, |place| &place.target);
                let there = self.files.link_stat(path)?;
                there
                    .into_iter()
                    .map(|stat| self.was(path, &stat))
                    .collect()
            }
            // Undoing the write of a file undoes what the same plan does to it.
            Change::SetMode { path, .. } | Change::SetOwner { path, .. }
                if written.contains(&clean_path(path)) =>
            {
                Ok(Vec::new())
            }
            Change::SetMode { path, .. } | Change::SetOwner { path, .. } => {
                let there = self.files.stat(path)?;
                Ok(there.iter().map(|stat| was(path, stat)).collect())
            }
            Change::Remove { path, keep_root } => {
                let root = if *keep_root {
                    self.files.resolve(path)?
                } else {
                    path.clone()
                };
                let mut tree = self.tree(&root)?;
                if *keep_root && !tree.is_empty() {
                    tree.remove(0);
                }
                Ok(tree)
            }
            Change::RemoveDir { path } => match self.files.link_stat(path)? {
                Some(stat) if stat.is_dir() && self.files.list(path)?.is_empty() => {
                    Ok(vec![was(path, &stat)])
                }
                _ => Ok(Vec::new()),
            },
            Change::Effect(_) => Ok(Vec::new()),
        }
    }

    /// All that is at a path, the outermost first.
    fn tree(&mut self, path: &str) -> Result<Vec<Was>, FileError> {
        let Some(stat) = self.files.link_stat(path)? else {
            return Ok(Vec::new());
        };
        let mut all = vec![self.was(path, &stat)?];
        if stat.is_dir() {
            for name in self.files.list(path)? {
                all.extend(self.tree(&child(path, &name))?);
            }
        }
        Ok(all)
    }

    /// Something that is there, with a copy to be made of a file.
    fn was(&mut self, path: &str, stat: &Stat) -> Result<Was, FileError> {
        let mut was = was(path, stat);
        if was.kind == FileKind::File {
            was.sha256 = Some(Digest::of(&self.files.read(path)?));
            was.kept = self
                .folder
                .map(|folder| child(folder, &format!("{:06}", self.next)));
            self.next += 1;
        }
        Ok(was)
    }
}

fn was(path: &str, stat: &Stat) -> Was {
    Was {
        path: path.to_owned(),
        kind: stat.kind,
        mode: stat.mode,
        owner: stat.owner,
        sha256: None,
        kept: None,
    }
}

/// Where copies are to be.
pub(super) fn copies(was: &[Was]) -> impl Iterator<Item = &String> {
    was.iter().filter_map(|was| was.kept.as_ref())
}

/// Makes the copies, readable by nobody else, and waits until they are on the disk.
pub(super) fn copy(files: &dyn Files, was: &[Vec<Was>]) -> Result<(), FileError> {
    let mut folders = BTreeSet::new();
    for was in was.iter().flatten() {
        let Some(kept) = &was.kept else { continue };
        let folder = parent(kept);
        make_folder(files, &folder)?;
        let content = files.read(&was.path)?;
        match files.create_file(kept, &content, PRIVATE_FILE) {
            // Left over from a run that forgot its journal.
            Err(error) if error.kind == FileErrorKind::AlreadyExists => {
                files.remove_tree(kept, false)?;
                files.create_file(kept, &content, PRIVATE_FILE)?;
            }
            outcome => outcome?,
        }
        folders.insert(folder);
    }
    folders.iter().try_for_each(|folder| files.sync_dir(folder))
}

fn make_folder(files: &dyn Files, folder: &str) -> Result<(), FileError> {
    for missing in missing_dirs(files, folder)? {
        files.create_dir(&missing, PRIVATE_DIR)?;
        files.sync_dir(&parent(&missing))?;
    }
    Ok(())
}

/// Forgets all copies in a folder, and the folder unless something else is in it.
pub(super) fn forget(files: &dyn Files, folder: &str) -> Result<(), FileError> {
    if !files.stat(folder)?.is_some_and(|stat| stat.is_dir()) {
        return Ok(());
    }
    for name in files.list(folder)? {
        if name.parse::<u64>().is_ok() {
            files.remove(&child(folder, &name))?;
        }
    }
    work::remove_empty(files, folder)?;
    files.sync_dir(&parent(folder))
}
