//! Embedded resources have a version, a kind and metadata like any other.

use serde_json::Value;

use crate::defaults;

use super::{FieldError, Node, Reason, join};

/// Writes the metadata of all embedded resources as the server writes it.
pub(super) fn canonicalise(node: &Node, value: &mut Value) {
    match value {
        Value::Array(items) => {
            let Some(of) = &node.items else { return };
            for item in items {
                canonicalise_embedded(of, item);
            }
        }
        Value::Object(entries) => {
            for (name, entry) in entries {
                if let Some(of) = node.entry(name) {
                    canonicalise_embedded(of, entry);
                }
            }
        }
        _ => {}
    }
}

fn canonicalise_embedded(node: &Node, value: &mut Value) {
    if node.embedded
        && let Some(metadata) = value.get_mut("metadata")
    {
        defaults::canonicalise_metadata(metadata);
    }
    canonicalise(node, value);
}

pub(super) fn validate(node: &Node, value: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    below(node, value, "", &mut errors);
    errors
}

fn check(node: &Node, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    if node.embedded && value.is_object() {
        check_type(value, path, errors);
        check_metadata(value, path, errors);
    }
    below(node, value, path, errors);
}

fn below(node: &Node, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    match value {
        Value::Array(items) => {
            let Some(of) = &node.items else { return };
            for (index, item) in items.iter().enumerate() {
                check(of, item, &format!("{path}[{index}]"), errors);
            }
        }
        Value::Object(entries) => {
            for (name, entry) in entries {
                if let Some(of) = node.entry(name) {
                    check(of, entry, &join(path, name), errors);
                }
            }
        }
        _ => {}
    }
}

fn check_type(value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    if version.is_empty() {
        errors.push(FieldError::new(
            join(path, "apiVersion"),
            Reason::Required,
            "must not be empty",
        ));
    } else if version.matches('/').count() > 1 {
        let detail = format!("unexpected GroupVersion string: {version}");
        errors.push(FieldError::with_value(
            join(path, "apiVersion"),
            Reason::Invalid,
            &version.into(),
            &detail,
        ));
    }
    if kind.is_empty() {
        errors.push(FieldError::new(
            join(path, "kind"),
            Reason::Required,
            "must not be empty",
        ));
    } else if !is_label(&kind.to_lowercase()) {
        let detail = concat!(
            "may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', ",
            "start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', ",
            "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
        );
        errors.push(FieldError::with_value(
            join(path, "kind"),
            Reason::Invalid,
            &kind.into(),
            detail,
        ));
    }
}

/// The fields of the metadata must have the types of those of ObjectMeta.
fn check_metadata(value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let Some(metadata) = value.get("metadata") else {
        return;
    };
    let path = join(path, "metadata");
    for error in defaults::unreadable_metadata(metadata) {
        let place = if error.path.is_empty() {
            path.clone()
        } else {
            join(&path, &error.path)
        };
        let detail = format!("must be {}", error.expected);
        errors.push(FieldError::new(place, Reason::Invalid, &detail));
    }
}

/// A label of RFC 1035.
fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= 63
        && text.bytes().all(inner)
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
}
