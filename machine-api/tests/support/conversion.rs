//! Conversion between versions.

use componentconfig::GroupVersion;
use machine_api::{
    Compat,
    conversion::{Conversion, ConversionError, DATA_ANNOTATION, convert},
};
use serde_json::{Map, Value, json};

/// What the conversion in the case's direction gives: `object`, or `hub` and `spoke`.
pub(crate) fn conversion(input: &Value, compat: Compat) -> Result<Value, String> {
    let versions = |group: &str, kind: &str| {
        let known = &input["apiVersions"][format!("{kind}.{group}")];
        known.as_str().map(str::to_owned)
    };
    let conversion = Conversion::new(&versions).compat(compat);
    Ok(match run(input, &conversion)? {
        Ok(answer) => answer,
        Err(error) => json!({"error": error.to_string()}),
    })
}

fn run(
    input: &Value,
    conversion: &Conversion<'_>,
) -> Result<Result<Value, ConversionError>, String> {
    let spoke = input["spoke"].as_str().ok_or("no spoke")?;
    let (spoke, _) = spoke.rsplit_once('/').ok_or("no version")?;
    let spoke: GroupVersion = spoke.parse().map_err(|_| "no group")?;
    let hub = GroupVersion::new(spoke.group().to_owned(), "v1beta2");
    let to = |version: &GroupVersion, object: &Value| convert(object, version, conversion);
    let object = &input["object"];
    let edited = |mut object: Value| {
        if !input["edit"].is_null() {
            merge(&mut object, &input["edit"]);
        }
        object
    };
    let both = |first: &GroupVersion, second: &GroupVersion, names: [&str; 2]| {
        let middle = to(first, object)?;
        let last = to(second, &edited(middle.clone()))?;
        Ok(Value::from(Map::from_iter([
            (names[0].to_owned(), middle),
            (names[1].to_owned(), last),
        ])))
    };
    Ok(match input["direction"].as_str() {
        Some("up") => to(&hub, object).map(|object| json!({ "object": object })),
        Some("down") => to(&spoke, object).map(|object| json!({ "object": object })),
        Some("hub-spoke-hub") => both(&spoke, &hub, ["spoke", "hub"]),
        Some("spoke-hub-spoke") => both(&hub, &spoke, ["hub", "spoke"]),
        other => return Err(format!("no direction {other:?}")),
    })
}

fn merge(object: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        object.clone_from(patch);
        return;
    };
    if !object.is_object() {
        *object = json!({});
    }
    for (key, value) in patch {
        if let Some(fields) = object.as_object_mut() {
            if value.is_null() {
                fields.remove(key);
            } else {
                merge(fields.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
    }
}

/// Takes the texts of annotations apart, so that they are compared as JSON.
pub(crate) fn open_annotation(answer: &mut Value) {
    for name in ["object", "hub", "spoke"] {
        let annotation = &mut answer[name]["metadata"]["annotations"][DATA_ANNOTATION];
        if let Some(mut data) = annotation
            .as_str()
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
        {
            if let Some(fields) = data.as_object_mut() {
                fields.remove("kind");
                fields.remove("apiVersion");
            }
            *annotation = data;
        }
    }
}

/// Removes members that are null or empty objects, again and again.
pub(crate) fn prune(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(prune);
            fields.retain(|_, value| {
                !value.is_null() && value.as_object().is_none_or(|inner| !inner.is_empty())
            });
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}
