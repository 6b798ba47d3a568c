//! When two values mean the same to the server: amounts are compared and not their texts, and an empty list or map is as
//! good as none; an empty struct is not.

use apply_semantics::{
    defaults::Quantity,
    types::{Leaf, Node, Shape, builtin},
};
use serde_json::Value;

use super::read::{at, is_empty, same, text};

/// Whether two values of a built-in type mean the same.
pub(super) fn equal(left: &Value, right: &Value, type_name: &str) -> bool {
    match builtin().named(type_name) {
        Some(node) => equal_at(left, right, node),
        None => same(left, right),
    }
}

/// Whether a field of two objects of a built-in kind means the same.
pub(super) fn field_equal(left: &Value, right: &Value, key: &str) -> bool {
    let (api_version, kind) = (text(left, "apiVersion"), text(left, "kind"));
    let field = builtin()
        .kind(api_version, kind)
        .and_then(|kind| kind.field(key));
    match field {
        Some(field) => equal_at(at(left, key), at(right, key), field.node()),
        None => same(at(left, key), at(right, key)),
    }
}

fn equal_at(left: &Value, right: &Value, node: Node<'_>) -> bool {
    if left == right {
        return true;
    }
    match node.shape() {
        Shape::Struct(_) => {
            left.is_object()
                && right.is_object()
                && node.fields().all(|field| {
                    let (left, right) = (at(left, field.name()), at(right, field.name()));
                    equal_at(left, right, field.node())
                })
        }
        Shape::List(element) => match (left.as_array(), right.as_array()) {
            (Some(left), Some(right)) => {
                left.len() == right.len()
                    && left
                        .iter()
                        .zip(right)
                        .all(|(left, right)| equal_at(left, right, element))
            }
            _ => is_empty(left) && is_empty(right),
        },
        Shape::Map(value) => match (left.as_object(), right.as_object()) {
            (Some(left), Some(right)) => {
                left.len() == right.len()
                    && left.iter().all(|(key, left)| {
                        right
                            .get(key)
                            .is_some_and(|right| equal_at(left, right, value))
                    })
            }
            _ => is_empty(left) && is_empty(right),
        },
        Shape::Leaf(Leaf::Quantity) => match (left.as_str(), right.as_str()) {
            (Some(left), Some(right)) => {
                let (left, right) = (Quantity::parse(left), Quantity::parse(right));
                left.is_some() && left == right
            }
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_compared_and_not_their_texts() {
        let pair = |left: Value, right: Value| equal(&left, &right, "core.v1.PodSpec");
        let with = |limit: &str| json!({"containers": [{"name": "a", "resources": {"limits": {"memory": limit}}}]});
        assert!(pair(with("1Gi"), with("1073741824")));
        assert!(!pair(with("1Gi"), with("1G")));
        assert!(pair(json!({"nodeSelector": {}}), json!({})));
        assert!(!pair(json!({"affinity": {}}), json!({})));
        assert!(!pair(json!({"hostname": "a"}), json!({"hostname": "b"})));
    }
}
