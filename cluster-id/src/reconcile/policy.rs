//! How far a reconciliation may go.

use apply_semantics::{client_side::PART_OF_LABEL, managed_fields::ManagedFields};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::rollout::Portion;

use super::{ApplySet, Order, digest::Digest};

/// The annotation that says to which inventory an object belongs.
pub const OWNING_INVENTORY: &str = "config.k8s.io/owning-inventory";

/// How far a reconciliation may go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Policy {
    /// The field manager that applies.
    pub manager: String,
    /// The id of our inventory, which every object gets as its annotation [`OWNING_INVENTORY`]; empty for none.
    pub inventory: String,
    /// The ApplySet of which every object becomes a member, beside the inventory or instead of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apply_set: Option<ApplySet>,
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
            apply_set: None,
            force: false,
            adoption: Adoption::MustMatch,
            recreation: Recreation::WithoutData,
            most_deleted: Some(Portion::Percent(50.0)),
            order: Order::default(),
        }
    }

    /// A number for what an object is to be made by a manifest: another one for another manifest, manager or mark.
    pub fn digest(&self, manifest: &Value) -> u64 {
        Marks::of(self).digest(manifest)
    }

    /// Whether the object was applied by our manager.
    pub(super) fn applied(&self, live: &Value) -> bool {
        ManagedFields::decode(live)
            .is_ok_and(|managed| managed.applied_by(&self.manager, "").is_some())
    }
}

/// What says that an object is ours.
#[derive(Clone, Debug)]
pub(super) struct Marks<'p> {
    pub(super) policy: &'p Policy,
    /// The identity of the ApplySet.
    set: Option<String>,
}

impl<'p> Marks<'p> {
    pub(super) fn of(policy: &'p Policy) -> Self {
        Self {
            policy,
            set: policy.apply_set.as_ref().map(ApplySet::id),
        }
    }

    /// The manifest with the annotation of the inventory and the label of the ApplySet.
    pub(super) fn put(&self, manifest: &Value) -> Value {
        let mut manifest = manifest.clone();
        let inventory = &self.policy.inventory;
        if !inventory.is_empty() {
            mark(&mut manifest, "annotations", OWNING_INVENTORY, inventory);
        }
        if let Some(set) = &self.set {
            mark(&mut manifest, "labels", PART_OF_LABEL, set);
        }
        manifest
    }

    /// As [`Policy::digest`].
    pub(super) fn digest(&self, manifest: &Value) -> u64 {
        let Policy {
            manager, inventory, ..
        } = self.policy;
        let marks = [manager, inventory, self.set.as_ref().unwrap_or(manager)];
        let digest = Digest::default().value(manifest);
        let digest = marks
            .into_iter()
            .fold(digest, |digest, mark| digest.text(mark));
        digest.finish()
    }

    /// Whose an object is.
    pub(super) fn owner(&self, live: &Value) -> Owner {
        let metadata = live.get("metadata");
        let mark = |place: &str, key: &str| metadata?.get(place)?.get(key)?.as_str();
        let inventory = mark("annotations", OWNING_INVENTORY).filter(|owner| !owner.is_empty());
        let set = mark("labels", PART_OF_LABEL).filter(|owner| !owner.is_empty());
        let other = inventory.is_some_and(|owner| owner != self.policy.inventory)
            || set.is_some_and(|owner| self.set.as_deref() != Some(owner));
        match (other, inventory.or(set)) {
            (true, _) => Owner::Other,
            (false, Some(_)) => Owner::Us,
            (false, None) => Owner::Nobody,
        }
    }
}

/// Whose an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Nobody says that it is theirs.
    Nobody,
    /// It has our mark.
    Us,
    /// It has the mark of somebody else.
    Other,
}

fn mark(manifest: &mut Value, place: &str, key: &str, value: &str) {
    let mut at = manifest;
    for field in ["metadata", place] {
        let Value::Object(object) = at else {
            return;
        };
        at = object
            .entry(field)
            .or_insert_with(|| Value::Object(Map::new()));
        if at.is_null() {
            *at = Value::Object(Map::new());
        }
    }
    if let Value::Object(marks) = at {
        marks.insert(key.to_owned(), value.into());
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

/// The annotation that says whether an object may be changed.
pub(super) const MUTATION: &str = "client.lifecycle.config.k8s.io/mutation";

/// A field of the metadata.
pub(super) fn meta<'a>(object: &'a Value, field: &str) -> Option<&'a Value> {
    object.get("metadata")?.get(field)
}

/// The value of an annotation.
pub(super) fn text<'a>(object: &'a Value, annotation: &str) -> Option<&'a str> {
    meta(object, "annotations")?.get(annotation)?.as_str()
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
