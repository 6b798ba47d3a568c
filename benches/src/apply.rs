//! Inputs of the measurements of server-side apply: the objects, their types, and live objects with two managers.
//!
//! What each job is stands in `apply-semantics/tests/conformance/bench/README.md`, with the figures of the Go original.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a measurement has nothing to do without its input"
)]

use std::fmt;

use apply_semantics::{
    fieldset::FieldSet,
    schema::{Schema, Type},
};
use serde_json::{Value, json};

/// Reads a file beside the recorded figures.
macro_rules! input {
    ($name:literal) => {
        include_str!(concat!(
            "../../apply-semantics/tests/conformance/bench/",
            $name
        ))
    };
}

const OBJECTS: [(&str, &str, &str, &str); 6] = [
    ("pod", "Pod", "/spec/containers/0/image", input!("pod.json")),
    (
        "deployment",
        "Deployment",
        "/spec/template/spec/containers/1/image",
        input!("deployment.json"),
    ),
    (
        "node",
        "Node",
        "/status/conditions/4/status",
        input!("node.json"),
    ),
    (
        "endpoints",
        "Endpoints",
        "/subsets/0/addresses/500/nodeName",
        input!("endpoints.json"),
    ),
    (
        "crd",
        "CustomResourceDefinition",
        "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/part0/description",
        input!("crd.json"),
    ),
    (
        "widget",
        "Widget",
        "/spec/part0/field0/field0/field0",
        input!("widget.json"),
    ),
];

/// What the measurements of one object need.
#[derive(Clone)]
pub struct Input {
    /// The short name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// What the manager `applier` applied.
    pub object: Value,
    /// The same with the change.
    pub changed: Value,
    /// The live object, with the entries of `applier` and `controller`.
    pub live: Value,
}

/// The six objects.
pub fn inputs() -> Vec<Input> {
    let builtin: Value = serde_json::from_str(input!("k8s-schema.json")).expect("the schema");
    let widget: Value = serde_json::from_str(input!("widget-schema.json")).expect("the schema");
    let [builtin_types, widget_types] = [&builtin, &widget]
        .map(|schema| Schema::from_value(&json!({"types": schema["types"]})).expect("valid"));
    OBJECTS
        .into_iter()
        .map(|(name, kind, change, text)| {
            let ty = match builtin["roots"][kind].as_str() {
                Some(root) => builtin_types.type_named(root),
                None => widget_types.type_named(kind),
            };
            let object = serde_json::from_str(text).expect("JSON");
            Input::new(name, ty.expect("the type"), object, change)
        })
        .collect()
}

/// One of the six.
pub fn input(name: &str) -> Input {
    let found = inputs().into_iter().find(|input| input.name == name);
    found.expect("one of the six objects")
}

impl Input {
    /// `change` points at the string that the changed object has another value of.
    pub fn new(name: &str, ty: Type, object: Value, change: &str) -> Self {
        let mut changed = object.clone();
        *changed
            .pointer_mut(change)
            .expect("the place of the change") = "changed".into();
        let live = live(&ty, &object);
        Self {
            name: name.to_owned(),
            ty,
            object,
            changed,
            live,
        }
    }

    /// The text of the live object, whose parsing every job is compared with.
    pub fn text(&self) -> String {
        self.live.to_string()
    }

    /// The set of the live object.
    pub fn set(&self) -> FieldSet {
        self.ty
            .field_set(Some(&without_managers(&self.live)))
            .expect("valid")
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The object without `metadata.managedFields`.
pub fn without_managers(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    object
}

/// The object applied by `applier`, given a uid, and then a label by `controller`.
fn live(ty: &Type, object: &Value) -> Value {
    let stripped: FieldSet =
        r#"{"f:apiVersion":{},"f:kind":{},"f:metadata":{"f:name":{},"f:namespace":{}}}"#
            .parse()
            .expect("a set");
    let applied = ty
        .field_set(Some(object))
        .expect("valid")
        .difference(&stripped);
    let updated = json!({"f:metadata": {"f:labels": {"f:updated-by": {}}}});
    let mut live = object.clone();
    let version = live["apiVersion"].clone();
    let entry = |manager: &str, operation: &str, fields: Value| {
        json!({
            "manager": manager, "operation": operation, "apiVersion": version, "time": "2020-01-01T00:00:00Z",
            "fieldsType": "FieldsV1", "fieldsV1": fields,
        })
    };
    let entries = [
        entry("applier", "Apply", applied.to_value()),
        entry("controller", "Update", updated),
    ];
    let metadata = &mut live["metadata"];
    metadata["uid"] = "u".into();
    metadata["labels"]["updated-by"] = "controller".into();
    metadata["managedFields"] = entries.into_iter().collect();
    live
}
