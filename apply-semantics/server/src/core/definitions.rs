//! Custom resource definitions: what their coming, change and going does to the server.

use serde_json::{Value, json};

use super::{Core, fields::Writer};
use crate::{custom, store::Place};

/// The table of definitions.
const TABLE: &str = "apiextensions.k8s.io/customresourcedefinitions";

impl Core {
    /// Takes back what was written after a revision.
    pub(crate) fn take_back(&mut self, revision: u64) {
        let places = self.store.take_back(revision);
        if places.iter().any(|place| &*place.table == TABLE) {
            self.serve_definitions();
        }
    }

    /// Follows what was written at a place: a definition adds its resources, changes them, or takes them away.
    pub(super) fn follow_definitions(&mut self, place: &Place, object: Option<&Value>) {
        if &*place.table != TABLE {
            return;
        }
        match object {
            Some(definition) => {
                self.define(definition);
                if definition.pointer("/status/acceptedNames/plural").is_none()
                    || !is_established(definition)
                {
                    let accepted = self.established(definition);
                    self.store.put(place, accepted);
                }
            }
            None => self.forget(&place.key),
        }
    }

    /// The definition as the controllers of a real server leave it, which own what they write.
    fn established(&self, definition: &Value) -> Value {
        let mut accepted = definition.clone();
        establish(&mut accepted, &self.now().to_string());
        let writer = Writer {
            manager: "kube-apiserver",
            subresource: "status",
            force: false,
        };
        let (group, plural) = TABLE.split_once('/').unwrap_or_default();
        let owned = self.registry.get(group, "v1", plural).map(|resource| {
            self.own_updated(Some(definition.clone()), accepted.clone(), writer, resource)
        });
        owned.and_then(Result::ok).unwrap_or(accepted)
    }

    /// Serves what a definition says.
    pub(crate) fn define(&mut self, definition: &Value) {
        let text = |path: &str| {
            definition
                .pointer(path)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        self.registry
            .remove(text("/spec/group"), text("/spec/names/plural"));
        for resource in custom::resources(definition, &self.conversion) {
            self.registry.insert(resource);
        }
        // A schema that cannot be used leaves the kind to be deduced from its objects.
        let kinds = self.engine.kinds_mut();
        if kinds.insert_crd(definition).is_err() {
            kinds.remove_kind(text("/spec/group"), text("/spec/names/kind"));
        }
    }

    /// Serves the resource of a definition no longer, and removes its objects.
    fn forget(&mut self, name: &str) {
        let Some((plural, group)) = name.split_once('.') else {
            return;
        };
        let kind = self
            .registry
            .all()
            .find(|resource| resource.group == group && resource.plural == plural);
        let kind = kind.map(|resource| resource.kind.clone());
        let table = format!("{group}/{plural}");
        let table: std::sync::Arc<str> = table.into();
        let keys = self.store.range(&table, "", "").map(|(key, _)| key);
        let places: Vec<Place> = keys
            .map(|key| Place {
                table: std::sync::Arc::clone(&table),
                key: std::sync::Arc::clone(key),
            })
            .collect();
        for place in places {
            self.store.remove(&place);
        }
        self.registry.remove(group, plural);
        if let Some(kind) = kind {
            self.engine.kinds_mut().remove_kind(group, &kind);
        }
    }
}

fn is_established(definition: &Value) -> bool {
    let conditions = definition
        .pointer("/status/conditions")
        .and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| {
        condition.get("type").and_then(Value::as_str) == Some("Established")
            && condition.get("status").and_then(Value::as_str) == Some("True")
    })
}

/// What the controllers of a real server write into the status.
fn establish(definition: &mut Value, now: &str) {
    let names = definition
        .pointer("/spec/names")
        .cloned()
        .unwrap_or_default();
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message});
    let versions = definition
        .pointer("/spec/versions")
        .and_then(Value::as_array);
    let stored = versions.into_iter().flatten().find(|version| {
        version
            .get("storage")
            .and_then(Value::as_bool)
            .unwrap_or_default()
    });
    let mut known: Vec<Value> = definition
        .pointer("/status/storedVersions")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if let Some(name) = stored
        .and_then(|version| version.get("name"))
        .filter(|name| !known.contains(name))
    {
        known.push(name.clone());
    }
    let status = json!({
        "acceptedNames": names,
        "storedVersions": known,
        "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
    });
    if let Some(fields) = definition.as_object_mut() {
        fields.insert("status".to_owned(), status);
    }
}
