//! Manifests against live objects, and single edits of objects.

use std::collections::BTreeSet;

use apply_semantics::patch::json as json_patch;
use serde_json::{Value, json};

use crate::{
    bindings::Bindings,
    session::{Answer, Session, causes},
};

/// What the server answers to a manifest whose object is there and was changed by others.
pub(crate) fn pair(case: &Value, definitions: &[Value]) -> Result<(), String> {
    let session = Session::new();
    let namespace = case["namespace"].as_str().expect("a namespace");
    session.prepare(namespace, definitions);
    let mut bindings = Bindings::default();
    let base = &case["base"];
    let path = session.path(base, namespace);
    let first = apply(&session, &path, "owner", base);
    expect(first.is_ok(), || format!("base: {}", first.message()))?;
    for step in case["between"].as_array().into_iter().flatten() {
        let below = step["subresource"]
            .as_str()
            .map_or_else(String::new, |name| format!("/{name}"));
        let manager = step["fieldManager"].as_str().expect("a manager");
        let media = step["contentType"].as_str().expect("a type");
        let path = format!("{path}{below}?fieldManager={manager}");
        let answer = session.send_as("PATCH", &path, media, &bindings.fill_value(&step["body"]));
        expect(step["code"] == answer.code, || {
            format!("between: {}", answer.message())
        })?;
    }
    let live = session.send("GET", &path, &Value::Null).body;
    differ(&mut bindings, &live, &case["live"], "live")?;
    session.clock.advance(10);
    let manifest = bindings.fill_value(&case["manifest"]);
    let path = session.path(&manifest, namespace);
    let live = session.send("GET", &path, &Value::Null).body;
    if let Some(wanted) = case.get("liveInThatVersion") {
        differ(&mut bindings, &live, wanted, "live in that version")?;
    }
    let answer = apply(&session, &format!("{path}?dryRun=All"), "owner", &manifest);
    expect(case["code"] == answer.code, || {
        format!("expected {}, found {}", case["code"], answer.message())
    })?;
    if answer.is_ok() {
        return same_outcome(&mut bindings, case, &live, &answer.body);
    }
    differ(&mut bindings, &answer.body, &case["status"], "status")?;
    let forced = &case["forced"];
    let path = format!("{path}?dryRun=All&force=true");
    let answer = apply(&session, &path, "owner", &manifest);
    expect(forced["code"] == answer.code, || {
        format!("forced: {}", answer.message())
    })?;
    if answer.is_ok() {
        return same_outcome(&mut bindings, forced, &live, &answer.body);
    }
    Ok(())
}

fn same_outcome(
    bindings: &mut Bindings,
    wanted: &Value,
    live: &Value,
    answer: &Value,
) -> Result<(), String> {
    let mut found = Vec::new();
    let (before, after) = (plain(live), plain(answer));
    changes(&before, &after, "", &mut found);
    differ(
        bindings,
        &Value::Array(found.clone()),
        &wanted["changes"],
        "changes",
    )?;
    if let Some(changed) = wanted["objectChanges"].as_bool() {
        expect(changed != found.is_empty(), || "objectChanges".to_owned())?;
    }
    let generations = live["metadata"]["generation"] != answer["metadata"]["generation"];
    let counted = wanted["generationChanges"].as_bool().unwrap_or_default();
    if wanted.get("objectChanges").is_some() {
        expect(generations == counted, || {
            format!("generation moves: {generations}")
        })?;
    }
    let (before, after) = (owned(live), owned(answer));
    for (name, paths) in [
        ("ownedMore", after.difference(&before)),
        ("ownedLess", before.difference(&after)),
    ] {
        let found: BTreeSet<_> = paths.cloned().collect();
        let listed = wanted[name].as_array().into_iter().flatten();
        let listed: BTreeSet<Vec<String>> = listed
            .map(|path| serde_json::from_value(bindings.fill_value(path)).expect("a path"))
            .collect();
        expect(
            wanted.get("objectChanges").is_none() || found == listed,
            || format!("{name}: found {found:?}, expected {listed:?}"),
        )?;
    }
    Ok(())
}

/// The object without what only keeps the books.
fn plain(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for name in ["managedFields", "resourceVersion", "generation"] {
            metadata.remove(name);
        }
    }
    object
}

/// Differences by JSON pointer, lists by index.
fn changes(from: &Value, to: &Value, path: &str, found: &mut Vec<Value>) {
    match (from, to) {
        (Value::Object(from), Value::Object(to)) => {
            let names: BTreeSet<_> = from.keys().chain(to.keys()).collect();
            for name in names {
                let escaped = name.replace('~', "~0").replace('/', "~1");
                one(
                    from.get(name),
                    to.get(name),
                    &format!("{path}/{escaped}"),
                    found,
                );
            }
        }
        (Value::Array(from), Value::Array(to)) => {
            for index in 0..from.len().max(to.len()) {
                one(
                    from.get(index),
                    to.get(index),
                    &format!("{path}/{index}"),
                    found,
                );
            }
        }
        _ if from == to => {}
        _ => found.push(json!({"path": path, "op": "replace", "from": from, "to": to})),
    }
}

fn one(from: Option<&Value>, to: Option<&Value>, path: &str, found: &mut Vec<Value>) {
    match (from, to) {
        (Some(from), Some(to)) => changes(from, to, path, found),
        (Some(from), None) => found.push(json!({"path": path, "op": "remove", "from": from})),
        (None, Some(to)) => found.push(json!({"path": path, "op": "add", "to": to})),
        (None, None) => {}
    }
}

/// The field paths in the owner's entry.
fn owned(object: &Value) -> BTreeSet<Vec<String>> {
    fn walk(value: &Value, path: &mut Vec<String>, found: &mut BTreeSet<Vec<String>>) {
        let Some(entries) = value.as_object().filter(|entries| !entries.is_empty()) else {
            found.insert(path.clone());
            return;
        };
        for (name, entry) in entries {
            path.push(name.clone());
            walk(entry, path, found);
            path.pop();
        }
    }
    let mut found = BTreeSet::new();
    let entries = object["metadata"]["managedFields"].as_array();
    let entry = entries
        .into_iter()
        .flatten()
        .find(|entry| entry["manager"] == "owner" && entry["operation"] == "Apply");
    if let Some(entry) = entry {
        walk(&entry["fieldsV1"], &mut Vec::new(), &mut found);
    }
    found
}

/// All edits of one object, each as a case of its own: its id and what became of it.
pub(crate) fn edits(
    id: &str,
    case: &Value,
    definitions: &[Value],
) -> Vec<(String, Result<(), String>)> {
    let session = Session::new();
    let namespace = case["namespace"].as_str().expect("a namespace");
    session.prepare(namespace, definitions);
    let object = &case["object"];
    let collection = session.collection(object, namespace);
    let created = session.send("POST", &collection, object);
    let mut bindings = Bindings::default();
    bindings.bind(
        "<uid:1>".to_owned(),
        text(&created.body["metadata"]["uid"]).to_owned(),
    );
    let case = &bindings.fill_value(case);
    let edits = case["edits"].as_array().expect("edits");
    let judged = edits.iter().enumerate().map(|(index, edit)| {
        let outcome = if created.is_ok() {
            judge(&session, &collection, &created.body, edit)
        } else {
            Err(format!("not created: {}", created.message()))
        };
        (format!("{id}-{index:02}"), outcome)
    });
    judged.collect()
}

fn judge(session: &Session, collection: &str, live: &Value, edit: &Value) -> Result<(), String> {
    let (op, path) = (edit["op"].as_str().expect("an op"), &edit["path"]);
    let mut patch = match op {
        "patch" => edit["value"].clone(),
        _ => json!([{"op": op, "path": path}]),
    };
    if op != "patch"
        && let Some(value) = edit.get("value")
    {
        patch[0]["value"] = value.clone();
    }
    let at = path.as_str().expect("a pointer");
    let name = live["metadata"]["name"].as_str().expect("a name");
    let target = format!("{collection}/{name}?dryRun=All");
    let answer = session.send_as("PATCH", &target, "application/json-patch+json", &patch);
    let outcome = edit["outcome"].as_str().expect("an outcome");
    let told = |what: String| Err(format!("{op} {at} {}: {what}", edit["value"]));
    if edit["code"] != answer.code {
        return told(format!("{outcome} expected, found {}", answer.message()));
    }
    if answer.is_ok() {
        let found = found_outcome(live, &answer.body, &patch, edit);
        let now = edit.get("now");
        let same =
            now.is_none_or(|now| *now == answer.body.pointer(at).cloned().unwrap_or_default());
        return if found == outcome && same {
            Ok(())
        } else {
            told(format!(
                "{outcome} expected, found {found}: {:?}",
                answer.body.pointer(at)
            ))
        };
    }
    if answer.causes() != causes(&edit["causes"]) || edit["reason"] != answer.body["reason"] {
        return told(format!(
            "causes {} expected, found {}",
            edit["causes"],
            answer.message()
        ));
    }
    if let Some(wanted) = edit["message"].as_str() {
        let found = answer.body["message"].as_str().unwrap_or_default();
        let same = match wanted.strip_suffix("...") {
            Some(start) => found.starts_with(start),
            None => found == wanted,
        };
        if !same {
            return told(format!("message {wanted:?} expected, found {found:?}"));
        }
    }
    let Some(wanted) = edit["createCode"].as_u64() else {
        return Ok(());
    };
    let created = create(session, collection, live, edit);
    if wanted != created.code {
        return told(format!(
            "creation: {wanted} expected, found {}",
            created.message()
        ));
    }
    Ok(())
}

/// A new object as the edit would have it: the live one under another name, without what only one can have.
fn create(session: &Session, collection: &str, live: &Value, edit: &Value) -> Answer {
    let mut object = live.clone();
    let operations = match edit["op"].as_str() {
        Some("patch") => edit["value"].as_array().expect("a patch").clone(),
        _ => vec![edit.clone()],
    };
    for path in ALLOCATED {
        remove(&mut object, path);
    }
    for operation in operations {
        let path = operation["path"].as_str().expect("a pointer");
        match operation.get("value") {
            Some(value) => set(&mut object, path, value.clone()),
            None => remove(&mut object, path),
        }
    }
    if object["kind"] == "Job" && object["spec"]["manualSelector"] != true {
        remove(&mut object, "/spec/selector");
        remove(&mut object, "/metadata/labels");
        let labels = object.pointer_mut("/spec/template/metadata/labels");
        if let Some(labels) = labels.and_then(Value::as_object_mut) {
            labels
                .retain(|name, _| !name.ends_with("controller-uid") && !name.ends_with("job-name"));
        }
    }
    // Names are taken, and a definition must be named for what it defines.
    let names = &mut object["spec"]["names"];
    if edit["path"] != "/metadata/name" {
        object["metadata"]["name"] = if let Some(plural) = names["plural"].as_str() {
            let fresh = format!("fresh{plural}");
            names["plural"] = fresh.clone().into();
            format!("{fresh}.{}", text(&object["spec"]["group"])).into()
        } else {
            "fresh".into()
        };
    }
    session.send("POST", &format!("{collection}?dryRun=All"), &object)
}

/// What a server gives out, and the books that it keeps.
const ALLOCATED: &[&str] = &[
    "/metadata/uid",
    "/metadata/resourceVersion",
    "/metadata/creationTimestamp",
    "/metadata/generation",
    "/metadata/managedFields",
    "/status",
    "/spec/clusterIP",
    "/spec/clusterIPs",
];

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The parts of a JSON pointer.
fn parts(pointer: &str) -> Vec<String> {
    let parts = pointer.split('/').skip(1);
    parts
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect()
}

/// Puts a value where a pointer leads, whether or not the way to it is there.
fn set(object: &mut Value, pointer: &str, value: Value) {
    let at = parts(pointer).into_iter().fold(object, |at, part| {
        if let Value::Array(items) = at {
            let index = part.parse().unwrap_or(items.len());
            if index >= items.len() {
                items.push(Value::Null);
            }
            let last = items.len() - 1;
            return &mut items[index.min(last)];
        }
        &mut at[part]
    });
    *at = value;
}

/// Takes away what a pointer leads to, if anything is there.
fn remove(object: &mut Value, pointer: &str) {
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    let last = last.replace("~1", "/").replace("~0", "~");
    match object.pointer_mut(parent) {
        Some(Value::Object(fields)) => drop(fields.remove(&last)),
        Some(Value::Array(items)) => {
            if let Some(index) = last.parse().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}

/// What became of an accepted edit.
fn found_outcome(live: &Value, answer: &Value, patch: &Value, edit: &Value) -> &'static str {
    let at = edit["path"].as_str().expect("a pointer");
    let (before, after) = (live.pointer(at), answer.pointer(at));
    if edit["op"] == "remove" {
        return match after {
            None => "accepted",
            after if after == before => "restored",
            Some(_) => "defaulted",
        };
    }
    let wanted = json_patch::apply(live.clone(), patch).ok();
    let wanted = wanted.as_ref().and_then(|wanted| wanted.pointer(at));
    if wanted == after {
        "accepted"
    } else if before == after {
        "ignored"
    } else {
        "changed otherwise"
    }
}

fn apply(session: &Session, path: &str, manager: &str, object: &Value) -> Answer {
    let sign = if path.contains('?') { '&' } else { '?' };
    session.send_as(
        "PATCH",
        &format!("{path}{sign}fieldManager={manager}"),
        "application/apply-patch+yaml",
        object,
    )
}

fn differ(
    bindings: &mut Bindings,
    found: &Value,
    wanted: &Value,
    what: &str,
) -> Result<(), String> {
    match bindings.difference(found, wanted, what) {
        None => Ok(()),
        Some(difference) => Err(difference),
    }
}

fn expect(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
