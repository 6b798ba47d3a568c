//! What keeps entries small.

use std::{collections::BTreeMap, sync::OnceLock};

use super::{Entry, ManagedFields, Manager, Operation, Time};
use crate::{
    fieldset::FieldSet,
    path::{Path, PathElement},
};

/// How many entries by updates the API server keeps.
pub const MAX_UPDATERS: usize = 10;
/// The manager that the oldest updates are merged into.
pub const ANCIENT_CHANGES: &str = "ancient-changes";

/// The fields that nobody owns: what makes the object what it is, and what the server fills in. What is below `metadata` and
/// not named here can be owned.
pub fn never_owned() -> &'static FieldSet {
    static FIELDS: OnceLock<FieldSet> = OnceLock::new();
    FIELDS.get_or_init(|| {
        let top = NEVER_OWNED.map(|name| vec![PathElement::field(name)]);
        let below = NEVER_OWNED_METADATA
            .map(|name| -> Path { ["metadata", name].map(PathElement::field).into() });
        top.into_iter().chain(below).collect()
    })
}

const NEVER_OWNED: [&str; 3] = ["apiVersion", "kind", "metadata"];
const NEVER_OWNED_METADATA: [&str; 9] = [
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
];

/// Whether a field of the object, or of its metadata, is among [those that nobody owns](never_owned).
pub(crate) fn is_never_owned(in_metadata: bool, name: &str) -> bool {
    if in_metadata {
        NEVER_OWNED_METADATA.contains(&name)
    } else {
        NEVER_OWNED.contains(&name)
    }
}

/// A set of fields without [those that nobody owns](never_owned).
#[must_use]
pub fn strip(fields: &FieldSet) -> FieldSet {
    fields.difference(never_owned())
}

impl ManagedFields {
    /// Merges the oldest entries by updates, those of each version by themselves, until no more than that many are left. Several
    /// merged ones are managed by [`ANCIENT_CHANGES`] since the newest of them.
    ///
    /// The API server does this after each update, with [`MAX_UPDATERS`].
    pub fn cap_updaters(&mut self, most: usize) {
        let mut updaters: Vec<(i64, String, Manager)> = self
            .iter()
            .filter(|entry| entry.operation() == Operation::Update)
            .map(|entry| {
                let manager = entry.manager();
                let seconds = entry.time().map_or(0, Time::unix_seconds);
                (seconds, manager.identifier(), manager)
            })
            .collect();
        updaters.sort();
        let mut left = updaters.len();
        let mut oldest: BTreeMap<String, Manager> = BTreeMap::new();
        for (_, _, manager) in updaters {
            if left <= most {
                return;
            }
            let version = manager.api_version().unwrap_or_default().to_owned();
            match oldest.get(&version) {
                None => drop(oldest.insert(version, manager)),
                Some(first) => {
                    self.merge_ancient(first, &manager);
                    left -= 1;
                }
            }
        }
    }

    /// Merges the entry of a manager into that of the ancient changes of its version, which the first one becomes if there is
    /// none.
    fn merge_ancient(&mut self, first: &Manager, manager: &Manager) {
        let version = manager.api_version().unwrap_or_default();
        let bucket = Manager::updater(ANCIENT_CHANGES, version, "");
        let Some(merged) = self.remove(manager) else {
            return;
        };
        // Where an older entry has kept the ancient changes from being the first they go away here, as upstream.
        if bucket == *manager {
            return;
        }
        let ancient = self.remove(&bucket).or_else(|| self.remove(first));
        let fields = match &ancient {
            Some(ancient) => merged.fields().union(ancient.fields()),
            None => merged.fields().clone(),
        };
        let entry = Entry::new(ANCIENT_CHANGES, Operation::Update, version, fields);
        self.insert(entry.at(merged.time()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn updater(name: &str, version: &str, seconds: i64) -> Entry {
        let fields = format!("{{\"f:{name}\":{{}}}}").parse().unwrap();
        Entry::new(name, Operation::Update, version, fields).at(Time::from_unix_seconds(seconds))
    }

    fn names(managed: &ManagedFields) -> Vec<String> {
        managed
            .iter()
            .map(|entry| {
                let seconds = entry.time().map_or(0, Time::unix_seconds);
                format!("{}@{seconds} {}", entry.name(), entry.fields())
            })
            .collect()
    }

    #[test]
    fn the_oldest_are_merged_version_by_version() {
        let entries = [
            updater("a", "v1", 1),
            updater("b", "v2", 2),
            updater("c", "v1", 3),
            updater("d", "v1", 4),
            updater("e", "v1", 5),
        ];
        let mut managed: ManagedFields = entries.into_iter().collect();
        managed.cap_updaters(5);
        assert_eq!(managed.len(), 5);
        managed.cap_updaters(3);
        assert_eq!(
            names(&managed),
            [
                "b@2 {\"f:b\":{}}",
                "ancient-changes@4 {\"f:a\":{},\"f:c\":{},\"f:d\":{}}",
                "e@5 {\"f:e\":{}}"
            ]
        );
        managed.insert(updater("f", "v1", 6));
        managed.cap_updaters(3);
        assert_eq!(
            names(&managed),
            [
                "b@2 {\"f:b\":{}}",
                "ancient-changes@5 {\"f:a\":{},\"f:c\":{},\"f:d\":{},\"f:e\":{}}",
                "f@6 {\"f:f\":{}}"
            ]
        );
    }

    #[test]
    fn appliers_do_not_count() {
        let applier = Entry::new("x", Operation::Apply, "v1", "{\"f:x\":{}}".parse().unwrap());
        let mut managed: ManagedFields = [applier, updater("a", "v1", 1)].into_iter().collect();
        managed.cap_updaters(1);
        assert_eq!(managed.len(), 2);
    }

    #[test]
    fn labels_can_be_owned() {
        let all =
            r#"{"f:kind":{},"f:metadata":{".":{},"f:labels":{"f:a":{}},"f:name":{}},"f:spec":{}}"#;
        assert_eq!(
            strip(&all.parse().unwrap()).to_string(),
            r#"{"f:metadata":{"f:labels":{"f:a":{}}},"f:spec":{}}"#
        );
    }
}
