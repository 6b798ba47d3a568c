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
    managed_fields::Time,
    request::{ApplyOptions, Engine, Kinds, UpdateOptions, Written},
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
    /// An engine that knows the type.
    pub engine: Engine,
    /// What the manager `applier` applied.
    pub object: Value,
    /// The same with the change.
    pub changed: Value,
    /// The live object, with the entries of `applier` and `controller`.
    pub live: Value,
    /// The same with the change.
    pub live_changed: Value,
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
        let put = |object: &mut Value| {
            *object.pointer_mut(change).expect("the place of the change") = "changed".into();
        };
        put(&mut changed);
        let text = |field: &str| object[field].as_str().expect("a string");
        let mut kinds = Kinds::new();
        kinds.insert(text("apiVersion"), text("kind"), ty.clone());
        let engine = Engine::new(kinds);
        let live = live(&engine, &object);
        let mut live_changed = live.clone();
        put(&mut live_changed);
        Self {
            name: name.to_owned(),
            ty,
            engine,
            object,
            changed,
            live,
            live_changed,
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

/// The object applied by `applier` to what has only a version and a kind, given a uid, and then a label by `controller`.
fn live(engine: &Engine, object: &Value) -> Value {
    let empty = json!({"apiVersion": object["apiVersion"], "kind": object["kind"]});
    let applied = engine
        .apply(Some(empty), object.clone(), &applier())
        .expect("applies");
    let mut live = applied.into_object();
    live["metadata"]["uid"] = "u".into();
    let mut labelled = live.clone();
    labelled["metadata"]["labels"]["updated-by"] = "controller".into();
    let updated = engine
        .update(Some(live), labelled, &controller())
        .expect("updates");
    updated.into_object()
}

fn time() -> Time {
    Time::from_unix_seconds(1_577_836_800)
}

/// As the manager `applier`.
pub fn applier() -> ApplyOptions {
    ApplyOptions::new("applier").at(time())
}

/// As the manager `controller`.
pub fn controller() -> UpdateOptions {
    UpdateOptions::new("controller").at(time())
}

/// The requests that are measured.
pub const JOBS: [&str; 8] = [
    "UpdateCreate",
    "UpdateNoop",
    "UpdateChange",
    "ApplyCreate",
    "ApplyNoop",
    "ApplyChange",
    "ApplyConflict",
    "ApplySmall",
];

/// A request on values that are there already.
#[derive(Debug)]
pub struct Request {
    engine: Engine,
    live: Value,
    body: Value,
    verb: Verb,
}

#[derive(Debug)]
enum Verb {
    Apply(ApplyOptions),
    Update(UpdateOptions),
}

impl Request {
    /// Does it. `None` if it conflicts.
    pub fn run(self) -> Option<Value> {
        let live = Some(self.live);
        let written = match self.verb {
            Verb::Apply(options) => self.engine.apply(live, self.body, &options),
            Verb::Update(options) => self.engine.update(live, self.body, &options),
        };
        written.ok().map(Written::into_object)
    }
}

impl Input {
    /// The request of a job.
    pub fn request(&self, job: &str) -> Request {
        let empty = json!({"apiVersion": self.object["apiVersion"], "kind": self.object["kind"]});
        let second = || ApplyOptions::new("second").at(time());
        let (live, body) = match job {
            "UpdateCreate" | "ApplyCreate" => (empty, self.object.clone()),
            "UpdateNoop" => (self.live.clone(), self.live.clone()),
            "UpdateChange" => (self.live.clone(), self.live_changed.clone()),
            "ApplyNoop" => (self.live.clone(), self.object.clone()),
            "ApplySmall" => (self.live.clone(), self.small()),
            _ => (self.live.clone(), self.changed.clone()),
        };
        let verb = match job {
            "UpdateCreate" | "UpdateNoop" => Verb::Update(controller()),
            "UpdateChange" => Verb::Update(UpdateOptions::new("other").at(time())),
            "ApplyConflict" | "ApplySmall" => Verb::Apply(second()),
            _ => Verb::Apply(applier()),
        };
        Request {
            engine: self.engine.clone(),
            live,
            body,
            verb,
        }
    }

    /// What names the object, and one label.
    fn small(&self) -> Value {
        let mut metadata =
            json!({"name": self.object["metadata"]["name"], "labels": {"second": "x"}});
        if let Some(namespace) = self.object["metadata"].get("namespace") {
            metadata["namespace"] = namespace.clone();
        }
        json!({"apiVersion": self.object["apiVersion"], "kind": self.object["kind"], "metadata": metadata})
    }

    /// Texts of the live and the changed object in, the text of the result out.
    pub fn bytes(&self, live: &[u8], changed: &[u8]) -> String {
        let [live, changed] =
            [live, changed].map(|text| serde_json::from_slice(text).expect("JSON"));
        let written = self
            .engine
            .apply(Some(live), changed, &applier())
            .expect("applies");
        written.object().to_string()
    }
}

/// A deployment-like object with so many times ten containers, each with environment, ports and mounts, and so many times twenty
/// labels; the change is in the middle.
pub fn scaled(factor: usize) -> Input {
    let builtin: Value = serde_json::from_str(input!("k8s-schema.json")).expect("the schema");
    let schema = Schema::from_value(&json!({"types": builtin["types"]})).expect("valid");
    let root = builtin["roots"]["Pod"].as_str().expect("the type of pods");
    let container = |number: usize| {
        let env = (0..10)
            .map(|at| json!({"name": format!("SETTING_{at}"), "value": format!("value {at}")}));
        json!({
            "name": format!("container-{number}"),
            "image": format!("registry.example/team/app:{number}"),
            "env": env.collect::<Vec<_>>(),
            "ports": [{"containerPort": 8000 + number, "protocol": "TCP", "name": "http"}],
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
            "resources": {"limits": {"cpu": "1", "memory": "512Mi"}},
        })
    };
    let labels = (0..20 * factor).map(|at| (format!("label-{at}"), Value::from("x")));
    let object = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "large", "namespace": "default", "labels": labels.collect::<serde_json::Map<_, _>>()},
        "spec": {"containers": (0..10 * factor).map(container).collect::<Vec<_>>()},
    });
    let change = format!("/spec/containers/{}/image", 5 * factor);
    Input::new(
        "scaled",
        schema.type_named(root).expect("the type"),
        object,
        &change,
    )
}
