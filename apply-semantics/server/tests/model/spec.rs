//! What a server of ConfigMaps is, as simply as it can be said: a map of objects, a number that counts writes, and the list of all
//! writes. Who owns which field the engine says that follows the original step by step.

use std::collections::BTreeMap;

use apply_semantics::{
    defaults::normalise,
    managed_fields::Time,
    op::Reason,
    patch::{Patch, PatchType},
    request::{
        ApplyOptions, Effect, Engine, Kinds, OnFailure, RequestError, UpdateOptions, settle,
    },
};
use serde_json::{Value, json};

/// A write.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Write {
    Create(Value),
    /// An apply, and whether it is forced.
    Apply(Value, bool),
    Put(Value),
    Merge(Value),
    /// A deletion, if the object has this version still.
    Delete(Option<String>),
}

/// What the answer to a write must be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reply {
    Object(u16, Value),
    /// It is gone.
    Deleted,
    /// A refusal: the code, the reason, and all of the status if that is known.
    Refused(u16, Reason, Option<Value>),
}

/// A write that was done.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) key: String,
    pub(crate) old: Option<Value>,
    pub(crate) new: Option<Value>,
    /// What a removal leaves to be told.
    pub(crate) last: Option<Value>,
}

#[derive(Clone)]
pub(crate) struct Spec {
    pub(crate) revision: u64,
    pub(crate) now: i64,
    pub(crate) objects: BTreeMap<String, Value>,
    pub(crate) changes: Vec<Change>,
    /// What happened up to here can be forgotten.
    pub(crate) compacted: u64,
    capacity: u64,
    engine: Engine,
}

pub(crate) fn key(name: &str) -> String {
    format!("default/{name}")
}

fn metadata<'a>(object: &'a Value, field: &str) -> &'a Value {
    object
        .pointer(&format!("/metadata/{field}"))
        .unwrap_or(&Value::Null)
}

fn set(object: &mut Value, field: &str, value: Value) {
    if value.is_null() {
        object["metadata"]
            .as_object_mut()
            .expect("metadata")
            .remove(field);
    } else {
        object["metadata"][field] = value;
    }
}

fn version_of(object: &Value) -> &str {
    metadata(object, "resourceVersion")
        .as_str()
        .unwrap_or_default()
}

fn stale() -> Reply {
    Reply::Refused(409, Reason::Conflict, None)
}

fn missing() -> Reply {
    Reply::Refused(404, Reason::NotFound, None)
}

impl Spec {
    pub(crate) fn new(revision: u64, now: i64, capacity: u64) -> Self {
        Self {
            revision,
            now,
            objects: BTreeMap::new(),
            changes: Vec::new(),
            compacted: 1.max(revision.saturating_sub(capacity)),
            capacity,
            engine: Engine::new(Kinds::builtin()).reference(),
        }
    }

    fn time(&self) -> Time {
        Time::from_unix_seconds(self.now)
    }

    pub(crate) fn compact(&mut self) {
        self.compacted = self.revision;
    }

    /// Does a write to the object of that name. A new object gets that uid.
    pub(crate) fn write(
        &mut self,
        name: &str,
        manager: &str,
        write: &Write,
        dry_run: bool,
        uid: &str,
    ) -> Reply {
        let live = self.objects.get(&key(name)).cloned();
        match (write, live) {
            (Write::Create(object), live) => {
                let new = self.updated(None, located(object, name), manager);
                match live {
                    Some(_) => Reply::Refused(409, Reason::AlreadyExists, None),
                    None => self.created(name, new, uid, dry_run),
                }
            }
            (Write::Apply(config, force), live) => {
                let options = ApplyOptions::new(manager)
                    .force(*force)
                    .at(self.time())
                    .version("v1");
                let config = located(config, name);
                let mut new = match self.engine.apply(live.clone(), config, &options) {
                    Ok(written) => written.into_object(),
                    Err(RequestError::Conflicts(conflicts)) => {
                        let status = conflicts.to_status();
                        return Reply::Refused(409, Reason::Conflict, Some(status));
                    }
                    Err(other) => unreachable!("{other}"),
                };
                normalise(&mut new).expect("a ConfigMap");
                match live {
                    Some(live) => self.changed(name, &live, new, dry_run),
                    None => self.created(name, new, uid, dry_run),
                }
            }
            (_, None) => missing(),
            (Write::Put(object), Some(live)) => {
                let uid = metadata(object, "uid");
                let version = version_of(object);
                if !(uid.is_null() || uid == metadata(&live, "uid"))
                    || !(version.is_empty() || version == version_of(&live))
                {
                    return stale();
                }
                let mut new = located(object, name);
                normalise(&mut new).expect("a ConfigMap");
                let new = self.updated(Some(&live), new, manager);
                self.changed(name, &live, new, dry_run)
            }
            (Write::Merge(patch), Some(live)) => {
                let patch = Patch::new(PatchType::Merge, patch.clone());
                let mut new = patch.apply(live.clone(), None).expect("a merge patch");
                normalise(&mut new).expect("a ConfigMap");
                let new = self.updated(Some(&live), new, manager);
                self.changed(name, &live, new, dry_run)
            }
            (Write::Delete(version), Some(live)) => {
                self.deleted(name, &live, version.as_deref(), dry_run)
            }
        }
    }

    fn updated(&self, live: Option<&Value>, new: Value, manager: &str) -> Value {
        let options = UpdateOptions::new(manager)
            .at(self.time())
            .version("v1")
            .on_failure(OnFailure::Forget);
        let written = self.engine.update(live.cloned(), new, &options);
        written.expect("a ConfigMap").into_object()
    }

    fn created(&mut self, name: &str, mut new: Value, uid: &str, dry_run: bool) -> Reply {
        set(&mut new, "uid", uid.into());
        set(
            &mut new,
            "creationTimestamp",
            self.time().to_string().into(),
        );
        set(&mut new, "resourceVersion", Value::Null);
        if !dry_run {
            self.store(name, None, Some(&mut new));
        }
        Reply::Object(201, new)
    }

    fn changed(&mut self, name: &str, live: &Value, mut new: Value, dry_run: bool) -> Reply {
        for field in [
            "uid",
            "creationTimestamp",
            "resourceVersion",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
        ] {
            set(&mut new, field, metadata(live, field).clone());
        }
        if settle(live, &mut new) == Effect::Nothing {
            return Reply::Object(200, live.clone());
        }
        let ended = !metadata(&new, "deletionTimestamp").is_null() && finalizers(&new) == 0;
        if dry_run {
            return Reply::Object(200, new);
        }
        if ended {
            self.store(name, Some(live), None);
        } else {
            self.store(name, Some(live), Some(&mut new));
        }
        Reply::Object(200, new)
    }

    fn deleted(&mut self, name: &str, live: &Value, version: Option<&str>, dry_run: bool) -> Reply {
        if version.is_some_and(|version| version != version_of(live)) {
            return stale();
        }
        if finalizers(live) == 0 {
            if !dry_run {
                self.store(name, Some(live), None);
            }
            return Reply::Deleted;
        }
        let mut ending = live.clone();
        if metadata(live, "deletionTimestamp").is_null() {
            set(
                &mut ending,
                "deletionTimestamp",
                self.time().to_string().into(),
            );
            set(&mut ending, "deletionGracePeriodSeconds", json!(0));
            if !dry_run {
                self.store(name, Some(live), Some(&mut ending));
            }
        }
        Reply::Object(200, ending)
    }

    fn store(&mut self, name: &str, old: Option<&Value>, new: Option<&mut Value>) {
        self.revision += 1;
        self.compacted = self
            .compacted
            .max(self.revision.saturating_sub(self.capacity));
        let stamp = Value::from(self.revision.to_string());
        let mut change = Change {
            revision: self.revision,
            key: key(name),
            old: old.cloned(),
            new: None,
            last: None,
        };
        if let Some(new) = new {
            set(new, "resourceVersion", stamp);
            change.new = Some(new.clone());
            self.objects.insert(key(name), new.clone());
        } else {
            let mut last = old.expect("it was there").clone();
            set(&mut last, "resourceVersion", stamp);
            change.last = Some(last);
            self.objects.remove(&key(name));
        }
        self.changes.push(change);
    }

    /// All objects at an earlier revision.
    pub(crate) fn at(&self, revision: u64) -> BTreeMap<String, Value> {
        let mut objects = self.objects.clone();
        let later = self.changes.iter().rev();
        for change in later.take_while(|change| change.revision > revision) {
            match &change.old {
                Some(old) => objects.insert(change.key.clone(), old.clone()),
                None => objects.remove(&change.key),
            };
        }
        objects
    }
}

/// An object in the place that the request names.
fn located(object: &Value, name: &str) -> Value {
    let mut object = object.clone();
    set(&mut object, "namespace", "default".into());
    set(&mut object, "name", name.into());
    object
}

fn finalizers(object: &Value) -> usize {
    metadata(object, "finalizers")
        .as_array()
        .map_or(0, Vec::len)
}

/// Whether an object has that value of the label `tier`; without one, whatever it has.
pub(crate) fn is_selected(object: &Value, tier: Option<&str>) -> bool {
    let found = metadata(object, "labels")
        .get("tier")
        .and_then(Value::as_str);
    tier.is_none() || found == tier
}

impl Change {
    /// What a watch of objects with that label is told of the change.
    pub(crate) fn event(&self, tier: Option<&str>) -> Option<(&'static str, Value)> {
        let selected =
            |object: &Option<Value>| object.as_ref().is_some_and(|o| is_selected(o, tier));
        match (selected(&self.old), selected(&self.new)) {
            (false, true) => Some(("ADDED", self.new.clone()?)),
            (true, true) => Some(("MODIFIED", self.new.clone()?)),
            (true, false) => {
                let mut last = self.last.clone().or_else(|| self.old.clone())?;
                set(
                    &mut last,
                    "resourceVersion",
                    self.revision.to_string().into(),
                );
                Some(("DELETED", last))
            }
            (false, false) => None,
        }
    }
}
