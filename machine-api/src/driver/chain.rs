//! Operations, made of objects as they are and as they are to be.

use apply_semantics::{
    op::{ApplyOptions, DeleteOptions, ObjectRef, Operation, WriteOptions},
    patch::{Patch, merge},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::core::v1beta2::Cluster;

/// Who writes what is neither MachineSets' nor MachineDeployments'.
pub(super) const MANAGER: &str = "manager";

/// Operations that follow each other: if one is refused, those behind it have to wait.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Chain {
    /// The object that they are about, such as `Machine default/a`.
    pub subject: String,
    /// What is to be done first, inside of a cluster.
    pub workload: Option<Workload>,
    /// The operations.
    pub operations: Vec<Operation>,
}

/// Operations inside of a cluster, such as the eviction of pods. If one is refused, those behind it have to wait, but for evictions.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Workload {
    /// The namespace of the Cluster.
    pub namespace: String,
    /// The name of the Cluster.
    pub cluster: String,
    /// The operations.
    pub operations: Vec<Operation>,
}

impl Chain {
    pub(super) fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            workload: None,
            operations: Vec::new(),
        }
    }

    /// Something is to be done inside of a cluster first.
    pub(super) fn inside(&mut self, cluster: &Cluster, operation: Operation) {
        let workload = self.workload.get_or_insert_with(|| Workload {
            namespace: cluster.metadata.namespace.clone(),
            cluster: cluster.metadata.name.clone(),
            operations: Vec::new(),
        });
        workload.operations.push(operation);
    }

    /// Changes an object, and its status after that. Nothing if nothing differs.
    ///
    /// The object has to be the one that was seen: what was decided from an older one is not written. Of one that goes with its last
    /// finalizer there is no status left to write.
    pub(super) fn change<T: PartialEq + Serialize>(&mut self, current: &T, desired: &T) {
        if current == desired {
            return;
        }
        let (current, desired) = (json!(current), json!(desired));
        let Ok(target) = ObjectRef::of(&current) else {
            return;
        };
        let without_status = |object: &Value| {
            let mut object = object.clone();
            if let Some(fields) = object.as_object_mut() {
                fields.remove("status");
            }
            object
        };
        let status =
            |object: &Value| json!({"status": object.get("status").cloned().unwrap_or(json!({}))});
        let version = current.pointer("/metadata/resourceVersion").cloned();
        let goes = desired.pointer("/metadata/deletionTimestamp").is_some()
            && desired.pointer("/metadata/finalizers").is_none();
        let mut first = true;
        for (target, before, after) in [
            (
                target.clone(),
                without_status(&current),
                without_status(&desired),
            ),
            (
                target.subresource("status"),
                status(&current),
                status(&desired),
            ),
        ] {
            let Ok(mut patch) = merge::create(&before, &after) else {
                continue;
            };
            if patch == json!({}) || (goes && !first) {
                continue;
            }
            // The first write changes the version, and only what follows from it is written after it.
            if let (true, Some(version)) = (first, &version) {
                require_version(&mut patch, version);
            }
            first = false;
            let options = WriteOptions::new(MANAGER);
            self.operations
                .push(Operation::patch(target, Patch::Merge(patch), options));
        }
    }

    /// Applies an object, taking over what others set.
    pub(super) fn apply(&mut self, object: Value, manager: &str) {
        let options = ApplyOptions::new(manager).force();
        self.operations
            .extend(Operation::apply_object(object, options));
    }

    /// Deletes an object, if it is still the one that was seen.
    pub(super) fn delete(&mut self, object: &Value) {
        if let Ok(target) = ObjectRef::of(object) {
            let uid = object.pointer("/metadata/uid").and_then(Value::as_str);
            let options = DeleteOptions::default().uid(uid.unwrap_or_default());
            self.operations.push(Operation::delete(target, options));
        }
    }
}

/// A patch that is refused for an object of another version.
fn require_version(patch: &mut Value, version: &Value) {
    let metadata = patch.as_object_mut().map(|fields| {
        let metadata = fields.entry("metadata");
        metadata.or_insert_with(|| json!({}))
    });
    if let Some(metadata) = metadata.and_then(Value::as_object_mut) {
        metadata.insert("resourceVersion".to_owned(), version.clone());
    }
}

/// Whether an object has all that is to be applied, and nothing else of the same manager in its labels and annotations.
pub(super) fn is_applied(current: &Value, intent: &Value, manager: &str) -> bool {
    holds(current, intent)
        && ["labels", "annotations"].iter().all(|field| {
            owned(current, manager, field).all(|key| {
                intent
                    .pointer("/metadata")
                    .and_then(|meta| meta.get(field)?.get(key))
                    .is_some()
            })
        })
}

fn holds(current: &Value, intent: &Value) -> bool {
    match (current, intent) {
        // What is empty is not kept.
        (Value::Object(current), Value::Object(intent)) => intent.iter().all(|(key, intent)| {
            let kept = current.get(key);
            kept.map_or(*intent == json!({}), |current| holds(current, intent))
        }),
        (current, intent) => current == intent,
    }
}

/// The keys of labels or annotations that a manager applied.
fn owned<'a>(object: &'a Value, manager: &'a str, field: &'a str) -> impl Iterator<Item = &'a str> {
    let entries = object.pointer("/metadata/managedFields");
    let entries = entries.and_then(Value::as_array).into_iter().flatten();
    entries
        .filter(move |entry| {
            entry.get("manager").and_then(Value::as_str) == Some(manager)
                && entry.get("operation").and_then(Value::as_str) == Some("Apply")
        })
        .filter_map(move |entry| {
            let metadata = entry.pointer("/fieldsV1/f:metadata")?;
            metadata.get(format!("f:{field}"))?.as_object()
        })
        .flat_map(|keys| keys.keys().filter_map(|key| key.strip_prefix("f:")))
}
