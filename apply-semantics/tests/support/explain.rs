//! The recorded answers of an API server as inputs of `explain`: every object with its entries is explained, and for every apply
//! that was refused for conflicts those are told from the live object and the configuration.
//!
//! The suites `explain/objects` and `explain/conflicts` stand on the cases of `ssa-apiserver/sequences`.

use std::collections::{BTreeMap, BTreeSet};

use apply_semantics::{
    explain::{Explanation, Field, Shape, explain},
    fieldset::FieldSet,
    managed_fields::{Entry, ManagedFields},
    path,
};
use conformance_runner::Runner;
use serde_json::Value;

use crate::cases;

pub(crate) fn run(runner: &mut Runner) {
    for (id, sequence) in cases(runner, "ssa-apiserver/sequences") {
        let mut live: BTreeMap<String, Value> = BTreeMap::new();
        let mut bodies: Vec<Value> = Vec::new();
        for (number, step) in sequence["steps"].as_array().unwrap().iter().enumerate() {
            let response = &step["response"];
            let body = match response["sameBodyAs"].as_u64() {
                Some(same) => bodies[usize::try_from(same).unwrap()].clone(),
                None => response.get("body").cloned().unwrap_or_default(),
            };
            let id = format!("{id}#{number}");
            let request = &step["request"];
            let path = request["path"].as_str().unwrap();
            if is_whole(&body) && response.get("sameBodyAs").is_none() {
                let readable = with_times(&body);
                runner.case("explain/objects", &id, || laws(&readable));
            }
            let (key, subresource) = resource(path);
            if let (true, Some(object)) = (is_conflict(request, &body), live.get(&key)) {
                let object = with_times(object);
                runner.case("explain/conflicts", &id, || {
                    conflicts(&object, request, subresource, &body)
                });
            }
            if !is_trial(request)
                && request["method"] != "GET"
                && response["code"].as_u64().unwrap() < 300
            {
                // What was read in other versions, or before its scale was written, is out of date.
                live.retain(|other, _| resource_name(other) != resource_name(&key));
            }
            if is_object(&body) && !is_trial(request) {
                live.insert(key, body.clone());
            }
            bodies.push(body);
        }
    }
}

/// The path of the object itself, and the subresource.
fn resource(path: &str) -> (String, &str) {
    match path.strip_suffix("/status") {
        Some(path) => (path.to_owned(), "status"),
        None => (path.to_owned(), ""),
    }
}

/// The path without the version.
fn resource_name(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    if parts.get(1) == Some(&"apis") && parts.len() > 3 {
        parts.remove(3);
    }
    parts.join("/").trim_end_matches("/scale").to_owned()
}

fn is_object(body: &Value) -> bool {
    body["metadata"]["uid"].is_string()
        && body["kind"] != "PartialObjectMetadata"
        && body["kind"] != "Scale"
}

/// Whether an answer is an object with entries.
fn is_whole(body: &Value) -> bool {
    body["metadata"]["managedFields"].is_array() && body["kind"] != "PartialObjectMetadata"
}

fn is_trial(request: &Value) -> bool {
    request["query"].get("dryRun").is_some()
}

/// Whether an apply to an object itself was refused for what others own, in the version in which the object was read.
fn is_conflict(request: &Value, body: &Value) -> bool {
    let causes = body["details"]["causes"].as_array();
    let conflict = |cause: &Value| cause["reason"] == "FieldManagerConflict";
    // Uids in requests are literal where those in answers are placeholders.
    let literal = request.to_string().contains("aaaaaaaa-0000-");
    causes.is_some_and(|causes| causes.iter().any(conflict))
        && request["body"].is_object()
        && !literal
}

/// Times were recorded as placeholders.
fn with_times(object: &Value) -> Value {
    let mut object = object.clone();
    let entries = object
        .pointer_mut("/metadata/managedFields")
        .and_then(Value::as_array_mut);
    for entry in entries.into_iter().flatten() {
        if entry.get("time").is_some() {
            entry["time"] = "2024-05-01T08:00:00Z".into();
        }
    }
    object
}

fn conflicts(live: &Value, request: &Value, subresource: &str, body: &Value) -> Result<(), String> {
    let explanation = explain(live).map_err(|error| error.to_string())?;
    let manager = request["query"]["fieldManager"].as_str().unwrap();
    let found = explanation
        .conflicts(manager, subresource, &request["body"])
        .map_err(|error| error.to_string())?;
    let found: BTreeSet<(String, String)> = found
        .iter()
        .map(|conflict| {
            let path = path::display(conflict.path());
            (
                format!("conflict with {}", conflict.owner().manager()),
                path,
            )
        })
        .collect();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let causes = body["details"]["causes"].as_array().unwrap().iter();
    let wanted: BTreeSet<(String, String)> = causes
        .map(|cause| (text(&cause["message"]), text(&cause["field"])))
        .collect();
    if found == wanted {
        return Ok(());
    }
    let missing: Vec<_> = wanted.difference(&found).collect();
    let surplus: Vec<_> = found.difference(&wanted).collect();
    Err(format!("missing {missing:?}, surplus {surplus:?}"))
}

/// What holds for every explained object.
pub(crate) fn laws(object: &Value) -> Result<(), String> {
    let explanation = explain(object).map_err(|error| error.to_string())?;
    every_leaf_once(object, &explanation)?;
    owners_add_up(object, &explanation)?;
    found_by_every_name(&explanation)
}

/// Every leaf of the object comes out once, by itself or inside a value that is owned as a whole.
fn every_leaf_once(object: &Value, explanation: &Explanation<'_>) -> Result<(), String> {
    let mut wanted = Vec::new();
    leaves(object, "", &mut wanted);
    wanted.retain(|pointer| !pointer.starts_with("/metadata/managedFields"));
    let mut found = Vec::new();
    for field in explanation.leaves() {
        leaves(field.value(), &field.pointer(), &mut found);
    }
    if object["metadata"]
        .as_object()
        .is_some_and(|metadata| metadata.len() == 1)
    {
        wanted.retain(|pointer| !pointer.starts_with("/metadata"));
        found.retain(|pointer| !pointer.starts_with("/metadata"));
    }
    if found == wanted {
        Ok(())
    } else {
        Err(format!("leaves {found:?}, expected {wanted:?}"))
    }
}

fn leaves(value: &Value, pointer: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (name, value) in map {
                let name = name.replace('~', "~0").replace('/', "~1");
                leaves(value, &format!("{pointer}/{name}"), into);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                leaves(value, &format!("{pointer}/{index}"), into);
            }
        }
        _ => into.push(pointer.to_owned()),
    }
}

/// What each entry owns in the object, and what it owns and is absent, are its set of fields.
fn owners_add_up(object: &Value, explanation: &Explanation<'_>) -> Result<(), String> {
    let recorded = ManagedFields::decode(object).map_err(|error| error.to_string())?;
    for (entry, recorded) in explanation.entries().iter().zip(recorded.iter()) {
        let is_it = |owner: &Entry| owner.manager() == entry.manager();
        let present: FieldSet = explanation
            .fields()
            .filter(|field| field.owners().any(is_it))
            .map(Field::path)
            .collect();
        let absent = explanation.absent().find(|(owner, _)| is_it(owner));
        let all = absent.map_or(present.clone(), |(_, absent)| present.union(absent));
        let wanted = match explanation.ty().reconcile(recorded.fields()) {
            Ok(Some(reconciled)) => reconciled,
            _ => recorded.fields().clone(),
        };
        if all != wanted {
            return Err(format!("{}: {all}, expected {wanted}", entry.manager()));
        }
    }
    Ok(())
}

/// Every field is found by its pointer and its path.
fn found_by_every_name(explanation: &Explanation<'_>) -> Result<(), String> {
    for field in explanation.fields() {
        let by_pointer = explanation
            .of(&field.pointer())
            .map_err(|error| error.to_string())?;
        if by_pointer.pointer() != field.pointer() {
            return Err(format!(
                "{} leads to {}",
                field.pointer(),
                by_pointer.pointer()
            ));
        }
        let by_path = explanation
            .of(&field.to_string())
            .map_err(|error| error.to_string())?;
        if by_path.to_string() != field.to_string() {
            return Err(format!("{field} leads to {by_path}"));
        }
        let whole = matches!(field.shape(), Shape::Atomic) && field.children().next().is_some();
        if whole {
            return Err(format!("{field} is whole and has parts"));
        }
    }
    Ok(())
}
