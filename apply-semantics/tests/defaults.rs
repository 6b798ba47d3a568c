//! Laws of defaults and canonical objects.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]

use std::{fs, path::Path};

use apply_semantics::defaults::{canonical_quantity, canonicalise, normalise, set_defaults};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What a server stored is normal: objects of built-in kinds in recorded answers stay as they are.
#[test]
fn stored_objects_are_normal() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for (id, object) in recorded() {
        let mut normal = object.clone();
        normalise(&mut normal).unwrap();
        if normal != object {
            wrong.push(format!("{id}:\n{object}\n{normal}"));
        }
        seen += 1;
    }
    assert!(
        wrong.is_empty(),
        "{} of {seen}: {}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(seen > 300, "{seen} objects");
}

/// The stored objects in the recorded answers of a server, each with the case that it is from.
fn recorded() -> Vec<(String, Value)> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut objects = Vec::new();
    for (file, below) in [
        ("semantic-diff/pairs.jsonl", "live"),
        ("ssa-apiserver/sequences.jsonl", "response"),
    ] {
        for line in fs::read_to_string(cases.join(file)).unwrap().lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            let id = case["id"].as_str().unwrap();
            stored(&case, below, &mut |object| {
                objects.push((id.to_owned(), bound(object)));
            });
        }
    }
    objects
}

/// Calls back with every stored object below fields of that name.
fn stored(value: &Value, below: &str, each: &mut dyn FnMut(&Value)) {
    match value {
        Value::Object(entries) => {
            let found = value.get(below).unwrap_or(&Value::Null);
            let object = found.get("body").unwrap_or(found);
            if object["metadata"]["uid"].is_string() && object["apiVersion"].is_string() {
                each(object);
            }
            entries
                .values()
                .for_each(|entry| stored(entry, below, each));
        }
        Value::Array(items) => items.iter().for_each(|item| stored(item, below, each)),
        _ => {}
    }
}

/// The object with values in the places of what differs from run to run.
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

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let mut lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "a"},
        "spec": {"renewTime": "2030-01-01T00:00:00Z", "leaseDurationSeconds": 1.5}});
    let errors = canonicalise(&mut lease).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "spec.leaseDurationSeconds: expected a whole number, spec.renewTime: expected a time stamp with six digits of a second"
    );
}

#[test]
fn defaults_depend_on_the_kind() {
    let template = json!({"spec": {"containers": [{"name": "a", "image": "a"}]}});
    let mut job = json!({"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": template}});
    set_defaults(&mut job);
    assert_eq!(job["spec"]["backoffLimit"], 6);
    assert_eq!(
        job["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"],
        "Always"
    );
    let mut cron = json!({"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": template}}}});
    set_defaults(&mut cron);
    assert_eq!(
        cron["spec"]["jobTemplate"]["spec"].get("backoffLimit"),
        None
    );
    assert_eq!(cron["spec"]["failedJobsHistoryLimit"], 1);
}

#[test]
fn resources_of_pods_complete_each_other() {
    let container =
        |limits: Value| json!({"name": "a", "image": "a:1", "resources": {"limits": limits}});
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {
        "containers": [container(json!({"cpu": "500m"})), container(json!({"cpu": "1"}))],
        "resources": {"limits": {"cpu": "2", "memory": "1Gi"}}}});
    normalise(&mut pod).unwrap();
    assert_eq!(
        pod["spec"]["containers"][0]["resources"]["requests"],
        json!({"cpu": "500m"})
    );
    assert_eq!(
        pod["spec"]["resources"]["requests"],
        json!({"cpu": "1500m", "memory": "1Gi"})
    );
}

proptest! {
    /// What is normal stays so, what is canonical stays so, and any part of an object becomes normal in the three steps.
    #[test]
    fn normal_objects_are_fixed_points(pick in 0usize..100_000, keep in 0u64..) {
        let objects = recorded_once();
        let mut object = objects[pick % objects.len()].1.clone();
        let mut random = keep;
        thin(&mut object, &mut random, 0);
        let mut steps = object.clone();
        let _ = normalise(&mut object);
        let once = object.clone();
        let _ = normalise(&mut object);
        prop_assert_eq!(&once, &object);
        let _ = canonicalise(&mut steps);
        let canonical = steps.clone();
        let _ = canonicalise(&mut steps);
        prop_assert_eq!(&canonical, &steps);
        set_defaults(&mut steps);
        let _ = canonicalise(&mut steps);
        prop_assert_eq!(&once, &steps);
    }

    /// Canonical texts are canonical, and mean the same.
    #[test]
    fn quantities_keep_their_amount(text in "[+-]?[0-9]{1,12}(\\.[0-9]{1,6})?(n|u|m||k|M|G|T|Ki|Mi|Gi|e[0-9])") {
        use apply_semantics::defaults::Quantity;
        let canonical = canonical_quantity(&text).unwrap();
        prop_assert_eq!(Quantity::parse(&canonical), Quantity::parse(&text));
        prop_assert_eq!(canonical_quantity(&canonical), Some(canonical));
    }
}

fn recorded_once() -> &'static [(String, Value)] {
    static OBJECTS: std::sync::OnceLock<Vec<(String, Value)>> = std::sync::OnceLock::new();
    OBJECTS.get_or_init(recorded)
}

/// Takes some fields away.
fn thin(value: &mut Value, random: &mut u64, depth: usize) {
    match value {
        Value::Object(entries) => entries.retain(|key, entry| {
            *random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let keep = depth == 0 || key == "type" || *random >> 33 & 3 != 0;
            thin(entry, random, depth + 1);
            keep
        }),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| thin(item, random, depth + 1)),
        _ => {}
    }
}
