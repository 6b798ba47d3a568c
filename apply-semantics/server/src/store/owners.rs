use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Place;
use crate::meta;

/// Which objects name which uid as their owner, and which uids there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Owners {
    dependents: BTreeMap<String, BTreeSet<Place>>,
    uids: Uids,
}

/// Uids; those that are UUIDs, as all are that servers make, as numbers.
#[derive(Debug, Clone, Default)]
struct Uids {
    uuids: BTreeSet<u128>,
    others: BTreeSet<String>,
}

impl Owners {
    pub(super) fn of(&self, uid: &str) -> Vec<Place> {
        let places = self.dependents.get(uid);
        places
            .map(|places| places.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// The places of all objects that name an owner.
    pub(super) fn dependents(&self) -> BTreeSet<&Place> {
        self.dependents.values().flatten().collect()
    }

    pub(super) fn is_known(&self, uid: &str) -> bool {
        match uuid(uid) {
            Some(number) => self.uids.uuids.contains(&number),
            None => self.uids.others.contains(uid),
        }
    }

    pub(super) fn remove(&mut self, place: &Place, old: &Value) {
        for owner in owner_uids(old) {
            if let Some(places) = self.dependents.get_mut(owner) {
                places.remove(place);
                if places.is_empty() {
                    self.dependents.remove(owner);
                }
            }
        }
        if let Some(uid) = uid(old) {
            match uuid(uid) {
                Some(number) => self.uids.uuids.remove(&number),
                None => self.uids.others.remove(uid),
            };
        }
    }

    pub(super) fn insert(&mut self, place: &Place, new: &Value) {
        for owner in owner_uids(new) {
            let places = self.dependents.entry(owner.to_owned()).or_default();
            places.insert(place.clone());
        }
        if let Some(uid) = uid(new) {
            match uuid(uid) {
                Some(number) => self.uids.uuids.insert(number),
                None => self.uids.others.insert(uid.to_owned()),
            };
        }
    }
}

/// A UUID in its only spelling with small letters as a number.
fn uuid(text: &str) -> Option<u128> {
    if text.len() != 36 {
        return None;
    }
    text.bytes().enumerate().try_fold(0, |number, (at, byte)| {
        let digit = match (at, byte) {
            (8 | 13 | 18 | 23, b'-') => return Some(number),
            (8 | 13 | 18 | 23, _) => return None,
            (_, b'0'..=b'9') => byte - b'0',
            (_, b'a'..=b'f') => byte - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(digit))
    })
}

fn uid(object: &Value) -> Option<&str> {
    meta::field(object, "uid").and_then(Value::as_str)
}

fn owner_uids(object: &Value) -> impl Iterator<Item = &str> {
    let owners = meta::field(object, "ownerReferences");
    let owners = owners.and_then(Value::as_array).into_iter().flatten();
    owners.filter_map(|owner| owner.get("uid").and_then(Value::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_spelling_is_a_number() {
        let text = "01234567-89ab-4cde-8f01-23456789abcd";
        assert_eq!(uuid(text), Some(0x0123_4567_89ab_4cde_8f01_2345_6789_abcd));
        assert_eq!(uuid(&text.to_uppercase()), None);
        assert_eq!(uuid(&text.replace('-', "0")), None);
        assert_eq!(uuid("owner"), None);
    }
}
