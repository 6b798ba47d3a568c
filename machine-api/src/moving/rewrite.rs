//! Objects as they are made at the other side.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::graph::{Graph, ObjectId};

/// An owner that was not made at the other side yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{object} cannot be made before its owner {owner} has a uid there")]
#[non_exhaustive]
pub struct UnknownOwner {
    /// The object.
    pub object: ObjectId,
    /// Its owner.
    pub owner: ObjectId,
}

/// What an object has of its life at this side.
const OWN: [&str; 6] = [
    "resourceVersion",
    "uid",
    "creationTimestamp",
    "generation",
    "selfLink",
    "generateName",
];

impl Graph<'_> {
    /// An object as it is made at the target: without what belongs to its life at the source, and owned by what its owners
    /// became. `uids` are those at the target, by object.
    ///
    /// `None` if there is no such object in the graph.
    ///
    /// # Errors
    /// An owner has no uid at the target yet.
    pub fn for_target(
        &self,
        id: &ObjectId,
        uids: &BTreeMap<ObjectId, String>,
    ) -> Result<Option<Value>, Box<UnknownOwner>> {
        let mut nodes = self.nodes.iter();
        let Some(node) = nodes.find(|node| node.id == *id && node.object.is_some()) else {
            return Ok(None);
        };
        let mut owners = Vec::new();
        for (owner, reference) in &node.owners {
            let Some(owner) = self.nodes.get(*owner) else {
                continue;
            };
            let uid = uids.get(&owner.id).ok_or_else(|| {
                Box::new(UnknownOwner {
                    object: id.clone(),
                    owner: owner.id.clone(),
                })
            })?;
            let mut reference = reference.clone();
            reference.uid.clone_from(uid);
            owners.push(reference);
        }
        let mut object = node.object.cloned().unwrap_or_default();
        let metadata = object.as_object_mut().map(|fields| {
            let metadata = fields.entry("metadata");
            metadata.or_insert_with(|| Value::Object(Map::new()))
        });
        if let Some(metadata) = metadata.and_then(Value::as_object_mut) {
            for field in OWN {
                metadata.remove(field);
            }
            metadata.remove("ownerReferences");
            if !owners.is_empty() {
                metadata.insert("ownerReferences".to_owned(), json!(owners));
            }
        }
        Ok(Some(object))
    }
}
