//! Suite `strategic-merge/server`: patches that an API server answered as dry runs, as far as patches and defaults decide the answer.
//!
//! A sequence begins with the creation of an object; what the server answered is the live object of the patches that follow. A patched
//! object must be the answer but for the bookkeeping of the server, and where the patch cannot be applied, or gives no object of the
//! kind, the server must have refused. Refusals by validation are for a server to decide.

use apply_semantics::{
    defaults::normalise,
    patch::{Patch, PatchType},
    types::builtin,
};
use conformance_runner::{Runner, first_difference};
use serde_json::Value;

use crate::cases;

const SUITE: &str = "strategic-merge/server";

pub(crate) fn run(runner: &mut Runner) {
    let mut undecided = 0;
    for (id, case) in cases(runner, SUITE) {
        runner.case(SUITE, &id, || {
            undecided += sequence(&with_times(&case))?;
            Ok(())
        });
    }
    let why = "answers of single steps that validation decides: for a server";
    runner.not_counted(SUITE, undecided, why);
}

/// A case with a time stamp for every placeholder of one: patches and defaults look at the form of them.
fn with_times(value: &Value) -> Value {
    match value {
        Value::String(text) => match text.split_once("<time@") {
            Some((before, rest)) => {
                let after = rest.split_once('>').map_or("", |(_, after)| after);
                format!("{before}2024-05-01T08:00:00Z{after}").into()
            }
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(with_times).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), with_times(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// Plays a sequence, and says how many of its answers nobody could tell without a server.
fn sequence(case: &Value) -> Result<usize, String> {
    let steps = case["steps"].as_array().unwrap();
    let live = &steps[0]["response"]["body"];
    let mut undecided = 0;
    for step in &steps[1..] {
        let decided =
            check(step, steps, live).map_err(|why| format!("step {}: {why}", step["n"]))?;
        undecided += usize::from(!decided);
    }
    Ok(undecided)
}

fn check(step: &Value, steps: &[Value], live: &Value) -> Result<bool, String> {
    let request = &step["request"];
    let content_type = request["headers"]["Content-Type"].as_str().unwrap();
    let patch_type = PatchType::from_content_type(content_type).ok_or("no patch")?;
    let code = step["response"]["code"].as_u64().unwrap();
    let Some(body) = request.get("body") else {
        return Ok(false);
    };
    let text = |field: &str| live[field].as_str().unwrap();
    let node = builtin().kind(text("apiVersion"), text("kind"));
    let patched = Patch::new(patch_type, body.clone()).apply(live.clone(), node);
    let stored = patched
        .map_err(|error| error.to_string())
        .and_then(|patched| store(patched, live));
    match (stored, code) {
        (Ok(stored), 200) => {
            let answer = bound(&bookkept(answer(step, steps), live), &stored);
            first_difference(&stored, &answer).map_or(Ok(true), Err)
        }
        (Ok(_), _) => Ok(false),
        (Err(_), 400..) => Ok(true),
        (Err(error), _) => Err(error),
    }
}

fn answer(step: &Value, steps: &[Value]) -> Value {
    let response = &step["response"];
    match response["sameBodyAs"].as_u64() {
        Some(other) => {
            let same = steps.iter().find(|step| step["n"] == other).unwrap();
            same["response"]["body"].clone()
        }
        None => response["body"].clone(),
    }
}

/// What a server makes of a patched object before it validates it.
fn store(mut object: Value, live: &Value) -> Result<Value, String> {
    normalise(&mut object).map_err(|error| error.to_string())?;
    Ok(bookkept(object, live))
}

/// An answer with the identities that the request itself brought along in place of their placeholders.
fn bound(answer: &Value, stored: &Value) -> Value {
    match (answer, stored) {
        (Value::String(text), Value::String(_)) if text.starts_with("<uid:") => stored.clone(),
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => items
            .iter()
            .zip(others)
            .map(|(item, other)| bound(item, other))
            .collect(),
        (Value::Object(map), Value::Object(others)) => map
            .iter()
            .map(|(key, value)| {
                (
                    key.clone(),
                    bound(value, others.get(key).unwrap_or(&Value::Null)),
                )
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        _ => answer.clone(),
    }
}

/// An object with what no patch changes: what it is, the bookkeeping in its metadata, its status, the address that a Service has, and the
/// tolerations that admission gives to every Pod.
fn bookkept(mut object: Value, live: &Value) -> Value {
    for field in [
        "managedFields",
        "generation",
        "resourceVersion",
        "uid",
        "creationTimestamp",
    ] {
        match live["metadata"].get(field) {
            Some(value) => object["metadata"][field] = value.clone(),
            None => drop(
                object["metadata"]
                    .as_object_mut()
                    .map(|metadata| metadata.remove(field)),
            ),
        }
    }
    for field in ["apiVersion", "kind"] {
        object[field] = live[field].clone();
    }
    match live.get("status") {
        Some(status) => object["status"] = status.clone(),
        None => drop(object.as_object_mut().map(|object| object.remove("status"))),
    }
    for field in ["clusterIP", "clusterIPs"] {
        if live["kind"] == "Service" && object["spec"].get(field).is_none() {
            object["spec"][field] = live["spec"][field].clone();
        }
    }
    if live["kind"] == "Pod"
        && let Some(tolerations) = object["spec"]["tolerations"].as_array_mut()
    {
        let admitted = [
            "node.kubernetes.io/not-ready",
            "node.kubernetes.io/unreachable",
        ];
        tolerations.retain(|toleration| !admitted.iter().any(|key| toleration["key"] == *key));
    }
    object
}
