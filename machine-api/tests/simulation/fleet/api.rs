//! A small API: objects with revisions, and what controllers have seen of them.

use std::collections::BTreeMap;

use machine_api::Object;

/// Objects of one kind, each with the revision of its last write.
#[derive(Debug)]
pub(crate) struct Store<T> {
    objects: BTreeMap<String, (u64, T)>,
    revision: u64,
}

impl<T: Object + Clone> Store<T> {
    pub(crate) const fn new() -> Self {
        Self {
            objects: BTreeMap::new(),
            revision: 0,
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.objects.get(name).map(|(_, object)| object)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        self.objects.values().map(|(_, object)| object)
    }

    /// Makes an object, unless there is one of its name.
    pub(crate) fn create(&mut self, mut object: T) {
        let metadata = object.metadata_mut();
        if self.objects.contains_key(&metadata.name) {
            return;
        }
        self.revision += 1;
        metadata.uid = format!("{}-{}", metadata.name, self.revision);
        metadata.generation = 1;
        let name = metadata.name.clone();
        self.objects.insert(name, (self.revision, object));
    }

    /// Changes an object that has that uid; false if there is none.
    pub(crate) fn change(&mut self, name: &str, uid: &str, change: impl FnOnce(&mut T)) -> bool {
        let found = self.objects.get_mut(name);
        let Some((revision, object)) = found.filter(|(_, object)| object.metadata().uid == uid)
        else {
            return false;
        };
        self.revision += 1;
        *revision = self.revision;
        change(object);
        true
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.objects.remove(name);
    }
}

/// What a controller has seen of objects of one kind. It may be old, but never older than what the controller wrote itself.
#[derive(Debug)]
pub(crate) struct View<T> {
    pub(crate) objects: Vec<T>,
    seen: u64,
    /// In which round it looked at what was then.
    looked: Option<u64>,
}

/// So many rounds old is a look at most. Who looks at what was later still finds machines that came up long ago missing, and a
/// health check that does so is right to replace them.
const OLDEST: u64 = 6;

impl<T: Object + Clone> View<T> {
    pub(crate) const fn new() -> Self {
        Self {
            objects: Vec::new(),
            seen: 0,
            looked: None,
        }
    }

    /// Forgets everything, so that the next look shows what is.
    pub(crate) fn forget(&mut self) {
        *self = Self::new();
    }

    /// Sees what is; now if nothing was seen yet, else unless this look is a stale one.
    pub(crate) fn look(
        &mut self,
        store: &Store<T>,
        (round, stale): (u64, bool),
        own: impl Fn(&T) -> bool,
    ) {
        let young = self.looked.is_some_and(|looked| round < looked + OLDEST);
        if young && stale {
            return;
        }
        let seen = self.seen;
        self.objects.retain(|object| {
            let metadata = object.metadata();
            let now = store.get(&metadata.name);
            now.is_some_and(|now| now.metadata().uid == metadata.uid && own(now))
        });
        for (revision, object) in store.objects.values() {
            if *revision > seen && own(object) {
                self.put(object);
            }
        }
        self.seen = store.revision;
        self.looked = Some(round);
    }

    /// Sees one object.
    pub(crate) fn put(&mut self, object: &T) {
        let name = &object.metadata().name;
        match self
            .objects
            .binary_search_by(|present| present.metadata().name.cmp(name))
        {
            Ok(place) => self.objects[place] = object.clone(),
            Err(place) => self.objects.insert(place, object.clone()),
        }
    }

    /// Sees what a write of its own made of an object.
    pub(crate) fn see(&mut self, store: &Store<T>, name: &str) {
        if let Some(object) = store.get(name) {
            self.put(object);
        }
    }
}
