//! How far a reconciliation may go, and what it knows from before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::rollout::Portion;

use super::{ObjectId, Order};

/// The annotation that says to which inventory an object belongs.
pub const OWNING_INVENTORY: &str = "config.k8s.io/owning-inventory";

/// The objects that were applied, each with the uid that it had; empty if that is not known.
///
/// Put an object in before it is applied, and take it out after it is deleted: then a crash forgets nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Entry>", into = "Vec<Entry>")]
pub struct Inventory(BTreeMap<ObjectId, String>);

/// An object of an inventory.
#[derive(Clone, Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    object: ObjectId,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    uid: String,
}

impl From<Vec<Entry>> for Inventory {
    fn from(entries: Vec<Entry>) -> Self {
        let entries = entries.into_iter();
        Self(entries.map(|entry| (entry.object, entry.uid)).collect())
    }
}

impl From<Inventory> for Vec<Entry> {
    fn from(inventory: Inventory) -> Self {
        let entries = inventory.0.into_iter();
        entries.map(|(object, uid)| Entry { object, uid }).collect()
    }
}

impl Inventory {
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
        self.0.iter().map(|(object, uid)| (object, uid.as_str()))
    }

    /// Puts an object in, or learns its uid.
    pub fn insert(&mut self, object: ObjectId, uid: impl Into<String>) {
        self.0.insert(object, uid.into());
    }

    /// Takes an object out.
    pub fn remove(&mut self, object: &ObjectId) {
        self.0.remove(object);
    }
}

/// How far a reconciliation may go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Policy {
    /// The field manager that applies.
    pub manager: String,
    /// The id of our inventory, which every object gets as its annotation [`OWNING_INVENTORY`]; empty for none.
    pub inventory: String,
    /// Whether fields of other managers are taken.
    pub force: bool,
    /// What is done about objects that are there and not ours.
    pub adoption: Adoption,
    /// Whether objects whose fields cannot be changed are replaced.
    pub recreation: Recreation,
    /// How much of the inventory may be deleted at once; `None` for all of it.
    pub most_deleted: Option<Portion>,
    /// In which order objects are applied.
    pub order: Order,
}

impl Policy {
    /// The careful one: nothing is taken from others, nothing with data recreated, and at most half is deleted.
    pub fn new(manager: impl Into<String>, inventory: impl Into<String>) -> Self {
        Self {
            manager: manager.into(),
            inventory: inventory.into(),
            force: false,
            adoption: Adoption::MustMatch,
            recreation: Recreation::WithoutData,
            most_deleted: Some(Portion::Percent(50.0)),
            order: Order::default(),
        }
    }

    /// The manifest with the annotation of our inventory.
    pub(super) fn owned(&self, manifest: &Value) -> Value {
        let mut manifest = manifest.clone();
        if self.inventory.is_empty() {
            return manifest;
        }
        let mut place = &mut manifest;
        for field in ["metadata", "annotations"] {
            let Value::Object(object) = place else {
                return manifest;
            };
            place = object
                .entry(field)
                .or_insert_with(|| Value::Object(Map::new()));
        }
        if let Value::Object(annotations) = place {
            annotations.insert(OWNING_INVENTORY.to_owned(), self.inventory.clone().into());
        }
        manifest
    }
}

/// What is done about objects that are there and not ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Adoption {
    /// Nothing.
    #[default]
    MustMatch,
    /// Those that belong to no inventory are taken over.
    AdoptIfNoInventory,
    /// All are taken over.
    AdoptAll,
}

/// Whether objects whose fields cannot be changed are replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Recreation {
    /// None.
    Never,
    /// Those with which no data goes: not claims and volumes, namespaces, stateful sets, definitions of resources, secrets
    /// and configuration.
    #[default]
    WithoutData,
    /// All.
    Always,
}

/// The value of an annotation.
pub(super) fn text<'a>(object: &'a Value, annotation: &str) -> Option<&'a str> {
    let annotations = object.pointer("/metadata/annotations")?;
    annotations.get(annotation)?.as_str()
}

/// The annotation that keeps an object from being deleted, if it has one.
pub(super) fn keeps(object: &Value) -> Option<&'static str> {
    const KEEP: [(&str, &str); 2] = [
        ("client.lifecycle.config.k8s.io/deletion", "detach"),
        ("cli-utils.sigs.k8s.io/on-remove", "keep"),
    ];
    let kept = KEEP
        .iter()
        .find(|(annotation, value)| text(object, annotation) == Some(*value));
    kept.map(|(annotation, _)| *annotation)
}
