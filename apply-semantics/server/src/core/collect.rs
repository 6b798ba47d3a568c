//! What controllers of a cluster do after writes, done at once: garbage is collected, and namespaces that end are emptied.

use std::sync::Arc;

use apply_semantics::op::{Propagation, Refusal};
use serde_json::Value;

use super::{Core, delete, write::is_finished};
use crate::{
    call::DeleteSettings,
    meta,
    registry::Resource,
    store::{Object, Place},
};

impl Core {
    /// What a write brings about. Without `object` it was a removal.
    pub(super) fn after_write(
        &mut self,
        place: &Place,
        object: Option<&Value>,
    ) -> Result<(), Refusal> {
        self.follow_definitions(place, object);
        self.keep_account(place, object);
        if !self.controllers || !self.concerns_controllers(object) {
            return Ok(());
        }
        // Every step removes an object or a finalizer, so this ends.
        while self.collect_one(place)? {}
        Ok(())
    }

    /// Whether the last write can have left something to do: it ended something, or concerns owners.
    fn concerns_controllers(&self, new: Option<&Value>) -> bool {
        let owned = |object: &Value| meta::field(object, "ownerReferences").is_some();
        if let Some(new) = new {
            return meta::is_terminating(new) || owned(new);
        }
        let old = self
            .store
            .history()
            .last()
            .and_then(|event| event.old.as_deref());
        old.map(Object::value).is_none_or(|old| {
            let namespace = meta::namespace(&old).and_then(|name| self.namespace(name));
            owned(&old)
                || !self.store.owned_by(meta::uid(&old)).is_empty()
                || namespace.is_some_and(|namespace| meta::is_terminating(&namespace))
        })
    }

    /// One step of what is left to do: for the objects around a place.
    fn collect_one(&mut self, place: &Place) -> Result<bool, Refusal> {
        if let Some(next) = self.next_garbage()
            && let (Some(live), Some(resource)) =
                (self.store.value(&next), self.stored_resource(&next))
        {
            let settings = DeleteSettings {
                propagation: self.treatment(&live),
                ..DeleteSettings::default()
            };
            self.without_controllers(|core| {
                core.delete_object(&next, &live, &resource, &settings)
            })?;
            return Ok(true);
        }
        let _ = place;
        self.end_one()
    }

    /// What becomes of the dependents of an object that is collected: while an owner waits for it in the foreground, it waits for
    /// them in turn.
    fn treatment(&self, object: &Value) -> Option<Propagation> {
        let owners = meta::field(object, "ownerReferences");
        let mut owners = owners.and_then(Value::as_array).into_iter().flatten();
        let awaited = owners.any(|owner| {
            let uid = owner.get("uid").and_then(Value::as_str);
            uid.is_some_and(|uid| self.store.has_uid(uid))
        });
        let has_dependents = !self.store.owned_by(meta::uid(object)).is_empty();
        (awaited && has_dependents).then_some(Propagation::Foreground)
    }

    /// An object all of whose owners are gone, and that is not ending yet.
    fn next_garbage(&self) -> Option<Place> {
        let orphaned = self.store.dependents().find(|place| {
            let Some(object) = self.store.get(place).filter(|o| !o.is_terminating()) else {
                return false;
            };
            let object = self.store.value_of(object);
            let owners = object
                .pointer("/metadata/ownerReferences")
                .and_then(Value::as_array);
            let Some(owners) = owners.filter(|owners| !owners.is_empty()) else {
                return false;
            };
            let gone = |owner: &Value| {
                let uid = owner.get("uid").and_then(Value::as_str).unwrap_or_default();
                !self.store.has_uid(uid)
            };
            owners.iter().all(gone)
        });
        if let Some(place) = orphaned {
            return Some(place.clone());
        }
        self.in_ending_namespace().or_else(|| self.in_foreground())
    }

    /// An object in a namespace that ends.
    fn in_ending_namespace(&self) -> Option<Place> {
        let ending = self.store.terminating();
        let ending = ending.filter(|place| &*place.table == "/namespaces");
        for namespace in ending {
            let inside = self
                .store
                .in_namespace(&namespace.key)
                .find(|(place, object)| {
                    !object.is_terminating() && self.stored_resource(place).is_some()
                });
            if let Some((place, _)) = inside {
                return Some(place);
            }
        }
        None
    }

    /// A dependent of an object that is deleted in the foreground.
    fn in_foreground(&self) -> Option<Place> {
        for owner in self.store.terminating() {
            let owner = self.store.value(owner)?;
            if !meta::finalizers(&owner).contains(&delete::FOREGROUND) {
                continue;
            }
            let dependents = self.store.owned_by(meta::uid(&owner)).into_iter();
            let alive = |place: &Place| {
                let object = self.store.get(place);
                object.is_some_and(|object| !object.is_terminating())
            };
            if let Some(place) = dependents.into_iter().find(alive) {
                return Some(place);
            }
        }
        None
    }

    /// Takes one finalizer that is done away: of an orphaning or foreground deletion, or of a namespace that is empty.
    fn end_one(&mut self) -> Result<bool, Refusal> {
        let candidates = self.store.terminating();
        let candidates: Vec<(Place, Arc<Value>)> = candidates
            .filter_map(|place| Some((place.clone(), self.store.value(place)?)))
            .collect();
        for (place, object) in candidates {
            let finalizers = meta::finalizers(&object);
            if finalizers.contains(&delete::ORPHAN) {
                self.release_dependents(meta::uid(&object));
                return self
                    .drop_finalizer(&place, &object, delete::ORPHAN)
                    .map(|()| true);
            }
            let blocked = || {
                self.store.owned_by(meta::uid(&object)).iter().any(|place| {
                    self.store
                        .value(place)
                        .is_some_and(|dependent| blocks(&dependent, meta::uid(&object)))
                })
            };
            if finalizers.contains(&delete::FOREGROUND) && !blocked() {
                return self
                    .drop_finalizer(&place, &object, delete::FOREGROUND)
                    .map(|()| true);
            }
            if &*place.table == "/namespaces"
                && self.is_empty_namespace(&place.key)
                && has_kubernetes_finalizer(&object)
            {
                return self.finish_namespace(&place, &object).map(|()| true);
            }
        }
        Ok(false)
    }

    fn is_empty_namespace(&self, name: &str) -> bool {
        self.store.in_namespace(name).next().is_none()
    }

    fn finish_namespace(&mut self, place: &Place, object: &Value) -> Result<(), Refusal> {
        let mut ending = object.clone();
        if let Some(finalizers) = ending
            .pointer_mut("/spec/finalizers")
            .and_then(Value::as_array_mut)
        {
            finalizers.retain(|name| name != "kubernetes");
        }
        self.put_or_end(place, ending)
    }

    fn drop_finalizer(&mut self, place: &Place, object: &Value, name: &str) -> Result<(), Refusal> {
        let mut ending = object.clone();
        let left = meta::finalizers(object)
            .into_iter()
            .filter(|other| *other != name);
        let left = left.map(str::to_owned).collect();
        meta::set_finalizers(&mut ending, left);
        self.put_or_end(place, ending)
    }

    fn put_or_end(&mut self, place: &Place, object: Value) -> Result<(), Refusal> {
        let resource = self.stored_resource(place);
        let finished = resource.is_some_and(|resource| is_finished(&object, &resource));
        self.without_controllers(|core| {
            if finished {
                core.erase(place, &object)
            } else {
                core.store.put(place, object);
                Ok(())
            }
        })
    }

    /// Takes an owner out of its dependents.
    fn release_dependents(&mut self, uid: &str) {
        for place in self.store.owned_by(uid) {
            let Some(object) = self.store.value(&place) else {
                continue;
            };
            let mut object = Value::clone(&object);
            let owners = object
                .pointer_mut("/metadata/ownerReferences")
                .and_then(Value::as_array_mut);
            let left = owners.map(|owners| {
                owners.retain(|owner| owner.get("uid").and_then(Value::as_str) != Some(uid));
                owners.len()
            });
            if left == Some(0) {
                meta::remove(&mut object, "ownerReferences");
            }
            self.store.put(&place, object);
        }
    }

    /// The resource of what is stored at a place.
    pub(crate) fn stored_resource(&self, place: &Place) -> Option<Arc<Resource>> {
        self.registry.of_table(&place.table).cloned()
    }

    fn without_controllers<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        self.controllers = false;
        let result = act(self);
        self.controllers = true;
        result
    }
}

/// Whether a dependent keeps its owner from going.
fn blocks(dependent: &Value, uid: &str) -> bool {
    let owners = dependent
        .pointer("/metadata/ownerReferences")
        .and_then(Value::as_array);
    let mut owners = owners.into_iter().flatten();
    owners.any(|owner| {
        owner.get("uid").and_then(Value::as_str) == Some(uid)
            && owner
                .get("blockOwnerDeletion")
                .and_then(Value::as_bool)
                .unwrap_or_default()
    })
}

fn has_kubernetes_finalizer(namespace: &Value) -> bool {
    let finalizers = namespace
        .pointer("/spec/finalizers")
        .and_then(Value::as_array);
    finalizers.is_some_and(|finalizers| finalizers.iter().any(|name| name == "kubernetes"))
}
