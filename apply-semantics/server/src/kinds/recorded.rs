//! The functions of this module against the answers of a real server, without a server of ours around them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU16, Ordering},
};

use apply_semantics::{
    defaults,
    patch::{json, merge, strategic},
    types::builtin,
};
use serde_json::{Value, json};

use super::{
    Cause, Cx, User, discovery, prepare_create, prepare_update, validate_create, validate_update,
};

fn cases(name: &str) -> PathBuf {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance");
    std::env::var_os("CONFORMANCE_DIR")
        .map_or(own, PathBuf::from)
        .join(name)
}

fn lines(name: &str) -> Vec<Value> {
    let text = fs::read_to_string(cases(name)).expect("recorded cases");
    text.lines()
        .map(|line| {
            serde_json::from_str(&concrete(line))
                .map(numbers)
                .expect("JSON")
        })
        .collect()
}

/// Values of the recording that differ from run to run, as values that the checks accept.
fn concrete(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find('<') {
        let (before, after) = rest.split_at(start);
        out.push_str(before);
        if let Some((text, end)) = after
            .find('>')
            .and_then(|end| Some((placeholder(&after[1..end])?, end)))
        {
            out.push_str(&text);
            rest = &after[end + 1..];
        } else {
            out.push('<');
            rest = &after[1..];
        }
    }
    out.push_str(rest);
    out
}

fn placeholder(text: &str) -> Option<String> {
    if text == "time" {
        return Some("2030-01-01T00:00:00Z".to_owned());
    }
    if let Some(step) = text.strip_prefix("time@") {
        let (step, more) = step.split_once('+').unwrap_or((step, "0s"));
        let seconds: i64 = step.parse().ok()?;
        let more: i64 = more.strip_suffix('s')?.parse().ok()?;
        let seconds = 3600 + seconds + more;
        return Some(format!(
            "2030-01-01T{:02}:{:02}:{:02}Z",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        ));
    }
    let (kind, number) = text.split_once(':')?;
    let number: u32 = number.parse().ok()?;
    Some(match kind {
        "uid" => format!("00000000-0000-4000-8000-{number:012}"),
        "rv" => format!("{}", 1000 + number),
        "ip" => format!("10.96.7.{number}"),
        "port" => format!("port:{}", 31000 + number),
        "name" => format!("generated-{number}"),
        _ => return None,
    })
}

/// Ports stand as texts in the recording.
fn numbers(value: Value) -> Value {
    match value {
        Value::String(text) => match text
            .strip_prefix("port:")
            .and_then(|port| port.parse::<u16>().ok())
        {
            Some(port) => json!(port),
            None => Value::String(text),
        },
        Value::Array(items) => items.into_iter().map(numbers).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, numbers(value)))
            .collect(),
        other => other,
    }
}

/// Gives the addresses and ports that the recorded server gave.
struct Recorded {
    now: String,
    answer: Value,
    port: AtomicU16,
}

impl Recorded {
    fn of(answer: &Value) -> Self {
        let stamp = answer
            .pointer("/metadata/creationTimestamp")
            .and_then(Value::as_str);
        Self {
            now: stamp.unwrap_or("2030-01-01T00:00:00Z").to_owned(),
            answer: answer.clone(),
            port: AtomicU16::new(0),
        }
    }

    fn at(mut self, now: &str) -> Self {
        self.now = now.to_owned();
        self
    }
}

impl Cx for Recorded {
    fn now(&self) -> String {
        self.now.clone()
    }

    fn cluster_ip(&self) -> Option<String> {
        let ip = self
            .answer
            .pointer("/spec/clusterIP")
            .and_then(Value::as_str);
        Some(ip.unwrap_or("10.96.7.99").to_owned())
    }

    fn node_port(&self) -> Option<u16> {
        let ports = self.answer.pointer("/spec/ports").and_then(Value::as_array);
        let numbers: Vec<u64> = ports
            .into_iter()
            .flatten()
            .filter_map(|port| port["nodePort"].as_u64())
            .collect();
        let next = self.port.fetch_add(1, Ordering::Relaxed);
        let number = numbers
            .get(usize::from(next))
            .and_then(|port| u16::try_from(*port).ok());
        number.or(Some(31900 + next))
    }

    fn user(&self) -> User {
        User {
            name: "admin".to_owned(),
            uid: "admin".to_owned(),
            groups: vec![
                "system:masters".to_owned(),
                "system:authenticated".to_owned(),
            ],
        }
    }
}

fn without_bookkeeping(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for key in ["managedFields", "resourceVersion"] {
            metadata.remove(key);
        }
    }
    object
}

fn shown(causes: &[Cause]) -> Vec<String> {
    let mut shown: Vec<String> = causes
        .iter()
        .map(|cause| format!("{} {}: {}", cause.reason, cause.field, cause.message))
        .collect();
    shown.sort();
    shown
}

fn recorded_causes(status: &Value) -> Vec<String> {
    let causes = status.pointer("/details/causes").and_then(Value::as_array);
    let text = |cause: &Value, key: &str| cause[key].as_str().unwrap_or_default().to_owned();
    let mut shown: Vec<String> = causes
        .into_iter()
        .flatten()
        .map(|cause| {
            format!(
                "{} {}: {}",
                text(cause, "reason"),
                text(cause, "field"),
                text(cause, "message")
            )
        })
        .collect();
    shown.sort();
    shown
}

/// Cases that are answered differently, and why.
const EXCEPTIONS: [(&str, &str); 3] = [
    ("upd-013-3 ", EMPTY),
    ("upd-022-3 ", EMPTY),
    ("ingress 3", EMPTY),
];
const EMPTY: &str = "a list or map that a patch emptied is shown as none, since it is left out when objects are written";

#[derive(Default)]
struct Report {
    passed: BTreeMap<String, usize>,
    failed: Vec<String>,
}

impl Report {
    fn check(&mut self, suite: &str, id: &str, result: Result<(), String>) {
        let excepted = EXCEPTIONS.iter().any(|(case, _)| id.starts_with(case));
        match result {
            Ok(()) if excepted => self
                .failed
                .push(format!("{suite} {id} passes: no exception")),
            Err(_) if excepted => {}
            Ok(()) => *self.passed.entry(suite.to_owned()).or_default() += 1,
            Err(why) => self.failed.push(format!("{suite} {id}: {why}")),
        }
    }

    fn finish(self) {
        println!("passed: {:?}, failed: {}", self.passed, self.failed.len());
        assert!(
            self.failed.is_empty(),
            "{} failed:\n{}",
            self.failed.len(),
            self.failed.join("\n")
        );
        assert!(self.passed.values().sum::<usize>() > 0, "no cases");
    }
}

fn same(actual: &Value, expected: &Value) -> Result<(), String> {
    let neutral =
        |value: &Value| serde_json::from_str(&without_uids(&value.to_string())).expect("JSON");
    conformance_runner::first_difference(&neutral(actual), &neutral(expected)).map_or(Ok(()), Err)
}

/// Uids that a request made up stand as placeholders in answers.
fn without_uids(text: &str) -> String {
    let is_uid = |part: &str| {
        part.bytes().enumerate().all(|(index, c)| match index {
            8 | 13 | 18 | 23 => c == b'-',
            _ => c.is_ascii_hexdigit(),
        })
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (part, length) = match rest.get(..36).filter(|part| is_uid(part)) {
            Some(_) => ("a-uid", 36),
            None => (&rest[..c.len_utf8()], c.len_utf8()),
        };
        out.push_str(part);
        rest = &rest[length..];
    }
    out
}

fn same_causes(actual: &[Cause], expected: &[String]) -> Result<(), String> {
    let actual: Vec<String> = shown(actual)
        .iter()
        .map(|text| without_uids(text))
        .collect();
    let expected: Vec<String> = expected.iter().map(|text| without_uids(text)).collect();
    if actual == expected {
        Ok(())
    } else {
        Err(format!("\n  is {actual:#?}\n  not {expected:#?}"))
    }
}

#[test]
fn discovery_is_as_recorded() {
    let text =
        fs::read_to_string(cases("typed-schemas/discovery.json")).expect("recorded discovery");
    let recorded: Value = serde_json::from_str(&text).expect("JSON");
    let mut versions = serde_json::Map::new();
    for gv in discovery::group_versions() {
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
    same(&Value::Object(versions), &recorded["versions"]).unwrap();
    let mut groups = serde_json::Map::new();
    for gv in discovery::group_versions()
        .iter()
        .filter(|gv| !gv.group.is_empty())
    {
        let group = groups
            .entry(gv.group)
            .or_insert_with(|| json!({"preferred": gv.version, "versions": []}));
        group["versions"]
            .as_array_mut()
            .unwrap()
            .push(json!(gv.version));
    }
    same(&Value::Object(groups), &recorded["groups"]).unwrap();
}

fn resource(resource: &discovery::Resource) -> Value {
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

/// Every new object of the recordings.
#[test]
fn new_objects_are_completed_as_recorded() {
    let mut report = Report::default();
    for (suite, sequence, step, request, response) in steps() {
        let body = &request["body"];
        let answer = &response["body"];
        let kind = (answer["apiVersion"].as_str(), answer["kind"].as_str());
        let (Some(api_version), Some(kind)) = kind else {
            continue;
        };
        let path = request["path"].as_str().unwrap_or_default();
        let known = discovery::resource_of(api_version, kind).is_some_and(|(_, resource)| {
            resource.is_stored() && path.split('/').any(|part| part == resource.plural)
        });
        if response["code"] != 201 || !body.is_object() || !known || path.ends_with("/binding") {
            continue;
        }
        let id = format!("{sequence} {step}");
        report.check(suite, &id, create_as(body, answer));
    }
    report.finish();
}

fn create_as(body: &Value, answer: &Value) -> Result<(), String> {
    let mut object = body.clone();
    for key in ["name", "namespace", "uid", "creationTimestamp"] {
        if let Some(value) = answer["metadata"].get(key) {
            object["metadata"][key] = value.clone();
        }
    }
    let _ = defaults::normalise(&mut object);
    prepare_create(&mut object, &Recorded::of(answer)).unwrap();
    object["metadata"]["managedFields"] = answer["metadata"]["managedFields"].clone();
    let causes = validate_create(&object);
    if !causes.is_empty() {
        return Err(format!("refused: {}", said(&causes)));
    }
    same(&without_bookkeeping(&object), &without_bookkeeping(answer))
}

type Step = (&'static str, String, String, Value, Value);

fn steps() -> Vec<Step> {
    let mut out = Vec::new();
    for suite in [
        "ssa-apiserver/sequences.jsonl",
        "strategic-merge/server.jsonl",
        "kubectl-apply/sequences.jsonl",
    ] {
        for sequence in lines(suite) {
            let id = sequence["id"].as_str().unwrap_or_default().to_owned();
            for step in sequence["steps"].as_array().into_iter().flatten() {
                let number = step["n"].to_string();
                if step["request"].is_object() {
                    out.push((
                        suite,
                        id.clone(),
                        number.clone(),
                        step["request"].clone(),
                        step["response"].clone(),
                    ));
                }
                for request in step["requests"].as_array().into_iter().flatten() {
                    out.push((
                        suite,
                        id.clone(),
                        number.clone(),
                        request.clone(),
                        request["response"].clone(),
                    ));
                }
            }
        }
    }
    out
}

/// Every PUT and every patch but apply of the recordings whose object is known.
#[test]
fn changed_objects_are_completed_or_refused_as_recorded() {
    let mut report = Report::default();
    let mut state: BTreeMap<String, Value> = BTreeMap::new();
    let mut bodies: BTreeMap<String, Value> = BTreeMap::new();
    let mut sequence_now = String::new();
    for (suite, sequence, step, request, response) in steps() {
        if sequence != sequence_now {
            state.clear();
            bodies.clear();
            sequence_now.clone_from(&sequence);
        }
        let mut answer = response["body"].clone();
        if let Some(earlier) = response.get("sameBodyAs") {
            answer = bodies
                .get(&earlier.to_string())
                .cloned()
                .unwrap_or_default();
        }
        bodies.insert(step.clone(), answer.clone());
        let path = request["path"].as_str().unwrap_or_default().to_owned();
        let (object_path, sub) = split(&path);
        let code = response["code"].as_u64().unwrap_or_default();
        if let Some(old) = state.get(&object_path).cloned()
            && let Some(new) = changed(&request, &old)
            && (code == 200 || code == 422 && answer["kind"] == "Status")
            && !is_about_the_request(&answer)
            && answer
                .get("kind")
                .is_some_and(|kind| kind == "Status" || kind == &old["kind"])
        {
            let now = placeholder(&format!("time@{step}")).unwrap();
            let result = update_as(new, &old, sub.as_deref(), code, &answer, &now);
            report.check(suite, &format!("{sequence} {step}"), result);
        }
        let dry = request["query"].get("dryRun").is_some();
        if matches!(code, 200 | 201)
            && !dry
            && answer["metadata"]["resourceVersion"].is_string()
            && answer["kind"] != "Scale"
        {
            let name = answer["metadata"]["name"].as_str().unwrap_or_default();
            let key = if object_path.ends_with(&format!("/{name}")) {
                object_path
            } else {
                format!("{object_path}/{name}")
            };
            state.insert(key, answer);
        } else if matches!(code, 200 | 201) && !dry && request["method"] != "GET" {
            // Changed in a way that the answer does not show.
            state.remove(&object_path);
        }
    }
    report.finish();
}

/// Whether a refusal is about options or the patch, and not about the object.
fn is_about_the_request(status: &Value) -> bool {
    let fields = recorded_causes(status);
    let about = ["patch:", "fieldManager:", "force:", "dryRun:"];
    fields.iter().any(|cause| {
        about
            .iter()
            .any(|field| cause.contains(&format!(" {field} ")))
    })
}

/// The path of the object, and the subresource.
fn split(path: &str) -> (String, Option<String>) {
    let subs = [
        "status",
        "approval",
        "finalize",
        "ephemeralcontainers",
        "resize",
        "scale",
        "binding",
        "eviction",
    ];
    match path.rsplit_once('/') {
        Some((object, sub)) if subs.contains(&sub) && path.split('/').count() > 5 => {
            (object.to_owned(), Some(sub.to_owned()))
        }
        _ => (path.to_owned(), None),
    }
}

/// The object that a request asks for, where that is known without ownership.
fn changed(request: &Value, old: &Value) -> Option<Value> {
    let content_type = request["headers"].as_object().and_then(|headers| {
        headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case("content-type"))
            .and_then(|(_, value)| value.as_str())
    });
    let body = request.get("body")?;
    let (api_version, kind) = (old["apiVersion"].as_str()?, old["kind"].as_str()?);
    let node = builtin().kind(api_version, kind)?;
    if request["path"].as_str()?.ends_with("/scale") {
        return None;
    }
    match (
        request["method"].as_str()?,
        content_type.unwrap_or_default(),
    ) {
        ("PUT", _) => (body["apiVersion"] == api_version).then(|| body.clone()),
        ("PATCH", "application/merge-patch+json") => merge::apply(old.clone(), body.clone()).ok(),
        ("PATCH", "application/json-patch+json") => json::apply(old.clone(), body).ok(),
        ("PATCH", "application/strategic-merge-patch+json") => {
            strategic::apply(old.clone(), body.clone(), node.into()).ok()
        }
        _ => None,
    }
}

fn update_as(
    mut new: Value,
    old: &Value,
    sub: Option<&str>,
    code: u64,
    answer: &Value,
    now: &str,
) -> Result<(), String> {
    // What a patch makes of these is not looked at.
    for key in ["apiVersion", "kind"] {
        new[key] = old[key].clone();
    }
    let _ = defaults::normalise(&mut new);
    for key in ["namespace", "resourceVersion"] {
        if new["metadata"].get(key).is_none() && old["metadata"].get(key).is_some() {
            new["metadata"][key] = old["metadata"][key].clone();
        }
    }
    prepare_update(&mut new, old, sub, &Recorded::of(answer).at(now)).unwrap();
    if code == 200 {
        new["metadata"]["managedFields"] = answer["metadata"]["managedFields"].clone();
    }
    let causes = validate_update(&new, old, sub);
    if code == 422 {
        return same_causes(&causes, &recorded_causes(answer));
    }
    if !causes.is_empty() {
        return Err(format!("refused: {}", said(&causes)));
    }
    same(&without_bookkeeping(&new), &without_bookkeeping(answer))
}

/// Every single edit of the recordings.
#[test]
fn edits_come_out_as_recorded() {
    let mut report = Report::default();
    for case in lines("semantic-diff/updates.jsonl") {
        let id = case["id"].as_str().unwrap_or_default();
        let mut object = case["object"].clone();
        object["metadata"]["uid"] = json!("00000000-0000-4000-8000-000000000001");
        object["metadata"]["creationTimestamp"] = json!("2030-01-01T00:00:00Z");
        object["metadata"]["resourceVersion"] = json!("1");
        let (_, resource) = discovery::resource_of(
            object["apiVersion"].as_str().unwrap_or_default(),
            object["kind"].as_str().unwrap_or_default(),
        )
        .expect("a built-in kind");
        if resource.namespaced {
            object["metadata"]["namespace"] = case["namespace"].clone();
        }
        let _ = defaults::normalise(&mut object);
        prepare_create(&mut object, &Recorded::of(&Value::Null)).unwrap();
        if object["kind"] == "CustomResourceDefinition" {
            object["status"]["conditions"] = json!([{"type": "Established", "status": "True"}]);
        }
        let causes = validate_create(&object);
        report.check(
            "object",
            id,
            if causes.is_empty() {
                Ok(())
            } else {
                Err(said(&causes))
            },
        );
        for (number, edit) in case["edits"].as_array().into_iter().flatten().enumerate() {
            let path = edit["path"].as_str().unwrap_or_default();
            let id = format!(
                "{id}-{number} {} {path}",
                edit["op"].as_str().unwrap_or_default()
            );
            report.check("edit", &id, edit_as(&object, edit));
        }
    }
    report.finish();
}

fn edit_as(object: &Value, edit: &Value) -> Result<(), String> {
    let path = edit["path"].as_str().unwrap_or_default();
    let patch = match edit["op"].as_str() {
        Some("patch") => edit["value"].clone(),
        _ => json!([edit]),
    };
    let edited = json::apply(object.clone(), &patch).map_err(|error| error.to_string())?;
    let mut new = edited.clone();
    let unreadable = defaults::normalise(&mut new).is_err();
    if edit["causes"][0]["field"] == "patch" {
        return if unreadable {
            Ok(())
        } else {
            Err("readable".to_owned())
        };
    }
    prepare_update(&mut new, object, None, &Recorded::of(&Value::Null)).unwrap();
    let causes = validate_update(&new, object, None);
    let outcome = edit["outcome"].as_str().unwrap_or_default();
    let (now, before) = (new.pointer(path), object.pointer(path));
    match outcome {
        "immutable" | "invalid" => {
            let pair = |reason: &str, field: &str| format!("{reason} {field}");
            let mut actual: Vec<String> = causes
                .iter()
                .map(|cause| pair(cause.reason, &cause.field))
                .collect();
            let recorded = edit["causes"].as_array().into_iter().flatten();
            let mut expected: Vec<String> = recorded
                .map(|cause| {
                    pair(
                        cause["reason"].as_str().unwrap_or_default(),
                        cause["field"].as_str().unwrap_or_default(),
                    )
                })
                .collect();
            actual.sort();
            expected.sort();
            if actual != expected {
                return Err(format!("{actual:?} for {expected:?}"));
            }
            if let Some(message) = edit["message"].as_str() {
                let stem = message
                    .split_once(" is invalid: ")
                    .map_or(message, |(_, stem)| stem);
                let stem = stem.strip_suffix("...").unwrap_or(stem);
                if !said(&causes).starts_with(stem) {
                    return Err(format!("\n  is {}\n  not {stem}", said(&causes)));
                }
            }
        }
        _ if !causes.is_empty() => {
            return Err(format!("{outcome}, but refused: {}", said(&causes)));
        }
        "restored" | "ignored" if now != before => return Err(format!("{outcome}, but {now:?}")),
        "defaulted" if now.is_none() || now == before => {
            return Err(format!("defaulted, but {now:?}"));
        }
        "changed otherwise" if now.unwrap_or(&Value::Null) != &edit["now"] => {
            return Err(format!("changed otherwise, but {now:?}"));
        }
        _ => {}
    }
    create_code(edited, edit)
}

/// Whether a new object of the edited form is accepted.
/// What is said of causes.
fn said(causes: &[Cause]) -> String {
    super::summary(causes.iter().map(|cause| (&*cause.field, &*cause.message)))
}

fn create_code(mut edited: Value, edit: &Value) -> Result<(), String> {
    let Some(code) = edit["createCode"].as_u64() else {
        return Ok(());
    };
    if edited["kind"] == "Job" {
        // A new Job would get labels of its own.
        return Ok(());
    }
    // Named or addressed anew, as the recording did.
    if edited["kind"] == "CustomResourceDefinition" {
        let part = |pointer: &str| {
            edited
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        edited["metadata"]["name"] = json!(format!(
            "{}.{}",
            part("/spec/names/plural"),
            part("/spec/group")
        ));
    }
    if edited["kind"] == "Service" && edit["path"] == "/spec/clusterIP" {
        edited["spec"]["clusterIPs"] = Value::Null;
    }
    let _ = defaults::normalise(&mut edited);
    let admitted = prepare_create(&mut edited, &Recorded::of(&Value::Null));
    let causes = validate_create(&edited);
    match code {
        403 => admitted
            .err()
            .map(drop)
            .ok_or_else(|| "as new admitted".to_owned()),
        201 if !causes.is_empty() => Err(format!("as new: {}", said(&causes))),
        422 if causes.is_empty() => Err("as new accepted".to_owned()),
        _ => Ok(()),
    }
}
