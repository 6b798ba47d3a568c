//! Suites about names and IDs.

use cluster_id::{
    id::{IdUse, Portability},
    property::{Author, PropertyName},
};
use serde_json::{Value, json};

use crate::case::{read, same};

pub(crate) fn portability(input: &Value, expect: &Value) -> Result<(), String> {
    let id: String = read(&input["id"]);
    let portability = Portability::of(&id);
    let actual: serde_json::Map<String, Value> = IdUse::ALL
        .into_iter()
        .map(|place| {
            let name: String = read(&json!(place));
            (name, json!(portability.allows(place)))
        })
        .collect();
    same(&Value::Object(actual), expect)
}

pub(crate) fn property_name(input: &Value, expect: &Value) -> Result<(), String> {
    let author = match input["by"].as_str() {
        Some("tool") => Author::Tool,
        Some("operator") => Author::Operator,
        other => return Err(format!("no author {other:?}")),
    };
    let name: String = read(&input["name"]);
    let allowed = PropertyName::parse(&name).is_ok_and(|name| name.check_author(author).is_ok());
    same(&json!({ "allowed": allowed }), expect)
}
