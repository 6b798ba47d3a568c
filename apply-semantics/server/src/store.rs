//! Where objects are kept: tables of shared texts, one counter of revisions, and the history that watches read.

mod history;
mod labels;
mod object;
mod owners;
mod peek;
mod spares;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

use crate::meta;
pub(crate) use history::{Event, History, Lines};
use labels::LabelIndex;
use object::Hot;
pub(crate) use object::Object;
use owners::Owners;
use spares::Spares;

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

/// The objects of one resource.
#[derive(Debug, Clone, Default)]
struct Table {
    objects: BTreeMap<Arc<str>, Arc<Object>>,
    labels: LabelIndex,
}

/// All objects. Cloning copies no object, so a clone is a snapshot.
#[derive(Clone, Default)]
pub(crate) struct Store {
    revision: u64,
    tables: BTreeMap<Arc<str>, Table>,
    owners: Owners,
    /// Where objects are that are being deleted.
    terminating: BTreeSet<Place>,
    history: History,
    hot: Hot,
    spares: Spares,
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

    pub(crate) fn get(&self, place: &Place) -> Option<&Arc<Object>> {
        self.tables.get(&place.table)?.objects.get(&place.key)
    }

    /// The value of the object at a place.
    pub(crate) fn value(&self, place: &Place) -> Option<Arc<Value>> {
        self.get(place).map(|object| self.hot.value(object))
    }

    /// The value of an object, which stays for a while.
    pub(crate) fn value_of(&self, object: &Arc<Object>) -> Arc<Value> {
        self.hot.value(object)
    }

    /// A copy of the value of the object at a place, to be changed.
    pub(crate) fn copy(&mut self, place: &Place, value: &Value) -> Value {
        self.spares.copy(place, value)
    }

    /// Takes back what [`Store::copy`] gave and nobody needs: the next copy may be made of it.
    pub(crate) fn give_back(&mut self, place: &Place, value: Value) {
        let object = self.get(place);
        if object.is_some_and(|object| object.text().len() <= Spares::LONGEST) {
            self.spares.keep(place.clone(), value);
        }
    }

    /// The same of the value of an object that was written over, if nobody else has it.
    pub(crate) fn let_go(&mut self, place: &Place, value: Arc<Value>) {
        if let Ok(value) = Arc::try_unwrap(value) {
            self.give_back(place, value);
        }
    }

    /// The objects of a table whose keys begin so, in the order of keys.
    pub(crate) fn range<'a>(
        &'a self,
        table: &str,
        prefix: &'a str,
        after: &str,
    ) -> impl Iterator<Item = (&'a Arc<str>, &'a Arc<Object>)> + use<'a> {
        let start: Arc<str> = if after > prefix {
            after.into()
        } else {
            prefix.into()
        };
        self.tables
            .get(table)
            .into_iter()
            .flat_map(move |table| table.objects.range(Arc::clone(&start)..))
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// The objects of a table that have a label with one of these values, in the order of keys.
    pub(crate) fn labelled(
        &self,
        table: &str,
        label: &str,
        values: &[String],
    ) -> Vec<(&Arc<str>, &Arc<Object>)> {
        let Some(table) = self.tables.get(table) else {
            return Vec::new();
        };
        let mut keys: Vec<&Arc<str>> = table.labels.with(label, values).flatten().collect();
        if values.len() > 1 {
            keys.sort_unstable();
            keys.dedup();
        }
        let objects = keys.into_iter();
        objects
            .filter_map(|key| table.objects.get_key_value(key))
            .collect()
    }

    /// All objects of all tables.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Place, &Arc<Object>)> {
        self.tables.iter().flat_map(|(table, objects)| {
            objects.objects.iter().map(|(key, object)| {
                let place = Place {
                    table: Arc::clone(table),
                    key: Arc::clone(key),
                };
                (place, object)
            })
        })
    }

    /// The objects of all tables in a namespace.
    pub(crate) fn in_namespace(
        &self,
        namespace: &str,
    ) -> impl Iterator<Item = (Place, &Arc<Object>)> {
        let prefix = format!("{namespace}/");
        let start: Arc<str> = prefix.as_str().into();
        self.tables.iter().flat_map(move |(table, objects)| {
            let prefix = prefix.clone();
            objects
                .objects
                .range(Arc::clone(&start)..)
                .take_while(move |(key, _)| key.starts_with(&*prefix))
                .map(|(key, object)| {
                    let place = Place {
                        table: Arc::clone(table),
                        key: Arc::clone(key),
                    };
                    (place, object)
                })
        })
    }

    /// The objects of a table as they were at an earlier revision; `None` if that is forgotten.
    pub(crate) fn at(&self, revision: u64, table: &str) -> Option<BTreeMap<Arc<str>, Arc<Object>>> {
        let objects = self.tables.get(table).map(|table| table.objects.clone());
        let mut objects = objects.unwrap_or_default();
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

    /// The places of all objects that name owners.
    pub(crate) fn dependents(&self) -> impl Iterator<Item = &Place> {
        self.owners.dependents().into_iter()
    }

    /// The places of all objects that are being deleted.
    pub(crate) fn terminating(&self) -> impl Iterator<Item = &Place> {
        self.terminating.iter()
    }

    /// The object with that uid at that place, whatever it is now, exists?
    pub(crate) fn has_uid(&self, uid: &str) -> bool {
        self.owners.is_known(uid)
    }

    /// Writes an object under the next revision, which becomes its resource version.
    pub(crate) fn put(&mut self, place: &Place, mut object: Value) -> Arc<Object> {
        self.revision += 1;
        stamp(&mut object, self.revision);
        let object = self.object(place, object);
        self.keep(place, Some(Arc::clone(&object)), None);
        object
    }

    /// Takes an object away. What is left of it has the revision of its end.
    pub(crate) fn remove(&mut self, place: &Place) -> Option<Arc<Object>> {
        let mut last = Value::clone(&*self.value(place)?);
        self.revision += 1;
        stamp(&mut last, self.revision);
        let last = self.object(place, last);
        self.keep(place, None, Some(Arc::clone(&last)));
        Some(last)
    }

    /// Puts back what a log says, under the revision it says.
    pub(crate) fn replay(&mut self, place: &Place, revision: u64, object: Option<Value>) {
        self.revision = self.revision.max(revision);
        let object = object.map(|object| self.object(place, object));
        self.keep(place, object, None);
    }

    /// Counts revisions from there on, if they have not come so far.
    pub(crate) fn go_on_from(&mut self, revision: u64) {
        self.revision = self.revision.max(revision);
    }

    fn object(&mut self, place: &Place, value: Value) -> Arc<Object> {
        let table = self.tables.entry(Arc::clone(&place.table)).or_default();
        let object = Arc::new(Object::new(value, &table.labels));
        self.hot.keep(&object);
        object
    }

    /// Takes back what was written after a revision, if the history reaches back so far, and tells where that was.
    pub(crate) fn take_back(&mut self, revision: u64) -> Vec<Place> {
        let mut places = Vec::new();
        while let Some(event) = self.history.take_last_after(revision) {
            self.set(&event.place, event.old.as_ref());
            self.revision = self.revision.min(event.revision - 1);
            places.push(event.place);
        }
        places
    }

    fn keep(&mut self, place: &Place, object: Option<Arc<Object>>, last: Option<Arc<Object>>) {
        let old = self.set(place, object.as_ref());
        self.history.push(Event {
            revision: self.revision,
            place: place.clone(),
            old,
            new: object,
            last,
            lines: Lines::default(),
        });
    }

    /// Puts an object at a place, or nothing, and answers what was there.
    fn set(&mut self, place: &Place, object: Option<&Arc<Object>>) -> Option<Arc<Object>> {
        let table = self.tables.entry(Arc::clone(&place.table)).or_default();
        let old = match object {
            Some(object) => {
                let object = Arc::clone(object);
                if let Some(slot) = table.objects.get_mut(&place.key) {
                    Some(std::mem::replace(slot, object))
                } else {
                    table.objects.insert(Arc::clone(&place.key), object)
                }
            }
            None => table.objects.remove(&place.key),
        };
        let key = table
            .objects
            .get_key_value(&place.key)
            .map_or(&place.key, |(key, _)| key);
        let before = old.as_deref().map_or(&[][..], Object::labels);
        let after = object.map_or(&[][..], |object| object.labels());
        if before != after {
            table.labels.remove(key, before);
            table.labels.insert(key, after);
        }
        self.index(place, old.as_ref(), object);
        if let Some(old) = &old {
            old.forget_value();
        }
        old
    }

    /// Follows who owns what, and what is being deleted.
    fn index(&mut self, place: &Place, old: Option<&Arc<Object>>, new: Option<&Arc<Object>>) {
        let ended = |object: Option<&Arc<Object>>| object.is_some_and(|o| o.is_terminating());
        match (ended(old), ended(new)) {
            (false, true) => drop(self.terminating.insert(place.clone())),
            (true, false) => drop(self.terminating.remove(place)),
            _ => {}
        }
        let (old, new) = (
            old.map(|old| (old.has_owners(), old.value())),
            new.map(|new| (new.has_owners(), new.value())),
        );
        if let (Some((false, old)), Some((false, new))) = (&old, &new)
            && meta::uid(old) == meta::uid(new)
        {
            return;
        }
        if let Some((_, old)) = old {
            self.owners.remove(place, &old);
        }
        if let Some((_, new)) = new {
            self.owners.insert(place, &new);
        }
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
    fn what_was_written_is_taken_back() {
        let labelled = |name: &str, tier: &str| json!({"metadata": {"name": name, "uid": name, "labels": {"tier": tier}, "ownerReferences": [{"uid": tier}]}});
        let seen = |store: &Store| {
            let all: Vec<_> = store
                .all()
                .map(|(place, object)| (place, object.text().clone()))
                .collect();
            let gold = store.labelled("/configmaps", "tier", &["gold".to_owned()]);
            let gold: Vec<_> = gold.into_iter().map(|(key, _)| key.clone()).collect();
            let owned = (store.owned_by("gold"), store.owned_by("iron"));
            (store.revision(), all, gold, owned)
        };
        let mut store = Store::new(10);
        store.put(&place("x"), labelled("x", "gold"));
        store.put(&place("y"), labelled("y", "iron"));
        let (then, before) = (store.revision(), seen(&store));
        store.put(&place("x"), labelled("x", "iron"));
        store.remove(&place("y"));
        store.put(&place("z"), labelled("z", "gold"));
        store.put(&place("y"), labelled("y", "gold"));
        let mut places = store.take_back(then);
        places.reverse();
        assert_eq!(places, ["x", "y", "z", "y"].map(place));
        assert_eq!(seen(&store), before);
        assert_eq!(store.history().after(then).map(Iterator::count), Some(0));
        // What the history does not know stays.
        let mut short = Store::new(1);
        for name in ["a", "b", "c"] {
            short.put(&place(name), object(name));
        }
        let last = short.revision();
        assert!(short.take_back(last - 2).is_empty());
        assert_eq!(short.revision(), last);
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
