//! Custom resources in two versions whose fields differ, converted by a closure.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test"
)]

use apply_semantics::op::{
    ApplyOptions, ListOptions, Operation, Outcome, Refusal, ResourceRef, WriteOptions,
};
use apply_server::Server;
use bytes::Bytes;
use serde_json::{Value, json};

fn version(name: &str, storage: bool, field: &str) -> Value {
    json!({
        "name": name, "served": true, "storage": storage,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {
            "type": "object", "properties": {"color": {"type": "string"}, field: {"type": "integer"}},
        }}}},
    })
}

fn server() -> Server {
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Cluster",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
            "versions": [version("v1", true, "size"), version("v2", false, "replicas")],
        },
    });
    let rename = |mut widget: Value, to: &str| {
        let (old, new) = match to {
            "example.com/v2" => ("size", "replicas"),
            _ => ("replicas", "size"),
        };
        if let Some(spec) = widget["spec"].as_object_mut()
            && let Some(size) = spec.remove(old)
        {
            spec.insert(new.to_owned(), size);
        }
        // Names are not the converter's.
        widget["metadata"]["name"] = json!("stolen");
        widget
    };
    let builder = Server::builder().conversion("example.com", "Widget", rename);
    let server = builder.build();
    let definitions = ResourceRef::of_kind("apiextensions.k8s.io/v1", "CustomResourceDefinition");
    let create = Operation::create(definitions.all(), definition, WriteOptions::default());
    server.execute(&create).unwrap();
    server
}

fn widgets(version: &str) -> ResourceRef {
    ResourceRef::new("example.com", version, "widgets", "Widget")
}

fn apply(server: &Server, version: &str, manager: &str, spec: &Value) -> Result<Outcome, Refusal> {
    let widget = json!({"apiVersion": format!("example.com/{version}"), "kind": "Widget", "metadata": {"name": "w"}, "spec": spec});
    let target = widgets(version).all().named("w");
    server.execute(&Operation::apply(
        target,
        widget,
        ApplyOptions::new(manager),
    ))
}

fn spec(server: &Server, version: &str) -> Value {
    let got = server
        .execute(&Operation::get(widgets(version).all().named("w")))
        .unwrap();
    let got = got.as_object().unwrap();
    assert_eq!(got["apiVersion"], format!("example.com/{version}"));
    assert_eq!(got["metadata"]["name"], "w");
    got["spec"].clone()
}

#[test]
fn every_version_has_its_own_fields() {
    let server = server();
    apply(&server, "v1", "one", &json!({"size": 3, "color": "red"})).unwrap();
    assert_eq!(spec(&server, "v1"), json!({"size": 3, "color": "red"}));
    assert_eq!(spec(&server, "v2"), json!({"replicas": 3, "color": "red"}));

    let list = Operation::list(widgets("v2").all(), ListOptions::default());
    let Outcome::List(list) = server.execute(&list).unwrap() else {
        unreachable!("a list")
    };
    assert_eq!(list.items[0]["spec"]["replicas"], 3);

    let path = "/apis/example.com/v2/widgets?watch=true";
    let (head, ()) = http::Request::get(path).body(()).unwrap().into_parts();
    let mut watch = server.respond(&head, Bytes::new());
    let line = watch.body_mut().take_now().unwrap();
    let event: Value = serde_json::from_slice(&line).unwrap();
    assert_eq!(event["object"]["spec"]["replicas"], 3);
}

#[test]
fn owners_in_one_version_are_owners_in_the_other() {
    let server = server();
    apply(&server, "v1", "one", &json!({"size": 3})).unwrap();
    let refused = apply(&server, "v2", "two", &json!({"replicas": 5})).unwrap_err();
    assert_eq!(refused.field_conflicts()[0].manager, "one");
    // The field is named in the version in which it is owned.
    assert_eq!(refused.details.causes[0].field, ".spec.size");
    apply(&server, "v2", "one", &json!({"replicas": 4})).unwrap();
    assert_eq!(spec(&server, "v1"), json!({"size": 4}));
    // What the owner no longer says is gone, in whichever version it says so.
    apply(&server, "v2", "one", &json!({"color": "red"})).unwrap();
    assert_eq!(spec(&server, "v1"), json!({"color": "red"}));
}
