//! Who manages the number of replicas, through the object itself and through its subresource `scale`.
//!
//! A Scale object has one field that can be managed, `.spec.replicas`; in the object behind it that field may be elsewhere. The
//! entries of `metadata.managedFields` are carried over in both directions, as the scale handler of apimachinery does it.
//!
//! ```
//! use apply_semantics::{managed_fields::{Entry, ManagedFields, Operation}, scale::ReplicasPaths};
//!
//! let paths = ReplicasPaths::spec_replicas(["apps/v1"]);
//! let deployer = Entry::new("deployer", Operation::Apply, "apps/v1", r#"{"f:spec":{"f:paused":{},"f:replicas":{}}}"#.parse()?);
//! let parent: ManagedFields = [deployer].into_iter().collect();
//! let scale: ManagedFields = paths.to_scale(&parent).into_iter().collect();
//! assert_eq!(scale.iter().next().expect("one entry").api_version(), "autoscaling/v1");
//!
//! let scaler = Entry::new("scaler", Operation::Update, "autoscaling/v1", r#"{"f:spec":{"f:replicas":{}}}"#.parse()?).on("scale");
//! let parent = paths.to_parent(&parent, &[scaler].into_iter().collect(), "apps/v1");
//! assert_eq!(parent[0].fields().to_string(), r#"{"f:spec":{"f:paused":{}}}"#);
//! assert_eq!(parent[1].name(), "scaler");
//! # Ok::<(), apply_semantics::fieldset::FieldsV1Error>(())
//! ```

use std::collections::BTreeMap;

use crate::{
    fieldset::FieldSet,
    managed_fields::{Entry, ManagedFields, Manager},
    path::{Path, PathElement},
};

/// The version of Scale objects.
pub const SCALE_VERSION: &str = "autoscaling/v1";

/// Where the number of replicas is in each version of a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplicasPaths(BTreeMap<String, Option<Path>>);

impl ReplicasPaths {
    /// No version.
    pub fn new() -> Self {
        Self::default()
    }

    /// `.spec.replicas` in these versions: so it is for Deployments, ReplicaSets, StatefulSets (`apps/v1`) and
    /// ReplicationControllers (`v1`).
    pub fn spec_replicas<V: Into<String>>(versions: impl IntoIterator<Item = V>) -> Self {
        let versions = versions.into_iter();
        Self(
            versions
                .map(|version| (version.into(), Some(replicas_in_scale())))
                .collect(),
        )
    }

    /// The same, with a version and its path; `None` if that version has no subresource `scale`.
    #[must_use]
    pub fn with(mut self, api_version: impl Into<String>, path: Option<Path>) -> Self {
        self.0.insert(api_version.into(), path);
        self
    }

    /// The entries of the Scale object. Only who manages the number of replicas has one there; entries in versions that are
    /// not known have none.
    ///
    /// Two managers can be told apart by the version of the object alone; they then are one manager in the list.
    pub fn to_scale(&self, parent: &ManagedFields) -> Vec<Entry> {
        let replicas: FieldSet = [replicas_in_scale()].into_iter().collect();
        let manages = |entry: &&Entry| {
            let path = self.path(entry.api_version());
            path.is_some_and(|path| entry.fields().contains(path))
        };
        let entries = parent.iter().filter(manages);
        let mut entries: Vec<Entry> = entries
            .map(|entry| moved(entry, SCALE_VERSION, replicas.clone()).at(entry.time()))
            .collect();
        entries.sort();
        entries
    }

    /// The entries of the object after its Scale object, with these entries now, has been written through `api_version`.
    ///
    /// Who managed the number of replicas and does not any more loses it. Who manages it now and did not before gets an entry,
    /// without a time. Entries in versions that are not known go. One manager can come twice: read back into [`ManagedFields`],
    /// as a server does with the next request, the last one counts.
    pub fn to_parent(
        &self,
        parent: &ManagedFields,
        scale: &ManagedFields,
        api_version: &str,
    ) -> Vec<Entry> {
        let mut new: BTreeMap<Manager, &Entry> =
            scale.iter().map(|entry| (entry.manager(), entry)).collect();
        let mut kept: BTreeMap<Manager, Entry> = BTreeMap::new();
        for entry in parent.iter() {
            let Some(path) = self.0.get(entry.api_version()) else {
                continue;
            };
            let path = path.as_ref().filter(|path| entry.fields().contains(path));
            let fields = match path {
                Some(path) if new.remove(&entry.manager()).is_none() => {
                    let stolen = [path.clone()].into_iter().collect();
                    entry.fields().difference(&stolen)
                }
                _ => entry.fields().clone(),
            };
            if path.is_none() || !fields.is_empty() {
                kept.insert(entry.manager(), entry.clone().with_fields(fields));
            }
        }
        let path = self.path(api_version).cloned();
        let fields: FieldSet = path.into_iter().collect();
        let replicas = replicas_in_scale();
        let manages = |(_, entry): &(Manager, &Entry)| entry.fields().contains(&replicas);
        for (manager, entry) in new.into_iter().filter(manages) {
            let time = parent.get(&manager).and_then(Entry::time);
            kept.insert(manager, moved(entry, api_version, fields.clone()).at(time));
        }
        let mut entries: Vec<Entry> = kept.into_values().collect();
        entries.sort();
        entries
    }

    fn path(&self, api_version: &str) -> Option<&Path> {
        self.0.get(api_version)?.as_ref()
    }
}

/// The entry of the same manager in another version, with other fields and no time.
fn moved(entry: &Entry, api_version: &str, fields: FieldSet) -> Entry {
    Entry::new(entry.name(), entry.operation(), api_version, fields).on(entry.subresource())
}

fn replicas_in_scale() -> Path {
    ["spec", "replicas"].map(PathElement::field).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::managed_fields::{Operation, Time};

    #[test]
    fn who_is_known_in_the_object_keeps_his_time() {
        let replicas: FieldSet = r#"{"f:spec":{"f:replicas":{}}}"#.parse().unwrap();
        let time = Time::from_unix_seconds(60);
        let entry = Entry::new("deployer", Operation::Apply, "apps/v1", replicas).at(time);
        let parent: ManagedFields = [entry.clone()].into_iter().collect();
        let paths = ReplicasPaths::spec_replicas(["apps/v1"]);
        let scale: ManagedFields = paths.to_scale(&parent).into_iter().collect();
        assert_eq!(scale.iter().next().and_then(Entry::time), Some(time));
        assert_eq!(paths.to_parent(&parent, &scale, "apps/v1"), [entry]);
    }

    #[test]
    fn versions_without_a_path_are_kept_and_unknown_ones_are_not() {
        let entry = |version| {
            let fields = r#"{"f:spec":{"f:replicas":{}}}"#.parse().unwrap();
            Entry::new("a", Operation::Update, version, fields)
        };
        let parent: ManagedFields = [entry("v1"), entry("v2"), entry("v3")]
            .into_iter()
            .collect();
        let paths = ReplicasPaths::spec_replicas(["v1"]).with("v2", None);
        assert_eq!(paths.to_scale(&parent).len(), 1);
        assert_eq!(
            paths.to_parent(&parent, &ManagedFields::new(), "v1"),
            [entry("v2")]
        );
    }
}
