//! Custom resources of multi-cluster APIs, and second applies, as recorded for cluster identity.

use serde_json::{Value, json};

use crate::session::{Answer, Session, causes};

/// `{"$repeat": [text, n]}` stands for the text n times.
pub(crate) fn written_out(value: Value) -> Value {
    if let Some([text, times]) = value
        .get("$repeat")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        let times = times.as_u64().and_then(|times| usize::try_from(times).ok());
        return text
            .as_str()
            .expect("a text")
            .repeat(times.expect("a number"))
            .into();
    }
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(
                fields
                    .map(|(name, value)| (name, written_out(value)))
                    .collect(),
            )
        }
        Value::Array(items) => items.into_iter().map(written_out).collect(),
        other => other,
    }
}

/// A server with the definitions and the namespace of the recordings.
fn session(definitions: &[Value]) -> Session {
    let session = Session::new();
    session.prepare("t", definitions);
    session
}

/// Whether a custom resource is accepted, and what is stored of it.
pub(crate) fn validation(case: &Value, definitions: &[Value]) -> Result<(), String> {
    let session = session(definitions);
    let (input, expected) = (&case["input"], &case["expect"]);
    let object = &input["object"];
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or("t");
    let collection = session.collection(object, namespace);
    let answer = match input["op"].as_str() {
        Some("create") => session.send("POST", &collection, object),
        Some(op) => {
            let below = if op == "updateStatus" { "/status" } else { "" };
            replace(&session, &collection, &input["old"], object, below)?
        }
        None => return Err("no operation".to_owned()),
    };
    if expected["accepted"] != answer.is_ok() {
        return Err(format!(
            "accepted: {} expected, found {}",
            expected["accepted"],
            answer.message()
        ));
    }
    if answer.is_ok() {
        return same("stored", &stored(&answer.body), &expected["stored"]);
    }
    if expected["code"] != answer.code {
        return Err(format!(
            "{} expected, found {}",
            expected["code"],
            answer.message()
        ));
    }
    let mut wanted = causes(&expected["causes"]);
    // Causes without a field were not recorded.
    let mut found = answer.causes();
    found.retain(|(_, field)| !field.is_empty() && field != "<nil>");
    wanted.dedup();
    found.dedup();
    if wanted != found && !wanted.is_empty() {
        return Err(format!(
            "causes {wanted:?} expected, found {}",
            answer.message()
        ));
    }
    let message = expected["message"].as_str().unwrap_or_default();
    let text = answer.body["message"].as_str().unwrap_or_default();
    if text.starts_with(message) {
        Ok(())
    } else {
        Err(format!("message {message:?} expected, found {text:?}"))
    }
}

/// Creates an object, status included, and replaces it.
fn replace(
    session: &Session,
    collection: &str,
    old: &Value,
    new: &Value,
    below: &str,
) -> Result<Answer, String> {
    let mut live = session.send("POST", collection, old);
    if let (true, Some(status)) = (live.is_ok(), old.get("status")) {
        let mut object = live.body.clone();
        object["status"] = status.clone();
        let path = format!("{}/status", path_of(collection, &object));
        live = session.send("PUT", &path, &object);
    }
    if !live.is_ok() {
        return Err(format!("old: {}", live.message()));
    }
    let mut object = new.clone();
    object["metadata"]["resourceVersion"] = live.body["metadata"]["resourceVersion"].clone();
    let path = format!("{}{below}", path_of(collection, &object));
    Ok(session.send("PUT", &path, &object))
}

fn path_of(collection: &str, object: &Value) -> String {
    format!(
        "{collection}/{}",
        object["metadata"]["name"].as_str().expect("a name")
    )
}

/// Whether a text may be the identity of a cluster in each place.
pub(crate) fn portability(case: &Value, definitions: &[Value]) -> Result<(), String> {
    let session = session(definitions);
    let id = &case["input"]["id"];
    let accepted = |object: &Value| {
        let path = format!("{}?dryRun=All", session.collection(object, "t"));
        session.send("POST", &path, object).is_ok()
    };
    let found = json!({
        "clusterPropertyValue": accepted(&json!({"apiVersion": "about.k8s.io/v1beta1", "kind": "ClusterProperty",
            "metadata": {"name": "cluster.clusterset.k8s.io"}, "spec": {"value": id}})),
        "endpointSliceSourceClusterLabel": accepted(&json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": "slice", "labels": {"multicluster.kubernetes.io/source-cluster": id}},
            "addressType": "IPv4", "endpoints": []})),
        "namespaceName": accepted(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": id}})),
        "clusterProfileName": accepted(&json!({"apiVersion": "multicluster.x-k8s.io/v1alpha1", "kind": "ClusterProfile",
            "metadata": {"name": id}, "spec": {"clusterManager": {"name": "m"}}})),
        "serviceName": accepted(&json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": id},
            "spec": {"ports": [{"port": 80}]}})),
    });
    same("portable", &found, &case["expect"])
}

/// What a second apply by the same manager does.
pub(crate) fn outcome(case: &Value, definitions: &[Value]) -> Result<(), String> {
    let session = session(definitions);
    let (input, expected) = (&case["input"], &case["expect"]);
    let apply = |object: &Value| {
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or("t");
        let path = session.path(object, namespace);
        session.send_as(
            "PATCH",
            &format!("{path}?fieldManager=owner&force=true"),
            "application/apply-patch+yaml",
            object,
        )
    };
    let first = apply(&input["applied"]);
    if !first.is_ok() {
        return Err(format!("first: {}", first.message()));
    }
    let mut live = first.body.clone();
    // Some were being deleted, and held by a finalizer.
    if input["live"]
        .pointer("/metadata/deletionTimestamp")
        .is_some()
    {
        let namespace = live["metadata"]["namespace"].as_str().unwrap_or("t");
        live = session
            .send("DELETE", &session.path(&live, namespace), &Value::Null)
            .body;
    }
    same(
        "live",
        &allocated(stored(&live)),
        &allocated(stored(&input["live"])),
    )?;
    session.clock.advance(10);
    let second = apply(&input["desired"]);
    let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
    let result = if !second.is_ok() {
        "refused"
    } else if version(&live) == version(&second.body) {
        "unchanged"
    } else {
        "updated"
    };
    if expected["result"] != result {
        return Err(format!(
            "{} expected, found {result}: {}",
            expected["result"],
            second.message()
        ));
    }
    if result == "refused" {
        let (wanted, found) = (causes(&expected["causes"]), second.causes());
        if expected["code"] != second.code || wanted != found {
            return Err(format!("{wanted:?} expected, found {}", second.message()));
        }
        return Ok(());
    }
    let content = |object: &Value| {
        let mut object = stored(object);
        object.as_object_mut().expect("an object").remove("status");
        object
    };
    let changed = content(&live) != content(&second.body);
    if expected["contentChanged"] == changed {
        Ok(())
    } else {
        Err(format!("content changed: {changed}"))
    }
}

/// The object without what the server keeps its books with.
fn stored(object: &Value) -> Value {
    let mut object = object.clone();
    let metadata = object["metadata"].as_object_mut().expect("metadata");
    for name in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "generation",
        "managedFields",
    ] {
        metadata.remove(name);
    }
    object
}

/// The object without what is another in every run.
fn allocated(mut object: Value) -> Value {
    match &mut object {
        Value::Object(fields) => {
            fields.retain(|name, _| {
                ![
                    "clusterIP",
                    "clusterIPs",
                    "nodePort",
                    "lastTransitionTime",
                    "deletionTimestamp",
                ]
                .contains(&name.as_str())
                    && !name.ends_with("controller-uid")
            });
            for field in fields.values_mut() {
                *field = allocated(field.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = allocated(item.take());
            }
        }
        _ => {}
    }
    object
}

fn same(what: &str, found: &Value, wanted: &Value) -> Result<(), String> {
    match conformance_runner::first_difference(found, wanted) {
        None => Ok(()),
        Some(difference) => Err(format!("{what}: {difference}")),
    }
}
