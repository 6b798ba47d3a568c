//! Plans: laws, and what the recorded cases do not show.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]

use std::{fs, path::Path};

use apply_semantics::{
    managed_fields::{ManagedFields, Operation},
    plan::{Decision, Plan, PlanOptions, Planner, plan},
    request::Kinds,
    typed::{EmptyContainers, Typed},
};
use serde_json::{Value, json};

fn cases() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

fn planner() -> (Planner, Kinds) {
    let text = fs::read_to_string(cases().join("ssa-apiserver/crds.json")).unwrap();
    let crds: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut kinds = Kinds::builtin();
    let mut planner = Planner::new().empty_containers(EmptyContainers::Preserve);
    for crd in &crds {
        kinds.insert_crd(crd).unwrap();
        planner = planner.crd(crd).unwrap();
    }
    (planner, kinds)
}

/// What a manager owns, applied again by it, changes nothing.
#[test]
fn what_is_owned_is_there_already() {
    let (planner, kinds) = planner();
    let mut seen = 0;
    for line in fs::read_to_string(cases().join("ssa-apiserver/sequences.jsonl"))
        .unwrap()
        .lines()
    {
        let case: Value = serde_json::from_str(line).unwrap();
        for step in case["steps"].as_array().unwrap() {
            let live = bound(&step["response"]["body"]);
            let Ok(entries) = ManagedFields::decode(&live) else {
                continue;
            };
            let text = |field: &str| live[field].as_str().unwrap_or_default().to_owned();
            let Some(ty) = kinds.ty(&text("apiVersion"), &text("kind")) else {
                continue;
            };
            for entry in entries
                .iter()
                .filter(|entry| entry.operation() == Operation::Apply)
            {
                // Where kubectl's annotation is the server writes down what this manager applied.
                if entry.name() == "kubectl"
                    || !entry.subresource().is_empty()
                    || entry.api_version() != text("apiVersion")
                    || doubled(&live, &ty)
                {
                    continue;
                }
                let typed = Typed::unchecked(ty.clone(), Some(live.clone()));
                let mut config = typed
                    .extract_with_keys(&entry.fields().leaves())
                    .into_value()
                    .unwrap();
                config["apiVersion"] = live["apiVersion"].clone();
                config["kind"] = live["kind"].clone();
                config["metadata"]["name"] = live["metadata"]["name"].clone();
                let plan = planner.apply(Some(&live), &config, &PlanOptions::new(entry.name()));
                assert_eq!(
                    plan.decision,
                    Decision::NoOp,
                    "{} {}: {plan}\n{config}",
                    case["id"],
                    step["n"]
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 300, "{seen}");
}

/// Whether the object has elements of a list twice: then it is told apart what was applied.
fn doubled(live: &Value, ty: &apply_semantics::schema::Type) -> bool {
    ty.validate(Some(live)).is_err()
}

fn bound(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("<port:") => 30_001.into(),
        Value::String(text) if text.starts_with("<time") => "2030-01-01T00:00:00Z".into(),
        Value::Array(items) => items.iter().map(bound).collect(),
        Value::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (key.clone(), bound(value)));
            Value::Object(entries.collect())
        }
        other => other.clone(),
    }
}

fn create(manifest: &Value) -> Value {
    let mut live = plan(None, manifest, &PlanOptions::new("owner"))
        .object
        .unwrap();
    live["metadata"]["uid"] = "1".into();
    live
}

fn change(live: &Value, edit: impl FnOnce(&mut Value)) -> Plan {
    let mut new = live.clone();
    edit(&mut new);
    Planner::new().update(live, &new)
}

fn recreates(plan: &Plan) -> bool {
    matches!(plan.decision, Decision::Recreate { .. })
}

fn claim(phase: &str) -> Value {
    let mut live = create(
        &json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "a"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}, "volumeName": "v"}}),
    );
    live["status"] = json!({"phase": phase, "capacity": {"storage": "2Gi"}});
    live
}

#[test]
fn claims_grow_once_they_are_bound() {
    let size = |size: &'static str| {
        move |claim: &mut Value| claim["spec"]["resources"]["requests"]["storage"] = size.into()
    };
    assert!(recreates(&change(&claim("Pending"), size("3Gi"))));
    assert!(matches!(
        change(&claim("Bound"), size("3Gi")).decision,
        Decision::Ask { .. }
    ));
    assert!(recreates(&change(&claim("Bound"), size("1Gi"))));
    assert_eq!(
        change(&claim("Bound"), size("2048Mi")).decision,
        Decision::NoOp
    );
    let class = |claim: &mut Value| claim["spec"]["volumeAttributesClassName"] = "gold".into();
    assert_eq!(change(&claim("Bound"), class).decision, Decision::Update);
}

#[test]
fn gated_pods_may_be_placed_more_narrowly() {
    let pod = create(
        &json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {
        "containers": [{"name": "a", "image": "a:1"}], "nodeSelector": {"a": "1"}, "schedulingGates": [{"name": "x/y"}]}}),
    );
    let narrow = |pod: &mut Value| pod["spec"]["nodeSelector"]["b"] = "2".into();
    assert_eq!(change(&pod, narrow).decision, Decision::Update);
    assert!(recreates(
        &change(&pod, |pod| pod["spec"]["nodeSelector"]["a"] = "2".into())
    ));
    assert_eq!(
        change(&pod, |pod| pod["spec"]["schedulingGates"] = json!([])).decision,
        Decision::Update
    );
    let mut free = pod.clone();
    free["spec"]
        .as_object_mut()
        .unwrap()
        .remove("schedulingGates");
    assert!(recreates(&change(&free, narrow)));
    assert_eq!(
        change(&free, |pod| pod["spec"]["containers"][0]["image"] =
            "a:2".into())
        .decision,
        Decision::Update
    );
}

#[test]
fn services_may_become_names_and_back() {
    let mut service = create(
        &json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {
        "type": "LoadBalancer", "loadBalancerClass": "x/y", "externalTrafficPolicy": "Local", "healthCheckNodePort": 30100,
        "ports": [{"port": 80, "nodePort": 30080}]}}),
    );
    service["spec"]["clusterIP"] = "10.0.0.1".into();
    service["spec"]["clusterIPs"] = json!(["10.0.0.1"]);
    let named = change(&service, |service| {
        service["spec"]["type"] = "ExternalName".into();
        service["spec"]["externalName"] = "a.example".into();
    });
    assert_eq!(named.decision, Decision::Update);
    assert_eq!(
        named.object.as_ref().unwrap()["spec"].get("clusterIP"),
        None
    );
    let kept = change(&service, |service| {
        for field in ["clusterIP", "clusterIPs", "healthCheckNodePort"] {
            service["spec"].as_object_mut().unwrap().remove(field);
        }
        service["spec"]["ports"][0]
            .as_object_mut()
            .unwrap()
            .remove("nodePort");
    });
    assert_eq!(kept.decision, Decision::NoOp);
    assert!(recreates(&change(
        &service,
        |service| service["spec"]["loadBalancerClass"] = "z/y".into()
    )));
    assert!(recreates(&change(
        &service,
        |service| service["spec"]["healthCheckNodePort"] = 30101.into()
    )));
    let plain = change(&service, |service| {
        service["spec"]["type"] = "ClusterIP".into();
    });
    assert_eq!(plain.decision, Decision::Update);
    assert_eq!(
        plain.object.unwrap()["spec"]["ports"][0].get("nodePort"),
        None
    );
}

#[test]
fn unknown_kinds_and_unknown_rules_ask() {
    let widget = |size: u32| json!({"apiVersion": "a.example/v1", "kind": "Box", "metadata": {"name": "a"}, "spec": {"size": size}});
    let live = create(&widget(1));
    let options = PlanOptions::new("owner");
    assert_eq!(
        plan(Some(&live), &widget(1), &options).decision,
        Decision::NoOp
    );
    assert!(matches!(
        plan(Some(&live), &widget(2), &options).decision,
        Decision::Ask { .. }
    ));

    let crd = |rule: &str| {
        json!({"spec": {"group": "a.example", "names": {"kind": "Box"}, "versions": [{"name": "v1", "schema": {"openAPIV3Schema":
        {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-validations": [{"rule": rule, "message": "fixed"}],
            "properties": {"size": {"type": "integer"}}}}}}}]}})
    };
    let decide = |rule: &str| {
        Planner::new()
            .crd(&crd(rule))
            .unwrap()
            .apply(Some(&live), &widget(2), &options)
            .decision
    };
    assert_eq!(decide("self.size >= oldSelf.size"), Decision::Update);
    assert_eq!(
        decide("self == oldSelf"),
        Decision::Recreate {
            fields: vec!["spec".to_owned()]
        }
    );
    assert!(matches!(
        decide("self.size.matches('x')"),
        Decision::Ask { .. }
    ));
}

#[test]
fn secrets_show_no_values() {
    let secret = |text: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"password": text}});
    let live = create(&secret("hunter2"));
    let plan = plan(Some(&live), &secret("hunter3"), &PlanOptions::new("owner"));
    assert_eq!(plan.decision, Decision::Update);
    let shown = format!("{plan} {plan:?} {}", serde_json::to_string(&plan).unwrap());
    assert!(shown.contains("/data/password"), "{shown}");
    assert!(!shown.contains("aHVudGVy"), "{shown}");
}

#[test]
fn reasons_are_data_and_text() {
    let manifest = |replicas: u32, app: &str| {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {
        "replicas": replicas, "selector": {"matchLabels": {"app": app}},
        "template": {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": "a", "image": "a:1"}]}}}})
    };
    let live = create(&manifest(1, "a"));
    let options = PlanOptions::new("owner");
    let update = plan(Some(&live), &manifest(2, "a"), &options);
    assert_eq!(update.to_string(), "update\n  replace /spec/replicas");
    assert_eq!(
        serde_json::to_value(&update).unwrap()["changes"],
        json!([{"path": "/spec/replicas", "op": "replace", "from": 1, "to": 2}])
    );
    let replace = plan(Some(&live), &manifest(1, "b"), &options);
    assert_eq!(
        replace.to_string(),
        "recreate\n  spec.selector: the field is immutable"
    );
}

#[test]
fn metadata_is_written_in_one_way() {
    let widget = |labels: Value| {
        json!({"apiVersion": "a.example/v1", "kind": "Box", "metadata": {"name": "a", "labels": labels}, "spec": {
        "template": {"metadata": {"creationTimestamp": null, "labels": labels}}}})
    };
    let crd = json!({"spec": {"group": "a.example", "names": {"kind": "Box"}, "versions": [{"name": "v1", "schema": {"openAPIV3Schema":
        {"type": "object", "properties": {"spec": {"type": "object", "properties": {"template": {"type": "object",
            "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true}}}}}}}]}});
    let planner = Planner::new().crd(&crd).unwrap();
    let options = PlanOptions::new("owner");
    let live = planner
        .apply(None, &widget(json!({})), &options)
        .object
        .unwrap();
    assert_eq!(live["metadata"].get("labels"), None);
    assert_eq!(live["spec"]["template"]["metadata"], json!({}));
    assert_eq!(
        planner
            .apply(Some(&live), &widget(json!({})), &options)
            .decision,
        Decision::NoOp
    );
    assert_eq!(
        planner
            .apply(Some(&live), &widget(json!({"a": "b"})), &options)
            .changes
            .len(),
        2
    );
}
