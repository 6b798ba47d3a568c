//! What comes of a write.

use std::fmt;

use serde_json::{Map, Value};

use super::{history::History, lookup};
use crate::{
    fieldset::FieldSet,
    managed_fields::{self, Entry, ManagedFields, Manager},
    path::Path,
    value::equal,
};

/// How much a write changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Nothing: an API server stores nothing, and the `resourceVersion` stays.
    Nothing,
    /// Only who manages what.
    ManagedFields,
    /// The object itself.
    Object,
}

/// The object that a write makes.
#[derive(Clone)]
pub struct Written {
    pub(super) object: Value,
    pub(super) effect: Effect,
    pub(super) created: bool,
    pub(super) manager: Manager,
    pub(super) history: History,
    pub(super) yielded: Vec<Path>,
}

/// What a write means for the ownership of fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Report {
    /// What the manager owns now and did not before.
    pub gained: FieldSet,
    /// What others lost, each what it did: because the manager took it, or because it went away.
    pub taken: Vec<(Manager, FieldSet)>,
    /// What others own as well, each its part.
    pub co_owned: Vec<(Manager, FieldSet)>,
    /// What the manager owned and does not any more, and what is still there.
    pub given_up: FieldSet,
    /// What the manager owned and does not any more, and what is gone.
    pub pruned: FieldSet,
    /// Fields of the configuration that were left to others, as the policy says.
    pub yielded: Vec<Path>,
}

impl Written {
    /// The object, with its `managedFields`.
    pub fn object(&self) -> &Value {
        &self.object
    }

    /// The object, by itself.
    pub fn into_object(self) -> Value {
        self.object
    }

    /// What differs from the live object.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Whether there was no live object.
    pub fn is_created(&self) -> bool {
        self.created
    }

    /// Who wrote.
    pub fn manager(&self) -> &Manager {
        &self.manager
    }

    /// Who manages what now.
    pub fn managed_fields(&self) -> &ManagedFields {
        self.history.after(&self.object)
    }

    fn before(&self) -> &ManagedFields {
        self.history.before(&self.object)
    }

    /// What the write means for the ownership of fields.
    pub fn report(&self) -> Report {
        let none = FieldSet::new();
        let mine = |entries: &'_ ManagedFields| {
            let entry = entries.get(&self.manager);
            entry.map_or_else(|| none.clone(), |entry| entry.fields().clone())
        };
        let (old, new) = (mine(self.before()), mine(self.managed_fields()));
        let lost = old.difference(&new);
        let (given_up, pruned): (Vec<Path>, _) = lost
            .paths()
            .partition(|path| lookup::find(&self.object, path).is_some());
        Report {
            gained: new.difference(&old),
            taken: self.of_others(self.before(), |entry| {
                let kept = self
                    .managed_fields()
                    .get(&entry.manager())
                    .map_or(&none, Entry::fields);
                entry.fields().difference(kept)
            }),
            co_owned: self.of_others(self.managed_fields(), |entry| {
                entry.fields().intersection(&new)
            }),
            given_up: given_up.into_iter().collect(),
            pruned: pruned.into_iter().collect(),
            yielded: self.yielded.clone(),
        }
    }

    fn of_others(
        &self,
        entries: &ManagedFields,
        part: impl Fn(&Entry) -> FieldSet,
    ) -> Vec<(Manager, FieldSet)> {
        let others = entries
            .iter()
            .filter(|entry| entry.manager() != self.manager);
        others
            .map(|entry| (entry.manager(), part(entry)))
            .filter(|(_, fields)| !fields.is_empty())
            .collect()
    }
}

impl PartialEq for Written {
    fn eq(&self, other: &Self) -> bool {
        self.object == other.object
            && self.effect == other.effect
            && self.created == other.created
            && self.manager == other.manager
            && self.before() == other.before()
            && self.managed_fields() == other.managed_fields()
            && self.yielded == other.yielded
    }
}

/// Without the object, which may be secret.
impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Written")
            .field("effect", &self.effect)
            .field("created", &self.created)
            .field("manager", &self.manager)
            .field("managed_fields", self.managed_fields())
            .finish_non_exhaustive()
    }
}

/// What differs from the live object in what is to be stored instead. If that is nothing but the times of `managedFields`, the
/// live ones are put into the new object, so that nothing differs.
///
/// An API server does this last, after it has completed the object with what it decides itself. [`Engine::update`] does it
/// too.
///
/// [`Engine::update`]: super::Engine::update
pub fn settle(live: &Value, new: &mut Value) -> Effect {
    let (old_entries, entries) = (managed_fields::of(live), managed_fields::of(new));
    if !is_equal_but_for_entries(live, new) {
        return Effect::Object;
    }
    if old_entries == entries {
        return Effect::Nothing;
    }
    let decoded = (ManagedFields::decode(live), ManagedFields::decode(new));
    if let (Ok(old), Ok(entries)) = decoded
        && old.is_same_but_for_times(&entries)
    {
        old.write(new);
        return Effect::Nothing;
    }
    Effect::ManagedFields
}

/// Whether objects are equal, whoever manages them.
pub(super) fn is_equal_but_for_entries(left: &Value, right: &Value) -> bool {
    let (Some(left), Some(right)) = (left.as_object(), right.as_object()) else {
        return equal(left, right);
    };
    let apart = |fields: &Map<String, Value>, without: &'static str| {
        fields.len() - usize::from(fields.contains_key(without))
    };
    let same_but = |left: &Map<String, Value>,
                    right: &Map<String, Value>,
                    without: &'static str| {
        let mut others = left.iter().filter(|(name, _)| *name != without);
        apart(left, without) == apart(right, without)
            && others.all(|(name, left)| right.get(name).is_some_and(|right| equal(left, right)))
    };
    let same_metadata = match (left.get("metadata"), right.get("metadata")) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            same_but(left, right, "managedFields")
        }
        (Some(left), Some(right)) => equal(left, right),
        (None, None) => true,
        _ => false,
    };
    same_metadata && same_but(left, right, "metadata")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(color: &str, time: &str) -> Value {
        json!({"metadata": {"name": "a", "managedFields": [{
            "manager": "m", "operation": "Apply", "apiVersion": "v1", "time": time,
            "fieldsType": "FieldsV1", "fieldsV1": {"f:color": {}},
        }]}, "color": color})
    }

    #[test]
    fn times_alone_do_not_count() {
        let (live, mut new) = (
            object("red", "2024-01-01T00:00:00Z"),
            object("red", "2024-01-02T00:00:00Z"),
        );
        assert_eq!(settle(&live, &mut new), Effect::Nothing);
        assert_eq!(new, live);
        let mut new = object("blue", "2024-01-02T00:00:00Z");
        let before = new.clone();
        assert_eq!(settle(&live, &mut new), Effect::Object);
        assert_eq!(new, before);
        let mut new = live.clone();
        ManagedFields::new().write(&mut new);
        assert_eq!(settle(&live, &mut new), Effect::ManagedFields);
    }
}
