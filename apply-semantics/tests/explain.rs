//! What explanations say.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use apply_semantics::explain::{Explanation, Fate, Reason, View, explain};
use serde_json::{Value, json};

fn fields(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn entry(manager: &str, operation: &str, version: &str, subresource: &str, owned: &str) -> Value {
    let mut entry = json!({
        "manager": manager, "operation": operation, "apiVersion": version, "time": "2024-05-01T08:00:00Z",
        "fieldsType": "FieldsV1", "fieldsV1": fields(owned),
    });
    if !subresource.is_empty() {
        entry["subresource"] = subresource.into();
    }
    entry
}

fn deployment() -> Value {
    let applied = r#"{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:selector":{},"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:image":{},"f:name":{},"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}}}}}}"#;
    let injected = r#"{"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{"f:resources":{"f:limits":{".":{},"f:cpu":{}}}},"k:{\"name\":\"proxy\"}":{".":{},"f:image":{},"f:name":{}}}}}}}"#;
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": "web", "namespace": "shop", "uid": "1", "labels": {"app": "web", "team": "a"},
            "annotations": {"example.com/a.b": "x", "note": "first\nsecond\n"},
            "managedFields": [
                entry("deployer", "Apply", "apps/v1", "", applied),
                entry("backup", "Apply", "apps/v1", "", r#"{"f:metadata":{"f:labels":{"f:app":{}},"f:annotations":{"f:gone":{}}}}"#),
                entry("injector", "Update", "apps/v1", "", injected),
                entry("autoscaler", "Update", "apps/v1beta2", "scale", r#"{"f:spec":{"f:replicas":{}}}"#),
                entry("before-first-apply", "Update", "apps/v1", "", r#"{"f:metadata":{"f:annotations":{".":{},"f:example.com/a.b":{},"f:note":{}},"f:labels":{"f:team":{}}}}"#),
            ],
        },
        "spec": {
            "replicas": 3, "revisionHistoryLimit": 10, "selector": {"matchLabels": {"app": "web"}},
            "template": {"spec": {"containers": [
                {"name": "app", "image": "web:1", "ports": [{"containerPort": 80, "protocol": "TCP"}], "resources": {"limits": {"cpu": "1"}}},
                {"name": "proxy", "image": "proxy:1"},
            ]}},
        },
    })
}

fn owners(explanation: &Explanation<'_>, text: &str) -> Vec<String> {
    let field = explanation.of(text).unwrap();
    field
        .owners()
        .map(|owner| owner.name().to_owned())
        .collect()
}

#[test]
fn fields_are_found_by_every_notation() {
    let object = deployment();
    let explanation = explain(&object).unwrap();
    for text in [
        "/spec/template/spec/containers/0/image",
        ".spec.template.spec.containers[name=\"app\"].image",
        "spec.template.spec.containers[name=app].image",
        "$.spec.template.spec.containers[0].image",
    ] {
        assert_eq!(owners(&explanation, text), ["deployer"], "{text}");
    }
    for text in [
        "/metadata/annotations/example.com~1a.b",
        ".metadata.annotations.example.com/a.b",
        ".metadata.annotations[\"example.com/a.b\"]",
        "metadata.annotations['example.com/a.b']",
    ] {
        assert_eq!(owners(&explanation, text), ["before-first-apply"], "{text}");
    }
    for text in [
        "/spec/selector/matchLabels/app",
        ".spec.selector.matchLabels.app",
    ] {
        let field = explanation.of(text).unwrap();
        assert_eq!(
            field.to_string(),
            ".spec.selector",
            "an atomic value is one field"
        );
    }
    let error = explanation
        .of(".spec.template.spec.containers[name=\"x\"].image")
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        ".spec.template.spec.containers[name=\"x\"].image: not in the object; the nearest field is .spec.template.spec.containers"
    );
    for text in [
        "",
        ".",
        "/",
        "spec..replicas",
        "/metadata/managedFields",
        ".spec.repl",
        "/spec/template/spec/containers/00",
    ] {
        assert!(explanation.of(text).is_err(), "{text}");
    }
}

#[test]
fn everything_unowned_is_listed_and_what_is_the_servers_is_not() {
    let object = deployment();
    let explanation = explain(&object).unwrap();
    let unowned: Vec<String> = explanation
        .unowned()
        .map(|field| field.to_string())
        .collect();
    assert_eq!(
        unowned,
        [
            ".spec.revisionHistoryLimit",
            ".spec.template.spec.containers[name=\"app\"].ports[containerPort=80,protocol=\"TCP\"].protocol",
        ]
    );
    assert_eq!(
        explanation.of(".metadata.uid").unwrap().why().reason(),
        Reason::Server
    );
    let absent: Vec<String> = explanation
        .absent()
        .map(|(owner, fields)| format!("{}: {fields}", owner.name()))
        .collect();
    assert_eq!(
        absent,
        [r#"backup: {"f:metadata":{"f:annotations":{"f:gone":{}}}}"#]
    );
}

#[test]
fn every_field_says_what_keeps_it() {
    let object = deployment();
    let explanation = explain(&object).unwrap();
    let why = |text: &str| explanation.of(text).unwrap().why().to_string();
    assert_eq!(
        why(".metadata.labels.app"),
        "applied by backup (Apply, 2024-05-01T08:00:00Z), deployer (Apply, 2024-05-01T08:00:00Z); \
         it goes when \"backup\" and \"deployer\" all leave it out"
    );
    assert_eq!(
        why(".spec.replicas"),
        "written by autoscaler (Update, scale, apps/v1beta2, 2024-05-01T08:00:00Z); leaving it out of an apply does not remove it: \
         it goes when \"autoscaler\" takes it from the object, or by a patch ([{\"op\":\"remove\",\"path\":\"/spec/replicas\"}])"
    );
    assert_eq!(
        why(".spec.revisionHistoryLimit"),
        "nobody owns it, so no apply removes it: it is a default, or was written or left behind without an owner; remove it by a patch \
         ([{\"op\":\"remove\",\"path\":\"/spec/revisionHistoryLimit\"}]), or apply it once and leave it out of what is applied next"
    );
    assert!(why(".metadata.annotations.note").ends_with(
        "; to own it by apply instead of \"before-first-apply\", migrate \"before-first-apply\" to the manager that applies"
    ));
    assert!(why(".spec.template.spec.containers[name=\"app\"].resources.limits.cpu").ends_with(
        "; it also goes with the list element .spec.template.spec.containers[name=\"app\"], which deployer (Apply) has"
    ));
    assert_eq!(
        why(".spec.template"),
        "it is there for what is in it; it goes with what is in it"
    );
}

#[test]
fn leaving_a_field_out_has_a_known_outcome() {
    let object = deployment();
    let explanation = explain(&object).unwrap();
    let fate = |text: &str, manager| explanation.of(text).unwrap().if_left_out_by(manager, "");
    assert_eq!(fate(".metadata.labels.app", "deployer"), Fate::Stays);
    assert_eq!(fate(".spec.selector", "deployer"), Fate::Goes);
    assert_eq!(fate(".spec.replicas", "deployer"), Fate::NotApplied);
    assert_eq!(fate(".spec.replicas", "autoscaler"), Fate::NotApplied);
}

#[test]
fn conflicts_name_the_owner_and_both_values() {
    let object = deployment();
    let explanation = explain(&object).unwrap();
    let config = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web", "team": "b"}},
        "spec": {"replicas": 5, "selector": {"matchLabels": {"app": "web"}}},
    });
    let conflicts = explanation.conflicts("deployer", "", &config).unwrap();
    let texts: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            ".spec.replicas: owned by autoscaler (Update, scale, apps/v1beta2), is 3, would be 5",
            ".metadata.labels.team: owned by before-first-apply (Update), is \"a\", would be \"b\"",
        ]
    );
    let image = explanation
        .of("spec.template.spec.containers[name=proxy].image")
        .unwrap()
        .path();
    let conflicts = explanation
        .conflicts_at("deployer", "", &image, &json!("proxy:2"))
        .unwrap();
    assert_eq!(conflicts[0].owner().name(), "injector");
    assert!(
        explanation
            .conflicts_at("deployer", "", &image, &json!("proxy:1"))
            .unwrap()
            .is_empty()
    );
    assert!(
        explanation
            .conflicts_at("deployer", "", &image, &json!(1))
            .is_err()
    );
}

#[test]
fn yaml_has_the_owners_behind_the_fields() {
    let object = deployment();
    let explanation = explain(&object).unwrap();
    let yaml = explanation.yaml(View::new());
    let expected = r#"
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:                # before-first-apply (Update)
    example.com/a.b: x        # before-first-apply (Update)
    note: |                   # before-first-apply (Update)
      first
      second
  labels:
    app: web                  # backup (Apply), deployer (Apply)
    team: a                   # before-first-apply (Update)
  name: web
  namespace: shop
  uid: "1"
spec:
  replicas: 3                 # autoscaler (Update, scale, apps/v1beta2)
  revisionHistoryLimit: 10
  selector:                   # deployer (Apply)
    matchLabels:
      app: web
  template:
    spec:
      containers:
      - image: web:1          # deployer (Apply)
        name: app             # deployer (Apply)
        ports:
        - containerPort: 80   # deployer (Apply)
          protocol: TCP
        resources:
          limits:             # injector (Update)
            cpu: "1"          # injector (Update)
      - image: proxy:1        # injector (Update)
        name: proxy           # injector (Update)
"#;
    assert_eq!(yaml, expected.trim_start());
}

#[test]
fn trees_show_places_and_owners() {
    let object = deployment();
    let explanation = explain(&object).unwrap();
    let tree = explanation.tree(View::new().unowned().times());
    let first: Vec<&str> = tree.lines().take(5).collect();
    assert_eq!(
        first,
        [
            "Deployment shop/web (apps/v1)",
            "├─ metadata",
            "│  ├─ annotations                                         before-first-apply (Update, 2024-05-01T08:00:00Z)",
            "│  │  ├─ example.com/a.b: x                               before-first-apply (Update, 2024-05-01T08:00:00Z)",
            "│  │  └─ note: first\\u{a}second\\u{a}                      before-first-apply (Update, 2024-05-01T08:00:00Z)",
        ]
    );
    assert!(tree.contains("revisionHistoryLimit: 10") && tree.contains("unowned"));
    assert!(tree.contains("[containerPort=80,protocol=\"TCP\"]"));
    assert!(!tree.contains('\u{1b}'));
    let colored = explanation.tree(View::new().color());
    assert!(colored.contains("\u{1b}[32mautoscaler (Update, scale, apps/v1beta2)\u{1b}[0m"));
}

#[test]
fn list_elements_with_owners_of_their_own_say_so() {
    let object = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "managedFields": [
            entry("x", "Apply", "v1", "", r#"{"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}}}}"#),
            entry("y", "Update", "v1", "", r#"{"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{"f:name":{}}}}}"#),
        ]},
        "spec": {"ports": [{"name": "http", "port": 80, "protocol": "TCP"}]},
    });
    let yaml = explain(&object).unwrap().yaml(View::new());
    assert!(
        yaml.contains(
            "  - name: http    # y (Update); element: x (Apply)\n    port: 80      # x (Apply)\n"
        ),
        "{yaml}"
    );
}

#[test]
fn kinds_without_a_schema_are_explained_by_their_entries() {
    let applied = r#"{"f:spec":{"f:items":{"k:{\"id\":1}":{".":{},"f:id":{},"f:size":{}}},"f:tags":{"v:\"a\"":{}},"f:whole":{}}}"#;
    let object = json!({
        "apiVersion": "example.io/v1", "kind": "Gadget", "metadata": {"name": "g", "managedFields": [
            entry("x", "Apply", "example.io/v1", "", applied),
            entry("y", "Update", "example.io/v1", "", r#"{"f:spec":{"f:items":{"k:{\"id\":2}":{".":{},"f:id":{}}}}}"#),
        ]},
        "spec": {"items": [{"id": 1, "size": 5}, {"id": 2}, {"id": 3}], "tags": ["a", "b"], "whole": {"a": [1]}, "free": {"b": [{"c": 1}]}},
    });
    let explanation = explain(&object).unwrap();
    assert_eq!(explanation.absent().count(), 0);
    assert_eq!(owners(&explanation, ".spec.items[id=1].size"), ["x"]);
    assert_eq!(owners(&explanation, ".spec.items[id=2]"), ["y"]);
    assert_eq!(owners(&explanation, ".spec.tags[=\"a\"]"), ["x"]);
    assert_eq!(owners(&explanation, ".spec.whole.a[0]"), ["x"]);
    let unowned: Vec<String> = explanation
        .unowned()
        .map(|field| field.to_string())
        .collect();
    assert_eq!(
        unowned,
        [".spec.free.b", ".spec.items[id=3].id", ".spec.tags[=\"b\"]"]
    );
    let config = json!({"apiVersion": "example.io/v1", "kind": "Gadget", "metadata": {"name": "g"}, "spec": {"items": [{"id": 1, "size": 6}]}});
    let conflicts = explanation.conflicts("z", "", &config).unwrap();
    assert_eq!(conflicts.len(), 1);
    assert_eq!(
        conflicts[0].to_string(),
        ".spec.items[id=1].size: owned by x (Apply), is 5, would be 6"
    );
}

#[test]
fn data_of_secrets_is_not_shown() {
    let annotation = "kubectl.kubernetes.io/last-applied-configuration";
    let object = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "annotations": {annotation: "{\"data\":{\"password\":\"aHVudGVyMg==\"}}"},
            "managedFields": [entry("x", "Apply", "v1", "", r#"{"f:data":{"f:password":{}}}"#)]},
        "data": {"password": "aHVudGVyMg=="}, "type": "Opaque",
    });
    let explanation = explain(&object).unwrap();
    let conflicts = explanation
        .conflicts("y", "", &json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"password": "aHVudGVyMg=g"}}))
        .unwrap();
    assert_eq!(
        conflicts[0].to_string(),
        ".data.password: owned by x (Apply)"
    );
    for shown in [
        explanation.yaml(View::new()),
        explanation.tree(View::new().unowned()),
        format!(
            "{explanation:?}{:?}",
            explanation.of("/data/password").unwrap()
        ),
        serde_json::to_string(&explanation).unwrap(),
        serde_json::to_string(&conflicts).unwrap(),
        format!("{conflicts:?}"),
    ] {
        assert!(!shown.contains("aHVudGVyMg"), "{shown}");
        assert!(
            shown.contains("password") || shown.contains("Explanation"),
            "{shown}"
        );
    }
    assert!(
        explanation
            .yaml(View::new().secrets())
            .contains("password: \"aHVudGVyMg==\"")
            || explanation
                .yaml(View::new().secrets())
                .contains("password: aHVudGVyMg==")
    );
}

#[test]
fn names_of_managers_cannot_forge_lines() {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"managedFields": [
        entry("a\nb: forged", "Apply", "v1", "", r#"{"f:data":{"f:a":{}}}"#)]}, "data": {"a": "1"}});
    let yaml = explain(&object).unwrap().yaml(View::new());
    assert!(yaml.contains("# a\\u{a}b: forged (Apply)\n"), "{yaml}");
}

#[test]
fn the_json_form_has_every_leaf_and_owner() {
    let object = deployment();
    let explanation = explain(&object).unwrap();
    let data = serde_json::to_value(&explanation).unwrap();
    assert_eq!(data["kind"], "Deployment");
    assert_eq!(data["managers"].as_array().unwrap().len(), 5);
    let fields = data["fields"].as_array().unwrap();
    let replicas = fields
        .iter()
        .find(|field| field["path"] == ".spec.replicas")
        .unwrap();
    assert_eq!(
        *replicas,
        json!({
            "path": ".spec.replicas", "pointer": "/spec/replicas", "shape": "leaf",
            "owners": [{"manager": "autoscaler", "operation": "Update", "apiVersion": "apps/v1beta2", "subresource": "scale",
                        "time": "2024-05-01T08:00:00Z"}],
        })
    );
    assert_eq!(data["unowned"].as_array().unwrap().len(), 2);
    assert_eq!(data["absent"][0]["path"], ".metadata.annotations.gone");
    let why = serde_json::to_value(explanation.of("/spec/selector").unwrap().why()).unwrap();
    assert_eq!(why["reason"], "Applied");
    assert_eq!(why["shape"], "atomic");
}

#[test]
fn malformed_entries_are_named() {
    let object = json!({"metadata": {"managedFields": [{"manager": "x", "operation": "Apply"}]}});
    let error = explain(&object).unwrap_err();
    assert!(
        error.to_string().starts_with("metadata.managedFields[0]"),
        "{error}"
    );
}
