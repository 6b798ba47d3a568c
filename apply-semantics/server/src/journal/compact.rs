//! A journal that has grown long is written anew, with what is there now alone.
//!
//! The new file is written beside the old one, synced, and then takes its name: a crash leaves the one or the other, and both say the
//! same. A new file that a crash cut short has the old one beside it, and is removed when that is opened.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{
    Journal, begin,
    frame::{self, MAGIC},
    line, sync_folder,
};
use crate::store::Store;

/// A file is written anew when it has become so many times as long as what is there now. What is written for that is a third of what
/// was written before, at most.
const FACTOR: u64 = 4;

/// What stands beside the text of an object, about.
const BESIDE: u64 = 100;

/// Frames of a new file are about that long.
const FRAME: usize = 4 * 1024 * 1024;

/// How long a new file would be, about.
pub(super) fn length(store: &Store) -> u64 {
    let lengths = store
        .all()
        .map(|(place, object)| BESIDE + (place.key.len() + object.text().len()) as u64);
    lengths.sum()
}

/// At which length a file is written anew whose objects take that much.
pub(super) fn limit(length: u64, shortest: u64) -> u64 {
    length.saturating_mul(FACTOR).max(shortest)
}

/// Removes what a crash has left of a new file.
pub(super) fn clear(path: &Path) -> io::Result<()> {
    match fs::remove_file(beside(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Where a new file is written.
fn beside(path: &Path) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(".new");
    path.into()
}

impl Journal {
    /// Writes the file anew. If that cannot be done the old one goes on, and it is tried again when that is twice as long.
    pub(super) fn compact(&mut self, store: &Store) {
        let fresh = beside(&self.path);
        let written = self.write_anew(&fresh, store);
        let moved = written.and_then(|(file, end, chain)| {
            fs::rename(&fresh, &self.path)?;
            Ok((file, end, chain))
        });
        let Ok((file, end, chain)) = moved else {
            drop(fs::remove_file(&fresh));
            self.limit = self.end.saturating_mul(2);
            return;
        };
        self.file = file;
        self.end = end;
        self.chain = chain;
        self.torn = false;
        self.limit = limit(end, self.shortest);
        // Until the folder is synced a crash brings the old file back, which must not lack what is written from now on.
        self.moved = sync_folder(&self.path).is_err();
    }

    fn write_anew(&self, path: &Path, store: &Store) -> io::Result<(File, u64, u32)> {
        let mut options = OpenOptions::new();
        options.append(true).create_new(true);
        clear(&self.path)?;
        let mut file = options.open(path)?;
        // It may hold Secrets: nobody else is to read it who could not read the old one.
        file.set_permissions(self.file.metadata()?.permissions())?;
        let (mut end, mut chain) = (0, 0);
        let mut text = MAGIC.to_vec();
        let mut lines = Vec::new();
        begin(&mut lines, store)?;
        let mut objects = store.all().peekable();
        loop {
            while lines.len() < FRAME
                && let Some((place, object)) = objects.next()
            {
                line(&mut lines, store.revision(), &place, Some(object))?;
            }
            chain = frame::write(&mut text, chain, &lines);
            file.write_all(&text)?;
            end += text.len() as u64;
            text.clear();
            lines.clear();
            if objects.peek().is_none() {
                break;
            }
        }
        file.sync_all()?;
        Ok((file, end, chain))
    }
}
