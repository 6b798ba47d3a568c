//! A small API: objects with revisions, and writers whose writes fail, or seem to, or are their last.

use std::collections::BTreeMap;

use machine_api::Object;

/// Numbers that are the same for the same seed.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.number() % limit.max(1)
    }

    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

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
    fresh: bool,
}

impl<T: Object + Clone> View<T> {
    pub(crate) const fn new() -> Self {
        Self {
            objects: Vec::new(),
            seen: 0,
            fresh: false,
        }
    }

    /// Forgets everything, so that the next look shows what is.
    pub(crate) fn forget(&mut self) {
        *self = Self::new();
    }

    /// Sees what is; now if nothing was seen yet, else unless this look is a stale one.
    pub(crate) fn look(&mut self, store: &Store<T>, stale: bool, own: impl Fn(&T) -> bool) {
        if self.fresh && stale {
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
        self.fresh = true;
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

/// Why a controller stops in the middle of its work. It forgets what it has seen then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stopped;

/// How often something goes wrong, in percent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faults {
    /// A look shows what was seen before.
    pub(crate) stale: u64,
    /// A controller is not woken.
    pub(crate) lost: u64,
    /// A write is refused, or done and said to be refused.
    pub(crate) refused: u64,
    /// The controller ends before a write.
    pub(crate) crash: u64,
}

/// Does the writes of a controller.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    pub(crate) random: &'a mut Random,
    pub(crate) faults: Faults,
}

impl Writer<'_> {
    /// Does a write, or does not, or does it and says that it did not.
    pub(crate) fn write(&mut self, write: impl FnOnce()) -> Result<(), Stopped> {
        if self.random.percent(self.faults.crash) {
            return Err(Stopped);
        }
        if self.random.percent(self.faults.refused) {
            if self.random.percent(50) {
                write();
            }
            return Err(Stopped);
        }
        write();
        Ok(())
    }
}
