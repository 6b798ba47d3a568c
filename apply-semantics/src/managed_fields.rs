//! `metadata.managedFields`: who manages which fields of an object, by which operation, and since when.
//!
//! This follows what the API server does with the entries, in the package `managedfields` of apimachinery: which ones it
//! reads, how it tells managers apart, in which order it writes them, and which of them it merges when there are too many.
//!
//! ```
//! use apply_semantics::{fieldset::FieldSet, managed_fields::{Entry, ManagedFields, Operation, Time}};
//! use serde_json::json;
//!
//! let mut object = json!({"metadata": {"name": "web", "managedFields": [
//!     {"manager": "scaler", "operation": "Update", "apiVersion": "apps/v1", "time": "2024-05-01T08:00:00Z",
//!      "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
//! ]}});
//! let mut managed = ManagedFields::decode(&object)?;
//! let scaler = managed.iter().next().expect("one entry");
//! assert_eq!(scaler.manager().to_string(), r#""scaler" using apps/v1"#);
//! assert_eq!(scaler.time(), Some(Time::from_unix_seconds(1_714_550_400)));
//!
//! let fields: FieldSet = r#"{"f:spec":{"f:paused":{}}}"#.parse()?;
//! managed.insert(Entry::new("deployer", Operation::Apply, "apps/v1", fields));
//! managed.write(&mut object);
//! assert_eq!(object["metadata"]["managedFields"][0]["manager"], "deployer");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod codec;
mod diff;
mod entry;
mod manager;
mod time;
mod upkeep;

use serde_json::Value;

pub use codec::ManagedFieldsError;
pub(crate) use codec::put;
pub use diff::EntryDiff;
pub use entry::Entry;
pub use manager::{Manager, Operation};
pub use time::{Time, TimeError};
pub(crate) use upkeep::is_never_owned;
pub use upkeep::{ANCIENT_CHANGES, MAX_UPDATERS, never_owned, strip};

/// The name of the manager of requests that name none.
pub const UNKNOWN_MANAGER: &str = "unknown";

/// All entries of an object, one for each manager, in the order in which the API server writes them: what was applied before
/// what was updated, then by time (entries without time first), name, version and subresource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManagedFields(Vec<Entry>);

impl ManagedFields {
    /// No entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the entries of an object. One without any has none.
    ///
    /// # Errors
    /// The API server would not read an entry: then it reads none.
    pub fn decode(object: &Value) -> Result<Self, ManagedFieldsError> {
        Self::from_entries(of(object).unwrap_or(&Value::Null))
    }

    /// Reads a list of entries. Of several of one manager the last counts; null is an empty list.
    ///
    /// # Errors
    /// The API server would not read an entry: then it reads none.
    pub fn from_entries(entries: &Value) -> Result<Self, ManagedFieldsError> {
        codec::decode(entries).map(|entries| entries.into_iter().collect())
    }

    /// The list as it stands in objects; none if there are no entries. In a map type that sorts its keys the sets of fields are
    /// not in their canonical order: [`ManagedFields::to_json`] has the exact text.
    pub fn encode(&self) -> Option<Value> {
        (!self.0.is_empty()).then(|| self.0.iter().map(Entry::encode).collect())
    }

    /// The list as the API server writes it, byte for byte.
    pub fn to_json(&self) -> String {
        codec::to_json(&self.0)
    }

    /// Makes these the entries of an object. Without entries the object has no `managedFields`.
    pub fn write(&self, object: &mut Value) {
        match self.encode() {
            Some(entries) => put(object, entries),
            None => drop(take(object)),
        }
    }

    /// The entries, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Entry> + DoubleEndedIterator {
        self.0.iter()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entry of a manager.
    pub fn get(&self, manager: &Manager) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.manager() == *manager)
    }

    /// The entry that a manager of that name applied, to the object itself (subresource `""`) or to a subresource.
    pub fn applied_by(&self, name: &str, subresource: &str) -> Option<&Entry> {
        self.get(&Manager::applier(name, subresource))
    }

    /// Adds an entry; returns that of the same manager that it replaces.
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        let replaced = self.remove(&entry.manager());
        let at = self.0.partition_point(|other| *other < entry);
        self.0.insert(at, entry);
        replaced
    }

    /// Takes the entry of a manager out.
    pub fn remove(&mut self, manager: &Manager) -> Option<Entry> {
        let at = self
            .0
            .iter()
            .position(|entry| entry.manager() == *manager)?;
        Some(self.0.remove(at))
    }

    /// Keeps only some entries.
    pub fn retain(&mut self, keep: impl FnMut(&Entry) -> bool) {
        self.0.retain(keep);
    }

    /// Whether the entries are the same but for their times.
    pub fn is_same_but_for_times(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self
                .0
                .iter()
                .zip(&other.0)
                .all(|(entry, other)| entry.is_same_but_for_time(other))
    }

    fn sort(&mut self) {
        self.0.sort();
    }
}

/// Of several entries of one manager the last counts.
impl FromIterator<Entry> for ManagedFields {
    fn from_iter<T: IntoIterator<Item = Entry>>(entries: T) -> Self {
        let mut managed = Self::new();
        for entry in entries {
            let manager = entry.manager();
            match managed
                .0
                .iter_mut()
                .find(|other| other.manager() == manager)
            {
                Some(other) => *other = entry,
                None => managed.0.push(entry),
            }
        }
        managed.sort();
        managed
    }
}

impl IntoIterator for ManagedFields {
    type Item = Entry;
    type IntoIter = std::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The entries of an object as they stand in it.
pub fn of(object: &Value) -> Option<&Value> {
    object.get("metadata")?.get("managedFields")
}

/// Takes the entries out of an object.
pub fn take(object: &mut Value) -> Option<Value> {
    object
        .get_mut("metadata")?
        .as_object_mut()?
        .remove("managedFields")
}

/// Whether an object asks, in an update, to forget who manages what: its list of entries is empty, or holds one empty entry.
pub fn is_reset(object: &Value) -> bool {
    match of(object).and_then(Value::as_array).map(Vec::as_slice) {
        Some([]) => true,
        Some([only]) => codec::is_blank(only),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(manager: &str, operation: Operation, version: &str) -> Entry {
        Entry::new(
            manager,
            operation,
            version,
            r#"{"f:a":{}}"#.parse().unwrap(),
        )
    }

    #[test]
    fn entries_are_in_the_order_of_the_server() {
        let at = |seconds| Time::from_unix_seconds(seconds);
        let entries = [
            entry("b", Operation::Update, "v1").at(at(1)),
            entry("a", Operation::Update, "v1").at(at(1)).on("status"),
            entry("a", Operation::Update, "v1").at(at(1)),
            entry("z", Operation::Apply, "v1").at(at(9)),
            entry("a", Operation::Update, "v2"),
        ];
        let managed: ManagedFields = entries.into_iter().collect();
        let names: Vec<_> = managed
            .iter()
            .map(|entry| {
                format!(
                    "{} {:?}",
                    entry.manager(),
                    entry.time().map(Time::unix_seconds)
                )
            })
            .collect();
        assert_eq!(
            names,
            [
                "\"z\" Some(9)",
                "\"a\" using v2 None",
                "\"a\" using v1 Some(1)",
                "\"a\" with subresource \"status\" using v1 Some(1)",
                "\"b\" using v1 Some(1)",
            ]
        );
    }

    #[test]
    fn appliers_are_one_through_all_versions() {
        let mut managed = ManagedFields::new();
        assert!(managed.insert(entry("a", Operation::Apply, "v1")).is_none());
        assert!(
            managed
                .insert(entry("a", Operation::Update, "v1"))
                .is_none()
        );
        assert!(
            managed
                .insert(entry("a", Operation::Update, "v2"))
                .is_none()
        );
        let replaced = managed.insert(entry("a", Operation::Apply, "v2")).unwrap();
        assert_eq!(replaced.api_version(), "v1");
        assert_eq!(managed.len(), 3);
        assert_eq!(managed.applied_by("a", "").unwrap().api_version(), "v2");
        assert!(managed.applied_by("a", "scale").is_none());
    }

    #[test]
    fn only_empty_lists_and_single_blank_entries_reset() {
        let object = |entries: Value| json!({"metadata": {"managedFields": entries}});
        for (entries, reset) in [
            (json!([]), true),
            (json!([{}]), true),
            (json!([null]), true),
            (json!([{"manager": "", "time": null}]), true),
            (json!([{"manager": "a"}]), false),
            (json!([{}, {}]), false),
            (json!(null), false),
        ] {
            assert_eq!(is_reset(&object(entries.clone())), reset, "{entries}");
        }
        assert!(!is_reset(&json!({})));
    }

    #[test]
    fn objects_without_entries_have_no_list() {
        let mut object = json!({"metadata": {"managedFields": []}});
        ManagedFields::new().write(&mut object);
        assert_eq!(object, json!({"metadata": {}}));
        let managed: ManagedFields = [entry("a", Operation::Apply, "v1")].into_iter().collect();
        let mut bare = json!({});
        managed.write(&mut bare);
        assert_eq!(ManagedFields::decode(&bare), Ok(managed));
    }
}
