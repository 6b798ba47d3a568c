//! Large objects, which were recorded as a note of what they hold: made from the notes, and kept as a server would keep them.

use std::collections::BTreeMap;

use apply_semantics::{
    client_side::{LAST_APPLIED, Sent, encode, last_applied},
    patch::{Patch, PatchType},
    schema::Type,
    typed::{Duplicates, Typed},
    types::builtin,
};
use serde_json::{Value, json};

/// The objects whose answers were left out, by path.
#[derive(Debug, Default)]
pub(super) struct Objects {
    stored: BTreeMap<String, Value>,
}

/// The most bytes that annotations may have.
const LIMIT: usize = 256 * 1024;

impl Objects {
    /// The body of an answer, made up if it was left out.
    pub(super) fn body(&mut self, sent: &Sent, code: u16, recorded: &Value) -> Value {
        if recorded.get("omitted").is_none() || code >= 400 {
            return recorded.clone();
        }
        let object = self.write(sent);
        if sent.method != "GET" {
            self.stored.insert(path(sent, &object), object.clone());
        }
        object
    }

    fn write(&self, sent: &Sent) -> Value {
        let live = self.stored.get(&sent.path).cloned().unwrap_or_default();
        let body = sent.body.clone().unwrap_or_default();
        let manager = sent.query.get("fieldManager").map_or("", String::as_str);
        let patch_type = sent.content_type.and_then(PatchType::from_content_type);
        match (sent.method, patch_type) {
            ("POST", _) => {
                let mut object = body;
                object["metadata"]["managedFields"] = json!([entry(manager, "Update", &object)]);
                object
            }
            ("PATCH", Some(patch_type)) => {
                let node = builtin().kind("v1", body["kind"].as_str().unwrap_or("ConfigMap"));
                Patch::new(patch_type, body).apply(live, node).unwrap()
            }
            ("PATCH", None) => applied(&live, body, manager),
            _ => live,
        }
    }
}

/// Server-side apply of the whole object by kubectl: the annotation follows, unless it gets too long.
fn applied(live: &Value, body: Value, manager: &str) -> Value {
    let mut object = body;
    let mut entries = live["metadata"]["managedFields"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    entries.retain(|entry| entry["operation"] != "Apply");
    entries.insert(0, entry(manager, "Apply", &object));
    let text = encode(&object);
    if last_applied(live).is_some() && text.len() <= LIMIT {
        object["metadata"]["annotations"] = json!({LAST_APPLIED: text});
    }
    object["metadata"]["managedFields"] = entries.into();
    object["metadata"]["resourceVersion"] = "1".into();
    object
}

fn entry(manager: &str, operation: &str, object: &Value) -> Value {
    let typed = Typed::new(Type::deduced(), object.clone(), Duplicates::Allow).unwrap();
    let fields = typed.field_set().unwrap().to_value();
    json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields})
}

fn path(sent: &Sent, object: &Value) -> String {
    match sent.method {
        "POST" => format!(
            "{}/{}",
            sent.path,
            object["metadata"]["name"].as_str().unwrap()
        ),
        _ => sent.path.clone(),
    }
}

/// The manifest that a note describes: `data.a = 9 times x, data.b = as many times y (ConfigMap big)`.
pub(super) fn manifest(note: &str) -> Option<Value> {
    let (fields, kind) = note.strip_suffix(')')?.rsplit_once(" (")?;
    let (kind, name) = kind.split_once(' ')?;
    let mut object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}});
    let mut count = 0;
    for field in fields.split(", ") {
        let (path, text) = field.split_once(" = ")?;
        let (times, text) = text.split_once(" times ")?;
        if times != "as many" {
            count = times.parse().ok()?;
        }
        let (parent, key) = path.split_once('.')?;
        object[parent][key] = text.repeat(count).into();
    }
    Some(object)
}
