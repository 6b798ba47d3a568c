//! Which objects have to wait for which.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{ObjectId, order, policy::text};

/// The annotation that says what an object depends on: `group/namespaces/namespace/kind/name` or `group/kind/name`,
/// several with commas.
const DEPENDS_ON: &str = "config.kubernetes.io/depends-on";

/// Why objects have no order.
pub(super) enum Cycle {
    /// They depend on each other.
    Objects(Vec<ObjectId>),
    /// What one depends on cannot be read.
    Text { object: ObjectId, text: String },
}

/// An object with what it says it depends on.
#[derive(Clone, Copy)]
pub(super) struct Object<'o> {
    pub(super) id: &'o ObjectId,
    pub(super) value: &'o Value,
}

/// Objects in order, by their place among those that were given.
pub(super) struct Order {
    /// In waves.
    pub(super) waves: Vec<Vec<usize>>,
    /// What each depends on.
    pub(super) needs: Vec<BTreeSet<usize>>,
}

/// The objects, which come in the order of their ids, in waves: each is in a later one than everything that it depends on.
/// What it depends on is what it says, its namespace, and the definition of its kind, as far as they are among the objects.
/// Within a wave they are in order.
pub(super) fn waves(objects: &[Object<'_>], order: order::Order) -> Result<Order, Cycle> {
    let needs = needs(objects)?;
    let mut open: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut dependents: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, own) in needs.iter().enumerate() {
        for need in own {
            dependents.entry(*need).or_default().push(index);
        }
    }
    let free = open.iter().enumerate().filter(|(_, open)| **open == 0);
    let mut wave: Vec<usize> = free.map(|(index, _)| index).collect();
    let mut waves = Vec::new();
    while !wave.is_empty() {
        let mut next = Vec::new();
        for dependent in wave.iter().filter_map(|id| dependents.get(id)).flatten() {
            if let Some(open) = open.get_mut(*dependent) {
                *open -= 1;
                if *open == 0 {
                    next.push(*dependent);
                }
            }
        }
        next.sort_unstable();
        // Objects of one place stay in the order of their ids.
        wave.sort_by_cached_key(|index| objects.get(*index).map(|object| order.place(object.id)));
        waves.push(std::mem::replace(&mut wave, next));
    }
    let stuck = objects.iter().zip(&open).filter(|(_, open)| **open > 0);
    let stuck: Vec<ObjectId> = stuck.map(|(object, _)| object.id.clone()).collect();
    if stuck.is_empty() {
        Ok(Order { waves, needs })
    } else {
        Err(Cycle::Objects(stuck))
    }
}

/// What each of the objects depends on among them.
fn needs(objects: &[Object<'_>]) -> Result<Vec<BTreeSet<usize>>, Cycle> {
    let mut definitions: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut namespaces: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, Object { id, value }) in objects.iter().enumerate() {
        if id.kind == "CustomResourceDefinition" {
            let text = |pointer| value.pointer(pointer).and_then(Value::as_str);
            let kind = text("/spec/group").zip(text("/spec/names/kind"));
            definitions.extend(kind.map(|kind| (kind, index)));
        } else if id.kind == "Namespace" && id.group.is_empty() && id.namespace.is_empty() {
            namespaces.insert(&id.name, index);
        }
    }
    let find = |id: &ObjectId| objects.binary_search_by(|object| object.id.cmp(id)).ok();
    let needs = objects.iter().enumerate().map(|(index, object)| {
        let mut own = BTreeSet::new();
        for named in depends_on(object)? {
            own.extend(find(&named));
        }
        let id = object.id;
        own.extend(namespaces.get(id.namespace.as_str()));
        own.extend(definitions.get(&(id.group.as_str(), id.kind.as_str())));
        own.remove(&index);
        Ok(own)
    });
    needs.collect()
}

/// What an object says it depends on.
fn depends_on(object: &Object<'_>) -> Result<Vec<ObjectId>, Cycle> {
    let Some(list) = text(object.value, DEPENDS_ON) else {
        return Ok(Vec::new());
    };
    let named = list.split(',').map(str::trim).map(|one| {
        let parts: Vec<&str> = one.split('/').map(str::trim).collect();
        let (group, namespace, kind, name) = match parts.as_slice() {
            [group, kind, name] => (*group, "", *kind, *name),
            [group, "namespaces", namespace, kind, name] => (*group, *namespace, *kind, *name),
            _ => ("", "", "", ""),
        };
        if kind.is_empty() || name.is_empty() {
            return Err(Cycle::Text {
                object: object.id.clone(),
                text: one.to_owned(),
            });
        }
        Ok(ObjectId {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    });
    named.collect()
}
