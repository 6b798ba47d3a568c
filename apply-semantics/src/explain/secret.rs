//! What must not be printed.

use serde_json::Value;

use crate::{path::PathElement, request::LAST_APPLIED};

/// Whether the object holds secret data.
pub(super) fn is_secret(object: &Value) -> bool {
    object.get("kind") == Some(&Value::from("Secret"))
}

/// Whether a place of a Secret is, or holds, what must not be printed: its data, and the copy of it that `kubectl apply` keeps in
/// an annotation. The names of the data are no secret.
pub(super) fn is_hidden(path: &[PathElement], value: &Value) -> bool {
    let name = |index: usize| match path.get(index) {
        Some(PathElement::Field(name)) => &**name,
        _ => "",
    };
    match name(0) {
        "data" | "stringData" => path.len() > 1 || !value.is_object(),
        "metadata" => {
            name(1) == "annotations"
                && (name(2) == LAST_APPLIED || path.len() == 2 && !value.is_object())
        }
        _ => false,
    }
}
