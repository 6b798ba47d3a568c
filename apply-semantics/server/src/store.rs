//! Where objects are kept: tables of shared values, one counter of revisions, and the history that watches read.

mod history;
mod owners;

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

pub(crate) use history::{Event, History};
use owners::Owners;

/// Where an object is: its table (`group/resource`) and its key (`namespace/name`, or the name alone).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) table: Arc<str>,
    pub(crate) key: Arc<str>,
}

impl Place {
    pub(crate) fn new(table: &Arc<str>, namespace: Option<&str>, name: &str) -> Self {
        let key = match namespace.filter(|namespace| !namespace.is_empty()) {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.to_owned(),
        };
        Self {
            table: Arc::clone(table),
            key: key.into(),
        }
    }
}

type Table = BTreeMap<Arc<str>, Arc<Value>>;

/// All objects. Cloning copies no object, so a clone is a snapshot.
#[derive(Clone, Default)]
pub(crate) struct Store {
    revision: u64,
    tables: BTreeMap<Arc<str>, Table>,
    owners: Owners,
    history: History,
}

impl Store {
    pub(crate) fn new(history: usize) -> Self {
        Self {
            revision: 1,
            history: History::new(history),
            ..Self::default()
        }
    }

    /// The revision of the last write.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    pub(crate) fn get(&self, place: &Place) -> Option<&Arc<Value>> {
        self.tables.get(&place.table)?.get(&place.key)
    }

    /// The objects of a table whose keys begin so, in the order of keys.
    pub(crate) fn range<'a>(
        &'a self,
        table: &str,
        prefix: &'a str,
        after: &str,
    ) -> impl Iterator<Item = (&'a Arc<str>, &'a Arc<Value>)> + use<'a> {
        let start: Arc<str> = if after > prefix {
            after.into()
        } else {
            prefix.into()
        };
        self.tables
            .get(table)
            .into_iter()
            .flat_map(move |objects| objects.range(Arc::clone(&start)..))
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// All objects of all tables.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Place, &Arc<Value>)> {
        self.tables.iter().flat_map(|(table, objects)| {
            objects.iter().map(|(key, object)| {
                let place = Place {
                    table: Arc::clone(table),
                    key: Arc::clone(key),
                };
                (place, object)
            })
        })
    }

    /// The objects of a table as they were at an earlier revision; `None` if that is forgotten.
    pub(crate) fn at(&self, revision: u64, table: &str) -> Option<BTreeMap<Arc<str>, Arc<Value>>> {
        let mut objects = self.tables.get(table).cloned().unwrap_or_default();
        for event in self.history.after(revision)?.rev() {
            if &*event.place.table != table {
                continue;
            }
            match &event.old {
                Some(old) => objects.insert(Arc::clone(&event.place.key), Arc::clone(old)),
                None => objects.remove(&event.place.key),
            };
        }
        Some(objects)
    }

    /// The places of objects that name an owner with this uid.
    pub(crate) fn owned_by(&self, uid: &str) -> Vec<Place> {
        self.owners.of(uid)
    }

    /// The object with that uid at that place, whatever it is now, exists?
    pub(crate) fn has_uid(&self, uid: &str) -> bool {
        self.owners.is_known(uid)
    }

    /// Writes an object under the next revision, which becomes its resource version.
    pub(crate) fn put(&mut self, place: &Place, mut object: Value) -> Arc<Value> {
        self.revision += 1;
        stamp(&mut object, self.revision);
        let object = Arc::new(object);
        self.keep(place, Some(Arc::clone(&object)));
        object
    }

    /// Takes an object away. What is left of it has the revision of its end.
    pub(crate) fn remove(&mut self, place: &Place) -> Option<Arc<Value>> {
        let mut last = Value::clone(self.get(place)?);
        self.revision += 1;
        stamp(&mut last, self.revision);
        let last = Arc::new(last);
        self.keep(place, None);
        self.history.last_words(Arc::clone(&last));
        Some(last)
    }

    /// Puts back what a log says, under the revision it says.
    pub(crate) fn replay(&mut self, place: &Place, revision: u64, object: Option<Value>) {
        self.revision = self.revision.max(revision);
        self.keep(place, object.map(Arc::new));
    }

    fn keep(&mut self, place: &Place, object: Option<Arc<Value>>) {
        let table = self.tables.entry(Arc::clone(&place.table)).or_default();
        let old = match &object {
            Some(object) => table.insert(Arc::clone(&place.key), Arc::clone(object)),
            None => table.remove(&place.key),
        };
        self.owners.update(place, old.as_deref(), object.as_deref());
        self.history.push(Event {
            revision: self.revision,
            place: place.clone(),
            old,
            new: object,
            last: None,
        });
    }

    /// Forgets the history up to a revision: watches from before get to know that they are too old.
    pub(crate) fn compact(&mut self, revision: u64) {
        self.history.compact(revision.min(self.revision));
    }
}

fn stamp(object: &mut Value, revision: u64) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("resourceVersion".to_owned(), revision.to_string().into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn place(name: &str) -> Place {
        Place::new(&"/configmaps".into(), Some("a"), name)
    }

    fn object(name: &str) -> Value {
        json!({"metadata": {"name": name, "uid": name, "ownerReferences": [{"uid": "owner"}]}})
    }

    #[test]
    fn the_past_can_be_read_until_it_is_compacted() {
        let mut store = Store::new(10);
        store.put(&place("x"), object("x"));
        let then = store.revision();
        store.put(&place("y"), object("y"));
        store.remove(&place("x"));
        let keys = |objects: BTreeMap<Arc<str>, _>| objects.into_keys().map(|key| key.to_string());
        let past = store
            .at(then, "/configmaps")
            .map(|past| keys(past).collect::<Vec<_>>());
        assert_eq!(past, Some(vec!["a/x".to_owned()]));
        store.compact(store.revision());
        assert!(store.at(then, "/configmaps").is_none());
        assert_eq!(store.range("/configmaps", "a/", "").count(), 1);
    }

    #[test]
    fn owners_are_found_by_uid() {
        let mut store = Store::new(10);
        store.put(&place("x"), object("x"));
        assert_eq!(store.owned_by("owner"), [place("x")]);
        assert!(store.has_uid("x"));
        store.remove(&place("x"));
        assert!(store.owned_by("owner").is_empty());
        assert!(!store.has_uid("x"));
    }

    #[test]
    fn history_is_bounded() {
        let mut store = Store::new(3);
        for index in 0..5 {
            store.put(&place(&format!("n{index}")), object("n"));
        }
        assert!(store.history().after(store.revision() - 4).is_none());
        assert_eq!(
            store
                .history()
                .after(store.revision() - 3)
                .map(Iterator::count),
            Some(3)
        );
    }
}
