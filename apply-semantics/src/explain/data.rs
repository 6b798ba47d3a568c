//! Explanations as JSON.

use serde_core::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Conflict, Explanation, Field, Why};
use crate::{managed_fields::Entry, path};

/// The identity of the object, its managers, all leaves and owned places with their owners, what is unowned, and what is owned
/// and absent. No values of the object.
impl Serialize for Explanation<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        explanation(self).serialize(serializer)
    }
}

/// The paths, the shape and the owners. Not the value.
impl Serialize for Field<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        field(*self).serialize(serializer)
    }
}

/// The field, the reason, who holds it, and the remedy.
impl Serialize for Why<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = field(self.field());
        put(&mut map, "reason", self.reason().as_str());
        put(&mut map, "remedy", self.remedy());
        map.serialize(serializer)
    }
}

/// The path, the owner and both values.
impl Serialize for Conflict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = Map::new();
        put(&mut map, "path", path::display(self.path()));
        put(&mut map, "owner", owner(self.owner()));
        for (name, value) in [("live", self.live()), ("wanted", self.wanted())] {
            if let Some(value) = value {
                put(&mut map, name, value.clone());
            }
        }
        map.serialize(serializer)
    }
}

type Object = Map<String, Value>;

fn put(map: &mut Object, name: &str, value: impl Into<Value>) {
    map.insert(name.to_owned(), value.into());
}

fn explanation(explanation: &Explanation<'_>) -> Object {
    let mut map = Map::new();
    for (name, pointer) in [
        ("apiVersion", "/apiVersion"),
        ("kind", "/kind"),
        ("namespace", "/metadata/namespace"),
        ("name", "/metadata/name"),
    ] {
        let text = explanation.object().pointer(pointer);
        if let Some(text) = text.filter(|text| text.is_string()) {
            put(&mut map, name, text.clone());
        }
    }
    let managers = explanation.entries().iter().map(|entry| {
        let mut manager = owner(entry);
        put(&mut manager, "fields", entry.fields().len());
        manager
    });
    put(&mut map, "managers", managers.collect::<Value>());
    let shown = explanation
        .fields()
        .filter(|field| field.is_leaf() || field.is_owned());
    put(&mut map, "fields", shown.map(field).collect::<Value>());
    let unowned = explanation.unowned().map(|field| field.to_string());
    put(&mut map, "unowned", unowned.collect::<Value>());
    let absent = explanation.absent().flat_map(|(entry, fields)| {
        fields.paths().map(move |path| {
            let mut map = Map::new();
            put(&mut map, "path", path::display(&path));
            put(&mut map, "owner", owner(entry));
            map
        })
    });
    put(&mut map, "absent", absent.collect::<Value>());
    map
}

fn field(field: Field<'_>) -> Object {
    let mut map = Map::new();
    put(&mut map, "path", field.to_string());
    put(&mut map, "pointer", field.pointer());
    put(&mut map, "shape", field.shape().as_str());
    put(
        &mut map,
        "owners",
        field.owners().map(owner).collect::<Value>(),
    );
    if field.is_servers() {
        put(&mut map, "server", true);
    }
    map
}

fn owner(entry: &Entry) -> Object {
    let mut map = Map::new();
    put(&mut map, "manager", entry.name());
    put(&mut map, "operation", entry.operation().as_str());
    put(&mut map, "apiVersion", entry.api_version());
    if !entry.subresource().is_empty() {
        put(&mut map, "subresource", entry.subresource());
    }
    if let Some(time) = entry.time() {
        put(&mut map, "time", time.to_string());
    }
    map
}
