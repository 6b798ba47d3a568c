//! Objects on the disk: a file to which every write is appended, and synced before it is answered.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::PathBuf,
};

use serde_json::{Value, json};

use crate::{
    core::Core,
    ids::Ids,
    server::SetupError,
    store::{Place, Store},
};

/// The file. A line is one write: its revision, where, and what is there now (null for a removal).
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    /// Writes up to this revision are in the file.
    written: u64,
}

impl Journal {
    /// Opens the file, and puts into the core what it holds. Answers whether it held anything.
    pub(crate) fn open(path: PathBuf, core: &mut Core) -> Result<(Self, bool), SetupError> {
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(SetupError::Journal)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(SetupError::Journal)?;
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        if whole < text.len() {
            // The last write was cut short, so nobody was told of it.
            file.set_len(whole as u64).map_err(SetupError::Journal)?;
            file.seek(SeekFrom::End(0)).map_err(SetupError::Journal)?;
        }
        let lines = text.get(..whole).unwrap_or_default();
        let loaded = !lines.is_empty();
        if loaded {
            core.store = Store::new(core.store.history().capacity());
            load(lines, core)?;
        }
        let written = if loaded { core.store.revision() } else { 0 };
        Ok((Self { file, written }, loaded))
    }

    /// Appends what was written since the last time, and waits until it is on the disk.
    pub(crate) fn append(&mut self, store: &Store) -> io::Result<()> {
        if store.revision() == self.written {
            return Ok(());
        }
        let mut lines = String::new();
        match store.history().after(self.written.max(1)) {
            Some(events) if self.written > 0 => {
                for event in events {
                    line(
                        &mut lines,
                        event.revision,
                        &event.place,
                        event.new.as_deref(),
                    );
                }
            }
            // The history does not reach back: what is there now says it all.
            _ => {
                lines.push_str("{\"all\":true}\n");
                for (place, object) in store.all() {
                    line(&mut lines, store.revision(), &place, Some(object));
                }
            }
        }
        self.file.write_all(lines.as_bytes())?;
        self.file.sync_data()?;
        self.written = store.revision();
        Ok(())
    }

    /// The next write begins with everything.
    pub(crate) fn forget(&mut self) {
        self.written = 0;
    }
}

fn line(lines: &mut String, revision: u64, place: &Place, object: Option<&Value>) {
    let entry =
        json!({"revision": revision, "table": &*place.table, "key": &*place.key, "object": object});
    lines.push_str(&entry.to_string());
    lines.push('\n');
}

fn load(lines: &[u8], core: &mut Core) -> Result<(), SetupError> {
    let lines = lines.split(|byte| *byte == b'\n').enumerate();
    for (index, text) in lines.filter(|(_, text)| !text.is_empty()) {
        let damaged = |reason: String| SetupError::Damaged {
            line: index + 1,
            reason,
        };
        let mut entry: Value =
            serde_json::from_slice(text).map_err(|error| damaged(error.to_string()))?;
        if entry.get("all").is_some() {
            core.store = Store::new(core.store.history().capacity());
            continue;
        }
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let (Some(table), Some(key), Some(revision)) = (
            text("table"),
            text("key"),
            entry.get("revision").and_then(Value::as_u64),
        ) else {
            return Err(damaged("it names no place or no revision".to_owned()));
        };
        let place = Place {
            table: table.into(),
            key: key.into(),
        };
        let object = entry
            .get_mut("object")
            .map(Value::take)
            .filter(|object| !object.is_null());
        core.store.replay(&place, revision, object);
    }
    let revision = core.store.revision();
    core.store.compact(revision);
    // Identifiers go on from where no earlier server can have been.
    core.ids = Ids::new(core.ids.state() ^ revision.rotate_left(17));
    core.serve_definitions();
    Ok(())
}
