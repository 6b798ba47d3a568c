use std::fs;

use conformance_runner::first_difference;
use serde_json::{Value, json};

use super::*;

#[test]
fn reads_what_the_table_says() {
    let (gv, deployments) = resource_of("apps/v1", "Deployment").expect("there");
    assert_eq!(gv.api_version(), "apps/v1");
    assert_eq!(deployments.short_names, ["deploy"]);
    assert_eq!(deployments.singular(), "deployment");
    let scale = deployments.subresource("scale").expect("there");
    assert_eq!(scale.group_version, Some(("autoscaling", "v1")));
    assert_eq!(scale.verbs, VIEW);
    let log = resource_of("v1", "Pod").and_then(|(_, pods)| pods.subresource("log"));
    assert_eq!(
        log.map(|log| (log.kind, log.verbs.clone())),
        Some(("Pod", vec!["get"]))
    );
    assert!(
        !group_version("storage.k8s.io", "v1beta1")
            .expect("there")
            .on_by_default
    );
    assert!(resource_of("v1", "Service").is_some_and(|(_, services)| services.put_creates));
}

#[test]
fn order_is_kept() {
    let preferred = group_versions()
        .iter()
        .find(|gv| gv.group == "autoscaling")
        .map(|gv| gv.version);
    assert_eq!(preferred, Some("v2"));
    for gv in group_versions() {
        assert!(
            gv.resources.is_sorted_by_key(|resource| resource.plural),
            "{gv:?}"
        );
    }
}

/// What a real server answered, in the tests of apply-semantics.
const RECORDED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/conformance/typed-schemas/discovery.json"
);

#[test]
fn discovery_is_as_recorded() {
    let text = fs::read_to_string(RECORDED).expect("recorded discovery");
    let recorded: Value = serde_json::from_str(&text).expect("JSON");
    let mut versions = serde_json::Map::new();
    for gv in group_versions() {
        let resources: Value = gv
            .resources
            .iter()
            .map(|r| (r.plural.to_owned(), resource(r)))
            .collect();
        let mut version = json!({ "resources": resources });
        if !gv.on_by_default {
            version["off"] = json!(1);
        }
        versions.insert(gv.api_version(), version);
    }
    let difference = first_difference(&Value::Object(versions), &recorded["versions"]);
    assert_eq!(difference, None);
    let mut groups = serde_json::Map::new();
    for gv in group_versions().iter().filter(|gv| !gv.group.is_empty()) {
        let group = groups
            .entry(gv.group)
            .or_insert_with(|| json!({"preferred": gv.version, "versions": []}));
        group["versions"]
            .as_array_mut()
            .unwrap()
            .push(json!(gv.version));
    }
    let difference = first_difference(&Value::Object(groups), &recorded["groups"]);
    assert_eq!(difference, None);
}

fn resource(resource: &Resource) -> Value {
    let mut out = json!({
        "kind": resource.kind,
        "singular": resource.singular(),
        "ns": i32::from(resource.namespaced),
        "verbs": resource.verbs,
    });
    if !resource.short_names.is_empty() {
        out["short"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        out["cats"] = json!(resource.categories);
    }
    let subs: serde_json::Map<String, Value> = resource
        .subresources
        .iter()
        .map(|sub| {
            let kind = match sub.group_version {
                Some((group, version)) => format!("{group}/{version}/{}", sub.kind),
                None => sub.kind.to_owned(),
            };
            (
                sub.name.to_owned(),
                json!({"kind": kind, "verbs": sub.verbs}),
            )
        })
        .collect();
    if !subs.is_empty() {
        out["sub"] = Value::Object(subs);
    }
    out
}
