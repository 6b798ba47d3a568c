//! What is written down before anything is done.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    Inventory, ObjectId,
    inventory::{Known, Manifest, Refused, Seen},
};

/// One thing that is going to be done to an object, or was.
///
/// What is going to be done is written first, so that a run that ends anywhere leaves no object behind that nobody knows.
/// A record of a replacement holds what was applied before, but of a Secret; keep journals where such objects may be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Record {
    /// What is known of the object from before this journal.
    Known {
        /// The object.
        object: ObjectId,
        /// What is known.
        known: Known,
    },
    /// The object is going to be applied.
    Applying {
        /// The object.
        object: ObjectId,
        /// Its uid; empty if it is not there yet.
        uid: String,
    },
    /// The object was applied, or found as it should be.
    Applied {
        /// The object.
        object: ObjectId,
        /// Its uid.
        uid: String,
        /// What it was then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Seen>,
    },
    /// The object is going to be deleted, to be created again.
    Replacing {
        /// The object.
        object: ObjectId,
        /// Its uid.
        uid: String,
        /// What was applied, if that can be applied again should the new object be refused.
        #[serde(skip_serializing_if = "Option::is_none")]
        restore: Option<Manifest>,
    },
    /// The new object was refused. What was there before is going to be applied.
    Refused {
        /// The object.
        object: ObjectId,
        /// What was refused, and why.
        refused: Refused,
    },
    /// What was there before is there again.
    Restored {
        /// The object.
        object: ObjectId,
        /// Its new uid.
        uid: String,
    },
    /// The object is going to be deleted.
    Deleting {
        /// The object.
        object: ObjectId,
        /// Its uid.
        uid: String,
    },
    /// The object is gone, or left to others.
    Forgotten {
        /// The object.
        object: ObjectId,
    },
}

/// Where records are kept.
///
/// A record that was appended has to be there whatever happens afterwards to the process: what it tells of is done next.
pub trait Journal {
    /// Keeps a record.
    ///
    /// # Errors
    /// It could not be kept. Then nothing of what it tells of is done.
    fn append(&mut self, record: &Record) -> Result<(), JournalError>;
}

/// A record that could not be kept, or a journal that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JournalError {
    message: String,
}

impl JournalError {
    /// An error with that message.
    pub fn new(message: impl fmt::Display) -> Self {
        Self {
            message: message.to_string(),
        }
    }
}

impl Journal for Vec<Record> {
    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        self.push(record.clone());
        Ok(())
    }
}

impl<J: Journal + ?Sized> Journal for &mut J {
    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        (**self).append(record)
    }
}

/// A journal in a file: a record a line, in JSON, each on the disk before what it tells of is done.
///
/// A line that a crash cut off is dropped when the file is opened: what it would have told of was not begun. Nobody else
/// may write to the file meanwhile.
#[derive(Debug)]
pub struct FileJournal {
    file: File,
    path: PathBuf,
}

impl FileJournal {
    /// Opens the journal, or begins one, and says what its records come to. The records are written anew as what they come
    /// to, so that the file does not grow for ever.
    ///
    /// # Errors
    /// The file cannot be read or written, or has a line that is no record.
    pub fn open(path: impl Into<PathBuf>) -> Result<(Self, Inventory), JournalError> {
        let path = path.into();
        let text = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed(&path, &error)),
        };
        let inventory = read(&text).map_err(|error| failed(&path, &error))?;
        let file = begin(&path, &inventory).map_err(|error| failed(&path, &error))?;
        Ok((Self { file, path }, inventory))
    }
}

impl Journal for FileJournal {
    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let written = line(record).and_then(|line| self.file.write_all(&line));
        written
            .and_then(|()| self.file.sync_data())
            .map_err(|error| failed(&self.path, &error))
    }
}

fn line(record: &Record) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(record)?;
    line.push(b'\n');
    Ok(line)
}

/// Only whole lines count.
fn read(text: &[u8]) -> Result<Inventory, JournalError> {
    let whole = text.iter().rposition(|byte| *byte == b'\n');
    let whole = whole.and_then(|end| text.get(..end)).unwrap_or_default();
    let mut inventory = Inventory::default();
    let lines = whole.split(|byte| *byte == b'\n').enumerate();
    for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
        let record: Record = serde_json::from_slice(line)
            .map_err(|error| JournalError::new(format!("line {}: {error}", index + 1)))?;
        inventory.take(&record);
    }
    Ok(inventory)
}

/// A new file in place of the old one, at once and whole.
fn begin(path: &Path, inventory: &Inventory) -> io::Result<File> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&new)?;
    for record in inventory.records() {
        file.write_all(&line(&record)?)?;
    }
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

fn failed(path: &Path, error: &dyn fmt::Display) -> JournalError {
    JournalError::new(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(name: &str) -> ObjectId {
        ObjectId {
            kind: "ConfigMap".to_owned(),
            name: name.to_owned(),
            ..ObjectId::default()
        }
    }

    #[test]
    fn what_a_crash_cut_off_was_not_begun() {
        let applied = |name: &str| Record::Applied {
            object: id(name),
            uid: "u".to_owned(),
            seen: None,
        };
        let mut text = line(&applied("a")).unwrap();
        let whole = line(&applied("b")).unwrap();
        for cut in 0..whole.len() {
            text.extend(&whole[..cut]);
            let inventory = read(&text).unwrap();
            assert_eq!(inventory.len(), 1, "{cut}");
            text.truncate(text.len() - cut);
        }
        text.extend(&whole);
        assert_eq!(read(&text).unwrap().len(), 2);
        text.splice(0..1, *b"x");
        let error = read(&text).unwrap_err().to_string();
        assert!(error.starts_with("line 1: "), "{error}");
    }

    #[test]
    fn a_replacement_is_known_until_it_ends() {
        let manifest = Manifest(json!({"kind": "ConfigMap", "data": {"password": "hunter2"}}));
        let mut records = vec![Record::Replacing {
            object: id("a"),
            uid: "u1".to_owned(),
            restore: Some(manifest.clone()),
        }];
        let known = |records: &[Record]| Inventory::replay(records).known(&id("a")).cloned();
        assert_eq!(known(&records).unwrap().replaced, Some(manifest.clone()));
        assert!(!format!("{records:?}").contains("hunter2"));

        let refused = Refused {
            digest: Manifest::digest(&json!(1)),
            why: "no".to_owned(),
        };
        records.push(Record::Refused {
            object: id("a"),
            refused: refused.clone(),
        });
        records.push(Record::Applying {
            object: id("a"),
            uid: String::new(),
        });
        assert_eq!(known(&records).unwrap().replaced, Some(manifest));
        records.push(Record::Restored {
            object: id("a"),
            uid: "u2".to_owned(),
        });
        let restored = known(&records).unwrap();
        assert_eq!(
            (restored.uid.as_str(), restored.replaced, restored.refused),
            ("u2", None, Some(refused))
        );
        records.push(Record::Applied {
            object: id("a"),
            uid: "u3".to_owned(),
            seen: None,
        });
        assert_eq!(known(&records).unwrap().refused, None);
        let inventory = Inventory::replay(&records);
        let anew: Vec<Record> = inventory.records().collect();
        assert_eq!(Inventory::replay(&anew), inventory);
    }
}
