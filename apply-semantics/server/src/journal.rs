//! Objects on the disk: a file to which every write is appended, and synced before it is answered.

mod compact;
mod frame;

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    core::Core,
    ids::Ids,
    server::SetupError,
    store::{Object, Place, Store},
};
use frame::{Frames, MAGIC};

/// Objects that are nested deeper are not written: nobody could read them safely.
const DEEPEST: usize = 500;

/// The file. It begins with a line that tells what it is. Frames follow, each with everything that one request wrote, so that
/// a request is in the file as a whole or not at all. A line of a frame is one write: its revision, where, and what is there now
/// (null for a removal).
///
/// When it has become much longer than what it says, a new file with only what is there now takes its place, see [`compact`].
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    /// Whether something may stand behind its end that has to go first.
    torn: bool,
    /// Whether the folder may still name the file that was there before.
    moved: bool,
    /// At which length it is written anew.
    limit: u64,
    /// It is not written anew while it is shorter.
    shortest: u64,
    /// Writes up to this revision are in the file.
    written: u64,
    /// Where the next frame begins.
    end: u64,
    /// What the next frame builds on.
    chain: u32,
}

impl Journal {
    /// Opens the file, and puts into the core what it holds. Answers whether it held anything.
    pub(crate) fn open(
        path: &Path,
        shortest: u64,
        core: &mut Core,
    ) -> Result<(Self, bool), SetupError> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        // Secrets stand in it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(SetupError::Journal)?;
        // Another file will take this one's place, wherever the process works by then, and not that of a link to it.
        let path = path.canonicalize().map_err(SetupError::Journal)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(SetupError::Journal)?;
        let frames = Frames::read(&text)?;
        if frames.end < text.len() {
            // The last request was cut short, so nobody was told of it.
            file.set_len(frames.end as u64)
                .and_then(|()| file.sync_data())
                .map_err(SetupError::Journal)?;
        }
        file.seek(SeekFrom::End(0)).map_err(SetupError::Journal)?;
        let loaded = !frames.payloads.is_empty();
        if loaded {
            load(&frames, core)?;
        } else {
            sync_folder(&path).map_err(SetupError::Journal)?;
        }
        compact::clear(&path).map_err(SetupError::Journal)?;
        let journal = Self {
            limit: compact::limit(compact::length(&core.store), shortest),
            path,
            file,
            // A crash can have come between the new file and its name.
            moved: true,
            torn: false,
            shortest,
            written: if loaded { core.store.revision() } else { 0 },
            end: frames.end as u64,
            chain: frames.chain,
        };
        Ok((journal, loaded))
    }

    /// Appends what was written since the last time, and waits until it is on the disk. If it fails the file is as it was, as far
    /// as that can be had, and the next time tries again.
    pub(crate) fn append(&mut self, store: &Store) -> io::Result<()> {
        if store.revision() == self.written {
            return Ok(());
        }
        if self.torn {
            self.file.set_len(self.end)?;
            self.torn = false;
        }
        if self.moved {
            sync_folder(&self.path)?;
            self.moved = false;
        }
        let mut text = Vec::new();
        if self.end == 0 {
            text.extend_from_slice(MAGIC);
        }
        let chain = frame::write(&mut text, self.chain, &self.lines(store)?);
        let appended = self
            .file
            .write_all(&text)
            .and_then(|()| self.file.sync_data());
        if let Err(error) = appended {
            self.torn = self.file.set_len(self.end).is_err();
            return Err(error);
        }
        self.end += text.len() as u64;
        self.chain = chain;
        self.written = store.revision();
        if self.end >= self.limit {
            self.compact(store);
        }
        Ok(())
    }

    fn lines(&self, store: &Store) -> io::Result<Vec<u8>> {
        let mut lines = Vec::new();
        match store.history().after(self.written.max(1)) {
            Some(events) if self.written > 0 => {
                for event in events {
                    let object = event.new.as_deref();
                    line(&mut lines, event.revision, &event.place, object)?;
                }
            }
            // The history does not reach back: what is there now says it all.
            _ => {
                begin(&mut lines, store)?;
                for (place, object) in store.all() {
                    line(&mut lines, store.revision(), &place, Some(object))?;
                }
            }
        }
        if u32::try_from(lines.len()).is_err() {
            let message = "one request wrote more than fits into a frame";
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok(lines)
    }

    /// Up to which revision everything is in the file; zero if that cannot be said.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// The next write begins with everything.
    pub(crate) fn forget(&mut self) {
        self.written = 0;
    }
}

/// A line after which everything follows.
fn begin(lines: &mut Vec<u8>, store: &Store) -> io::Result<()> {
    let revision = store.revision();
    writeln!(lines, "{{\"all\":true,\"revision\":{revision}}}")
}

/// A new file is there after a crash only if its folder says so.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new(".")))?;
    match folder.sync_all() {
        // Not every file system, and not every system, syncs folders.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        other => other,
    }
}

fn line(
    lines: &mut Vec<u8>,
    revision: u64,
    place: &Place,
    object: Option<&Object>,
) -> io::Result<()> {
    let object = object.map_or(&b"null"[..], |object| object.text());
    if frame::depth(object) > DEEPEST {
        let message = format!("{} is nested too deeply to be kept in a file", place.key);
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    let (table, key) = (Value::from(&*place.table), Value::from(&*place.key));
    write!(
        lines,
        "{{\"revision\":{revision},\"table\":{table},\"key\":{key},\"object\":"
    )?;
    lines.extend_from_slice(object);
    lines.extend_from_slice(b"}\n");
    Ok(())
}

fn load(frames: &Frames<'_>, core: &mut Core) -> Result<(), SetupError> {
    core.store = Store::new(core.store.history().capacity());
    for (offset, payload) in &frames.payloads {
        let lines = payload.split(|byte| *byte == b'\n');
        for text in lines.filter(|text| !text.is_empty()) {
            replay(text, core).map_err(|reason| SetupError::Damaged {
                offset: *offset as u64,
                reason,
            })?;
        }
    }
    let revision = core.store.revision();
    core.store.compact(revision);
    // Identifiers go on from where no earlier server can have been.
    core.ids = Ids::new(core.ids.state() ^ revision.rotate_left(17));
    core.serve_definitions();
    Ok(())
}

fn replay(text: &[u8], core: &mut Core) -> Result<(), String> {
    if frame::depth(text) > DEEPEST + 1 {
        return Err("it is nested too deeply".to_owned());
    }
    let mut text = serde_json::Deserializer::from_slice(text);
    text.disable_recursion_limit();
    let entry: Result<Value, _> = serde_core::Deserialize::deserialize(&mut text);
    let mut entry = entry.map_err(|error| error.to_string())?;
    if entry.get("all").is_some() {
        core.store = Store::new(core.store.history().capacity());
        let revision = entry.get("revision").and_then(Value::as_u64);
        core.store.go_on_from(revision.unwrap_or_default());
        return Ok(());
    }
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let (Some(table), Some(key), Some(revision)) = (
        text("table"),
        text("key"),
        entry.get("revision").and_then(Value::as_u64),
    ) else {
        return Err("it names no place or no revision".to_owned());
    };
    let place = Place {
        table: table.into(),
        key: key.into(),
    };
    let object = entry.get_mut("object").map(Value::take);
    let object = object.filter(|object| !object.is_null());
    core.store.replay(&place, revision, object);
    Ok(())
}
