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

/// Objects in order.
pub(super) struct Order {
    /// In waves.
    pub(super) waves: Vec<Vec<ObjectId>>,
    /// What each depends on.
    pub(super) needs: BTreeMap<ObjectId, BTreeSet<ObjectId>>,
}

/// The objects in waves: each is in a later one than everything that it depends on. What it depends on is what it says, its
/// namespace, and the definition of its kind, as far as they are among the objects. Within a wave they are in order.
pub(super) fn waves(
    objects: &BTreeMap<ObjectId, &Value>,
    order: order::Order,
) -> Result<Order, Cycle> {
    let definitions: BTreeMap<(&str, &str), &ObjectId> = objects
        .iter()
        .filter(|(id, _)| id.kind == "CustomResourceDefinition")
        .filter_map(|(id, definition)| {
            let text = |pointer| definition.pointer(pointer).and_then(Value::as_str);
            Some(((text("/spec/group")?, text("/spec/names/kind")?), id))
        })
        .collect();
    let mut needs: BTreeMap<&ObjectId, BTreeSet<ObjectId>> = BTreeMap::new();
    for (id, object) in objects {
        let mut own = depends_on(id, object)?;
        let namespace = ObjectId {
            kind: "Namespace".to_owned(),
            name: id.namespace.clone(),
            ..ObjectId::default()
        };
        own.insert(namespace);
        let definition = definitions.get(&(id.group.as_str(), id.kind.as_str()));
        own.extend(definition.map(|definition| (*definition).clone()));
        own.retain(|other| other != id && objects.contains_key(other));
        needs.insert(id, own);
    }
    let mut waves = Vec::new();
    let mut done: BTreeSet<&ObjectId> = BTreeSet::new();
    while done.len() < objects.len() {
        let ready: Vec<&ObjectId> = needs
            .iter()
            .filter(|(id, own)| !done.contains(*id) && own.iter().all(|other| done.contains(other)))
            .map(|(id, _)| *id)
            .collect();
        if ready.is_empty() {
            let stuck = objects.keys().filter(|id| !done.contains(id));
            return Err(Cycle::Objects(stuck.cloned().collect()));
        }
        let mut wave: Vec<ObjectId> = ready.iter().copied().cloned().collect();
        order.sort(&mut wave, Clone::clone);
        waves.push(wave);
        done.extend(ready);
    }
    let needs = needs.into_iter().map(|(id, own)| (id.clone(), own));
    Ok(Order {
        waves,
        needs: needs.collect(),
    })
}

fn depends_on(id: &ObjectId, object: &Value) -> Result<BTreeSet<ObjectId>, Cycle> {
    let Some(list) = text(object, DEPENDS_ON) else {
        return Ok(BTreeSet::new());
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
                object: id.clone(),
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
