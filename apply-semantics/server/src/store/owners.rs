use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Place;

/// Which objects name which uid as their owner, and which uids there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Owners {
    dependents: BTreeMap<String, BTreeSet<Place>>,
    uids: BTreeSet<String>,
}

impl Owners {
    pub(super) fn of(&self, uid: &str) -> Vec<Place> {
        let places = self.dependents.get(uid);
        places
            .map(|places| places.iter().cloned().collect())
            .unwrap_or_default()
    }

    pub(super) fn is_known(&self, uid: &str) -> bool {
        self.uids.contains(uid)
    }

    pub(super) fn update(&mut self, place: &Place, old: Option<&Value>, new: Option<&Value>) {
        if let Some(old) = old {
            for owner in owner_uids(old) {
                if let Some(places) = self.dependents.get_mut(owner) {
                    places.remove(place);
                    if places.is_empty() {
                        self.dependents.remove(owner);
                    }
                }
            }
            if let Some(uid) = uid(old) {
                self.uids.remove(uid);
            }
        }
        if let Some(new) = new {
            for owner in owner_uids(new) {
                let places = self.dependents.entry(owner.to_owned()).or_default();
                places.insert(place.clone());
            }
            self.uids.extend(uid(new).map(str::to_owned));
        }
    }
}

fn uid(object: &Value) -> Option<&str> {
    object.pointer("/metadata/uid").and_then(Value::as_str)
}

fn owner_uids(object: &Value) -> impl Iterator<Item = &str> {
    let owners = object.pointer("/metadata/ownerReferences");
    let owners = owners.and_then(Value::as_array).into_iter().flatten();
    owners.filter_map(|owner| owner.get("uid").and_then(Value::as_str))
}
