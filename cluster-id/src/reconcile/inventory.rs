//! What is known to have been applied.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ObjectId, Record, digest::Digest, policy::meta};

/// The objects that were applied, or may have been: what the [records](Record) of a [journal](super::Journal) come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Entry>", into = "Vec<Entry>")]
pub struct Inventory(BTreeMap<ObjectId, Known>);

/// What is known of an object that was applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Known {
    /// The uid that it had; empty if that is not known, because the answer of the server was not seen.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// It was going to be applied, and whether it was is not known.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pending: bool,
    /// What was applied, and what the object was then: as long as both are the same, nothing is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// A replacement of it has begun and not ended: this was applied before, and can be again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Manifest>,
    /// The server refused a replacement of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
}

/// An object when it was as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// Its `metadata.resourceVersion`.
    pub resource_version: String,
    /// The [`Policy::digest`](super::Policy::digest) of its manifest.
    pub digest: u64,
}

impl Seen {
    /// The live object as it is now; `None` if it has no version.
    pub(super) fn of(live: &Value, digest: u64) -> Option<Self> {
        let resource_version = meta(live, "resourceVersion")?.as_str()?.to_owned();
        Some(Self {
            resource_version,
            digest,
        })
    }
}

/// A replacement that a server refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The [`Manifest::digest`] of what was refused.
    pub digest: u64,
    /// Why.
    pub why: String,
}

/// An object as it was applied. `Debug` does not show what is in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Manifest(pub Value);

impl Known {
    /// Whether the uid tells that an object is the one that was applied.
    pub fn is_certain(&self) -> bool {
        !self.pending && !self.uid.is_empty()
    }
}

impl Manifest {
    /// A number that another manifest most likely does not have. It tells manifests apart, and nothing depends on it being
    /// hard to forge.
    pub fn digest(manifest: &Value) -> u64 {
        Digest::default().value(manifest).finish()
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Manifest({})", ObjectId::of(&self.0))
    }
}

/// An object of an inventory, as it is written.
#[derive(Clone, Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    object: ObjectId,
    #[serde(flatten)]
    known: Known,
}

impl From<Vec<Entry>> for Inventory {
    fn from(entries: Vec<Entry>) -> Self {
        let entries = entries.into_iter();
        Self(entries.map(|entry| (entry.object, entry.known)).collect())
    }
}

impl From<Inventory> for Vec<Entry> {
    fn from(inventory: Inventory) -> Self {
        let entries = inventory.0.into_iter();
        entries
            .map(|(object, known)| Entry { object, known })
            .collect()
    }
}

impl Inventory {
    /// What the records come to, in their order.
    pub fn replay<'r>(records: impl IntoIterator<Item = &'r Record>) -> Self {
        let mut inventory = Self::default();
        for record in records {
            inventory.take(record);
        }
        inventory
    }

    /// Takes one more record in.
    pub fn take(&mut self, record: &Record) {
        match record {
            Record::Known { object, known } => {
                self.0.insert(object.clone(), known.clone());
            }
            Record::Applying { object, uid } => {
                let known = self.entry(object);
                known.pending = !known.is_certain() || known.uid != *uid;
                known.seen = None;
                known.uid.clone_from(uid);
            }
            Record::Applied { object, uid, seen } => {
                let known = Known {
                    uid: uid.clone(),
                    seen: seen.clone(),
                    ..Known::default()
                };
                self.0.insert(object.clone(), known);
            }
            Record::Replacing {
                object,
                uid,
                restore,
            } => {
                let known = self.entry(object);
                known.uid.clone_from(uid);
                known.replaced.clone_from(restore);
            }
            Record::Refused { object, refused } => {
                self.entry(object).refused = Some(refused.clone());
            }
            Record::Restored { object, uid } => {
                let known = self.entry(object);
                known.uid.clone_from(uid);
                known.pending = false;
                known.replaced = None;
            }
            Record::Deleting { object, uid } => {
                self.entry(object).uid.clone_from(uid);
            }
            Record::Forgotten { object } => self.remove(object),
        }
    }

    fn entry(&mut self, object: &ObjectId) -> &mut Known {
        self.0.entry(object.clone()).or_default()
    }

    /// What is known of an object, if it is in the inventory.
    pub fn known(&self, object: &ObjectId) -> Option<&Known> {
        self.0.get(object)
    }

    /// Whether the object is in it.
    pub fn contains(&self, object: &ObjectId) -> bool {
        self.0.contains_key(object)
    }

    /// How many objects are in it.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The objects with their uids, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectId, &str)> {
        self.0
            .iter()
            .map(|(object, known)| (object, known.uid.as_str()))
    }

    /// The objects with what is known of them, by id.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&ObjectId, &Known)> {
        self.0.iter()
    }

    /// The inventory as records: with them a journal begins anew, and the old one can go.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        self.0.iter().map(|(object, known)| Record::Known {
            object: object.clone(),
            known: known.clone(),
        })
    }

    /// Puts an object in, or learns its uid.
    pub fn insert(&mut self, object: ObjectId, uid: impl Into<String>) {
        let known = Known {
            uid: uid.into(),
            ..Known::default()
        };
        self.0.insert(object, known);
    }

    /// Takes an object out.
    pub fn remove(&mut self, object: &ObjectId) {
        self.0.remove(object);
    }
}
