//! Suite `typed-schemas/markers`: the markers of every path of every built-in kind.

use apply_semantics::types::{Field, Leaf, ListType, MapType, Node, Shape, builtin};
use conformance_runner::{Runner, first_difference};
use serde_json::{Value, json};

use crate::cases;

const SUITE: &str = "typed-schemas/markers";

pub(crate) fn run(runner: &mut Runner) {
    for (_, case) in cases(runner, SUITE) {
        let kind = case["kind"].as_str().unwrap();
        runner.case(SUITE, &format!("markers-{kind}"), || {
            check(kind, &case["markers"])
        });
    }
}

fn check(kind: &str, wanted: &Value) -> Result<(), String> {
    let (version, name) = kind.rsplit_once('/').unwrap();
    let node = builtin().kind(version, name).ok_or("no such kind")?;
    let mut walk = Walk {
        with_metadata: kind == "v1/ConfigMap",
        ..Walk::default()
    };
    walk.inside(node, "");
    let mut wanted = wanted.as_array().unwrap().clone();
    for markers in [&mut walk.markers, &mut wanted] {
        markers.sort_by_key(|marker| marker["path"].as_str().unwrap().to_owned());
    }
    first_difference(&Value::Array(walk.markers), &Value::Array(wanted)).map_or(Ok(()), Err)
}

#[derive(Default)]
struct Walk<'a> {
    with_metadata: bool,
    markers: Vec<Value>,
    open: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    /// Writes down the markers of a place, then those below it.
    fn place(&mut self, node: Node<'a>, path: &str, field: Option<Field<'a>>) {
        // The metadata is the same for all kinds, and recorded with one of them.
        if path == "metadata" && !self.with_metadata {
            return;
        }
        let type_name = if let Shape::Struct(name) = node.shape() {
            name
        } else {
            ""
        };
        let recursive = self.open.contains(&type_name);
        let mut marker = if recursive {
            json!({"recursive": type_name})
        } else {
            shape_marker(node)
        };
        if let Some(field) = field {
            patch_markers(&mut marker, field);
        }
        if marker.as_object().is_some_and(|marker| !marker.is_empty()) {
            marker["path"] = path.into();
            self.markers.push(marker);
        }
        if !recursive {
            self.inside(node, path);
        }
    }

    fn inside(&mut self, node: Node<'a>, path: &str) {
        match node.shape() {
            Shape::List(element) => self.place(element, &format!("{path}[]"), None),
            Shape::Map(value) => self.place(value, &format!("{path}{{}}"), None),
            Shape::Struct(name) => {
                self.open.push(name);
                for field in node.fields() {
                    let dot = if path.is_empty() { "" } else { "." };
                    self.place(
                        field.node(),
                        &format!("{path}{dot}{}", field.name()),
                        Some(field),
                    );
                }
                self.open.pop();
            }
            _ => {}
        }
    }
}

fn shape_marker(node: Node<'_>) -> Value {
    let atomic = node.map_type() == MapType::Atomic;
    match node.shape() {
        Shape::List(_) => match node.list_type() {
            ListType::Unmarked => json!({"list": "unmarked (atomic)"}),
            ListType::Atomic => json!({"list": "atomic"}),
            ListType::Set => json!({"list": "set"}),
            ListType::Map => json!({"list": "map", "keys": node.list_keys()}),
        },
        Shape::Map(_) => json!({"map": if atomic { "atomic" } else { "granular" }}),
        Shape::Struct(_) if atomic => json!({"struct": "atomic"}),
        Shape::Leaf(Leaf::Object) => json!({"free": "object, granular"}),
        Shape::Leaf(Leaf::Any) => json!({"free": "any value"}),
        Shape::Leaf(Leaf::Raw) => json!({"free": "any value, atomic"}),
        _ => json!({}),
    }
}

fn patch_markers(marker: &mut Value, field: Field<'_>) {
    let strategy = field.strategy();
    let parts = [
        (strategy.merge, "merge"),
        (strategy.replace, "replace"),
        (strategy.retain_keys, "retainKeys"),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(set, _)| *set)
        .map(|(_, name)| name)
        .collect();
    if !parts.is_empty() {
        marker["patchStrategy"] = parts.join(",").into();
    }
    if !field.merge_key().is_empty() {
        marker["patchMergeKey"] = field.merge_key().into();
    }
}
