//! The few things about built-in kinds that a server refuses and that can be told apart from other changes at a glance.

use serde_json::Value;

use super::outcome::Refusal;
use crate::types::{Leaf, Node, Shape};

/// What no object may have: names of ports that are none.
pub(super) fn check(node: Node<'_>, object: &Value) -> Vec<Refusal> {
    let mut found = Vec::new();
    walk(node, object, "", &mut found);
    found
}

/// Members of unions that stay behind, as defaults that nobody owns, when the type becomes another one.
pub(super) fn check_unions(group: &str, kind: &str, object: &Value) -> Vec<Refusal> {
    let (union, other, why) = match (group, kind) {
        ("apps", "Deployment") => (
            "strategy",
            "Recreate",
            "may not be specified when strategy `type` is 'Recreate'",
        ),
        ("apps", "StatefulSet") => (
            "updateStrategy",
            "OnDelete",
            "only allowed for updateStrategy 'RollingUpdate'",
        ),
        _ => return Vec::new(),
    };
    let member = |name: &str| object.get("spec")?.get(union)?.get(name);
    let stays = member("rollingUpdate").is_some_and(|member| !member.is_null());
    if stays && member("type").and_then(Value::as_str) == Some(other) {
        vec![Refusal {
            path: format!("spec.{union}.rollingUpdate"),
            why: why.to_owned(),
        }]
    } else {
        Vec::new()
    }
}

fn walk(node: Node<'_>, value: &Value, path: &str, found: &mut Vec<Refusal>) {
    match (node.shape(), value) {
        (Shape::Struct(_), Value::Object(fields)) => {
            for (name, value) in fields {
                let Some(field) = node.field(name) else {
                    continue;
                };
                let dot = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{dot}{name}");
                let named_port = matches!(name.as_str(), "port" | "targetPort")
                    && matches!(field.node().shape(), Shape::Leaf(Leaf::IntOrString));
                if named_port && let Some(why) = value.as_str().and_then(wrong_port_name) {
                    found.push(Refusal {
                        path,
                        why: why.to_owned(),
                    });
                } else {
                    walk(field.node(), value, &path, found);
                }
            }
        }
        (Shape::List(of), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                walk(of, item, &format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}

/// What is wrong with the name of a port.
fn wrong_port_name(name: &str) -> Option<&'static str> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.len() > 15 {
        Some("must be no more than 15 characters")
    } else if !name.bytes().all(inner) {
        Some("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    } else if !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        Some("must contain at least one letter (a-z)")
    } else if name.contains("--") {
        Some("must not contain consecutive hyphens")
    } else if name.starts_with('-') || name.ends_with('-') {
        Some("must not begin or end with a hyphen")
    } else {
        None
    }
}
