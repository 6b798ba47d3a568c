//! A patched object as the server shows it: what the patch went through has its keys sorted, everything else stands as the
//! server wrote the live object, in the order of the Go structs.
//!
//! The server patches JSON, not structs. The patching library takes apart the objects on the way to a change and sorts their
//! keys; what it need not look into it leaves as text.

use std::collections::BTreeMap;

use apply_semantics::{
    patch::Patch,
    types::{Node, Shape, builtin},
};
use serde_json::Value;

use super::go::{self, Tree};

/// The parts of an object that a patch takes apart.
#[derive(Debug, Default)]
struct Opened(BTreeMap<String, Opened>);

impl Opened {
    fn by(patch: &Patch, live: &Value) -> Self {
        match patch {
            Patch::Merge(patch) | Patch::Strategic(patch) => Self::by_merge(patch, live),
            Patch::Json(operations) => {
                let mut opened = Self::default();
                for operation in operations.as_array().into_iter().flatten() {
                    for name in ["path", "from"] {
                        let pointer = operation.get(name).and_then(Value::as_str);
                        opened.way_to(pointer.unwrap_or_default());
                    }
                }
                opened
            }
        }
    }

    fn by_merge(patch: &Value, live: &Value) -> Self {
        let mut opened = BTreeMap::new();
        for (name, patch) in patch.as_object().into_iter().flatten() {
            if let (true, Some(live)) = (patch.is_object(), live.get(name)) {
                opened.insert(name.clone(), Self::by_merge(patch, live));
            }
        }
        Self(opened)
    }

    /// Opens everything above the place that a JSON pointer names.
    fn way_to(&mut self, pointer: &str) {
        let Some((parents, _)) = pointer.rsplit_once('/') else {
            return;
        };
        let mut at = self;
        for part in parents.split('/').skip(1) {
            let name = part.replace("~1", "/").replace("~0", "~");
            at = at.0.entry(name).or_default();
        }
    }
}

/// An object that came of a patch, as JSON.
pub(crate) fn patched_json(patched: &Value, live: &Value, patch: &Patch) -> String {
    let text = |name: &str| live.get(name).and_then(Value::as_str).unwrap_or_default();
    let node = builtin().kind(text("apiVersion"), text("kind"));
    opened(patched, node, &Opened::by(patch, live)).compact()
}

fn opened(value: &Value, node: Option<Node<'_>>, by: &Opened) -> Tree {
    let closed = |name: &str, value: &Value, node| match by.0.get(name) {
        Some(by) => opened(value, node, by),
        None => go::versioned(value, node),
    };
    match value {
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.keys().collect();
            names.sort();
            let entries = names.into_iter().filter_map(|name| {
                let value = fields.get(name)?;
                Some((name.clone(), closed(name, value, below(node, name))))
            });
            Tree::Struct(entries.collect())
        }
        Value::Array(items) => {
            let element = node.and_then(element);
            let items = items.iter().enumerate();
            Tree::List(
                items
                    .map(|(index, item)| closed(&index.to_string(), item, element))
                    .collect(),
            )
        }
        other => go::versioned(other, None),
    }
}

fn below<'a>(node: Option<Node<'a>>, name: &str) -> Option<Node<'a>> {
    let node = node?;
    match node.shape() {
        Shape::Struct(_) => node.field(name).map(apply_semantics::types::Field::node),
        Shape::Map(inner) => Some(inner),
        _ => None,
    }
}

fn element(node: Node<'_>) -> Option<Node<'_>> {
    match node.shape() {
        Shape::List(element) => Some(element),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_patched_is_sorted() {
        let live = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "b", "labels": {"x": "y"}},
            "spec": {"restartPolicy": "Always", "containers": [{"name": "m", "image": "i", "args": ["-v"]}]}});
        let text = |patch| {
            let patched = match &patch {
                Patch::Json(_) => live.clone(),
                Patch::Merge(patch) | Patch::Strategic(patch) => {
                    let mut patched = live.clone();
                    patched["spec"]["bogus"] = patch["spec"]["bogus"].clone();
                    patched
                }
            };
            patched_json(&patched, &live, &patch)
        };
        assert_eq!(
            text(Patch::Merge(json!({"spec": {"bogus": 1}}))),
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"b","labels":{"x":"y"}},"spec":{"bogus":1,"containers":[{"name":"m","image":"i","args":["-v"]}],"restartPolicy":"Always"}}"#
        );
        assert_eq!(
            text(Patch::Json(
                json!([{"op": "test", "path": "/metadata/name", "value": "a"}])
            )),
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"x":"y"},"name":"a","namespace":"b"},"spec":{"containers":[{"name":"m","image":"i","args":["-v"]}],"restartPolicy":"Always"}}"#
        );
    }
}
