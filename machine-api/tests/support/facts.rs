//! Definitions of the kinds against what is known of Cluster API's own.

use machine_api::crd;
use serde_json::{Value, json};

/// What our definition says where `facts` says something.
pub(crate) fn facts(facts: &Value) -> Result<Value, String> {
    let named =
        |one: &&crd::Definition| facts["kind"] == one.kind() && facts["group"] == one.group();
    let definition = crd::definitions()
        .iter()
        .find(named)
        .ok_or("no such kind")?;
    let crd = definition.to_value();
    let spec = &crd["spec"];
    let versions = spec["versions"].as_array().ok_or("no versions")?;
    let version = versions
        .iter()
        .find(|version| version["name"] == facts["version"]);
    let version = version.ok_or("no such version")?;
    let mut schema = version["schema"]["openAPIV3Schema"].clone();
    reduce(&mut schema);
    let or = |value: &Value, default: Value| {
        if value.is_null() {
            default
        } else {
            value.clone()
        }
    };
    Ok(json!({
        "group": spec["group"],
        "kind": spec["names"]["kind"],
        "plural": spec["names"]["plural"],
        "shortNames": or(&spec["names"]["shortNames"], json!([])),
        "categories": spec["names"]["categories"],
        "scope": spec["scope"],
        "version": version["name"],
        "served": version["served"],
        "storage": version["storage"],
        "deprecated": or(&version["deprecated"], json!(false)),
        "status": !version["subresources"]["status"].is_null(),
        "scale": version["subresources"]["scale"],
        "columns": version["additionalPrinterColumns"],
        "schema": schema,
    }))
}

/// Leaves out what is for people, and of rules all but their number.
fn reduce(schema: &mut Value) {
    let Value::Object(schema) = schema else {
        return;
    };
    schema.remove("description");
    if let Some(Value::Array(rules)) = schema.remove("x-kubernetes-validations") {
        schema.insert("rules".to_owned(), rules.len().into());
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(inner) {
            reduce(inner);
        }
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(reduce);
    }
}
