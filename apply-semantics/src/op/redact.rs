//! Secrets without their data.

use serde_json::Value;

/// What stands in place of the data of a Secret in a redacted recording.
pub const REDACTED: &str = "REDACTED";

/// Replaces every value in `data` and `stringData` of a Secret, and the copies that client-side apply leaves in annotations. Other
/// objects stay as they are; lists are looked into.
pub fn redact_secret(object: &mut Value) {
    if let Some(items) = object.get_mut("items").and_then(Value::as_array_mut) {
        items.iter_mut().for_each(redact_secret);
    }
    if object.get("kind").and_then(Value::as_str) != Some("Secret") {
        return;
    }
    for key in ["data", "stringData"] {
        if let Some(data) = object.get_mut(key).and_then(Value::as_object_mut) {
            data.values_mut().for_each(|value| *value = REDACTED.into());
        }
    }
    let annotation = object
        .pointer_mut("/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration");
    if let Some(annotation) = annotation {
        *annotation = REDACTED.into();
    }
}
