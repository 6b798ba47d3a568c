//! Dry runs of the whole `init`: what is sent to the API, and the files, laid out where the recordings have them.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use apply_semantics::op::{Effect, ObjectList, Operation, Outcome, Refusal, from_fn};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bootstrap_phases::{
    Change, Files as _, MemFiles, RunPlan,
    kubeadm::{
        api::{Api, PORT, Request},
        objects::bundle::CertificateKey,
    },
};
use serde_json::{Map, Value, json};

use super::host;

/// The key that certificates are uploaded with in all recordings.
const CERTIFICATE_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// The API of a cluster that is not there: nothing is found but the node, as the recorded program makes it up.
pub(super) fn api(node: &str) -> Api {
    let node = node.to_owned();
    Api::new(from_fn(move |operation: &Operation| match operation {
        Operation::Get { target } if target.resource.kind == "Node" => Ok(Outcome::object(
            json!({
                "apiVersion": "v1", "kind": "Node",
                "metadata": {"name": node, "labels": {"kubernetes.io/hostname": node}},
            }),
            Effect::Read,
        )),
        Operation::Get { target } => Err(Refusal::not_found(target)),
        Operation::List { .. } => Ok(Outcome::List(ObjectList::default())),
        other => Err(Refusal::internal(format!("a dry run sends {other}"))),
    }))
}

/// An API that does not answer.
pub(super) fn no_api() -> Api {
    Api::new(from_fn(|_: &Operation| {
        Err(Refusal::unreachable("connection refused"))
    }))
}

/// Without empty fields, and without the group of subjects that an API server fills in.
pub(super) fn pruned(value: &Value) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (name.clone(), pruned(value)));
            Value::Object(fields.filter(|(_, value)| !is_empty(value)).collect())
        }
        Value::Array(items) => items.iter().map(pruned).collect(),
        other => other.clone(),
    }
}

/// Writes the files of a plan where the recorded program puts them: all into one folder. `pki` is the folder of certificates.
pub(super) fn lay_out(plan: &RunPlan, pki: &str, files: &MemFiles) -> Result<(), String> {
    let place = |path: &str| {
        let name = path.strip_prefix(pki);
        let name = name.unwrap_or_else(|| path.rsplit('/').next().unwrap_or_default());
        format!("/tmp/dryrun/{name}")
    };
    for planned in plan.changes() {
        let outcome = match &planned.change {
            Change::WriteFile {
                path,
                mode,
                content,
                ..
            } => {
                let path = place(path);
                let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
                files
                    .create_dir_all(folder, 0o755)
                    .and_then(|()| files.create_file(&path, content.bytes(), *mode))
            }
            _ => Ok(()),
        };
        outcome.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The texts of the files that a plan would write.
pub(super) fn written(plan: &RunPlan) -> BTreeMap<String, String> {
    let files = plan.changes().filter_map(|planned| match &planned.change {
        Change::WriteFile { path, content, .. } => {
            let text = String::from_utf8_lossy(content.bytes()).into_owned();
            Some((path.clone(), text))
        }
        _ => None,
    });
    files.collect()
}

/// What of the recorded files that would be written differs, as data.
pub(super) fn write_differences(found: &BTreeMap<String, String>, recorded: &Value) -> Vec<String> {
    let mut out = Vec::new();
    for file in recorded.as_array().into_iter().flatten() {
        let path = file["path"].as_str().unwrap_or_default();
        let expected = file["text"].as_str().unwrap_or_default();
        let Some(found) = found.get(path) else {
            out.push(format!("{path} would not be written"));
            continue;
        };
        let read =
            |text: &str| componentconfig::yaml::read(text).unwrap_or_else(|_| json!(text.trim()));
        if let Some(difference) =
            conformance_runner::first_difference(&read(found), &read(expected))
        {
            out.push(format!("would write {path}: {difference}"));
        }
    }
    out
}

/// What is sent, in order, as the recordings write it.
pub(super) fn actions(plan: &RunPlan) -> Result<Vec<Value>, String> {
    let mut out = Vec::new();
    for planned in plan.changes() {
        let Change::Effect(effect) = &planned.change else {
            continue;
        };
        if effect.port() != PORT {
            continue;
        }
        let request = Request::of_effect(effect).map_err(|error| error.to_string())?;
        let first = request
            .attempts
            .first()
            .ok_or("a request without operation")?;
        out.push(action(&first.operation));
    }
    Ok(out)
}

pub(super) fn action(operation: &Operation) -> Value {
    let collection = operation.collection();
    let mut action = Map::from_iter([
        ("verb".to_owned(), json!(operation.verb().to_uppercase())),
        ("resource".to_owned(), json!(collection.resource.resource)),
        (
            "groupVersion".to_owned(),
            json!(collection.resource.api_version()),
        ),
    ]);
    match operation {
        Operation::Create { object, .. } => {
            action.insert("object".to_owned(), object.clone());
        }
        other => {
            let name = other.target().map(|target| target.name).unwrap_or_default();
            action.insert("name".to_owned(), json!(name));
        }
    }
    Value::Object(action)
}

/// What differs between the requests and the recorded ones that change something. A recorded patch shows the object without it.
pub(super) fn action_differences(
    found: &[Value],
    recorded: &Value,
    files: &MemFiles,
) -> Vec<String> {
    let recorded: Vec<Value> = recorded.as_array().into_iter().flatten().cloned().collect();
    let recorded: Vec<Value> = recorded
        .into_iter()
        .filter(|action| action["verb"] != "GET" && action["verb"] != "LIST")
        .map(|mut action| {
            if let Some(fields) = action.as_object_mut() {
                for field in ["answer", "namespace"] {
                    fields.remove(field);
                }
                if fields["verb"] == "PATCH" || fields["verb"] == "DELETE" {
                    fields.remove("object");
                }
            }
            action
        })
        .collect();
    let mut out = Vec::new();
    if found.len() != recorded.len() {
        let name = |action: &Value| {
            let name = action["object"]["metadata"]["name"]
                .as_str()
                .or(action["name"].as_str());
            format!("{} {}", action["resource"], name.unwrap_or_default())
        };
        let list = |all: &[Value]| all.iter().map(name).collect::<Vec<_>>().join(", ");
        out.push(format!(
            "requests: {} instead of {}",
            list(found),
            list(&recorded)
        ));
        return out;
    }
    for (found, recorded) in found.iter().zip(&recorded) {
        difference("", recorded, found, files, &mut out);
    }
    out
}

/// Compares with placeholders: times, tokens, files.
pub(super) fn difference(
    path: &str,
    recorded: &Value,
    found: &Value,
    files: &MemFiles,
    out: &mut Vec<String>,
) {
    match (recorded, found) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                difference(
                    &format!("{path}.{key}"),
                    &recorded[key],
                    &found[key],
                    files,
                    out,
                );
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                difference(&format!("{path}[{index}]"), a, b, files, out);
            }
        }
        (Value::Object(fields), Value::String(encoded))
            if fields.contains_key("encryptedCopyOf") =>
        {
            let path = fields["encryptedCopyOf"].as_str().unwrap_or_default();
            let key = CertificateKey::parse(CERTIFICATE_KEY);
            let text =
                key.and_then(|key| key.decrypt(&STANDARD.decode(encoded).unwrap_or_default()));
            let same =
                text.is_ok_and(|text| files.read(path).is_ok_and(|file| file == text.expose()));
            if !same {
                out.push(format!("{path} is not what was encrypted"));
            }
        }
        (Value::Object(fields), Value::String(encoded)) if fields.contains_key("decoded") => {
            let bytes = STANDARD.decode(encoded).unwrap_or_default();
            let text = Value::from(String::from_utf8_lossy(&bytes).into_owned());
            difference(path, &fields["decoded"], &text, files, out);
        }
        (Value::String(a), Value::String(b)) if matches(a, b, files) => {}
        _ if recorded == found => {}
        _ => out.push(format!("{path}: {found} instead of {recorded}")),
    }
}

/// What stands in base64.
pub(super) fn decoded(value: &Value) -> Vec<u8> {
    STANDARD
        .decode(value.as_str().unwrap_or_default())
        .unwrap_or_default()
}

fn matches(pattern: &str, text: &str, files: &MemFiles) -> bool {
    let Some((before, rest)) = pattern.split_once("{{") else {
        return pattern == text;
    };
    let (Some((name, after)), Some(text)) = (rest.split_once("}}"), text.strip_prefix(before))
    else {
        return false;
    };
    let length = match name {
        "TOKENID" => 6,
        "TOKENSECRET" => 16,
        "TOKEN" => 23,
        "CERTIFICATE_KEY" => 64,
        _ if name.starts_with("NOW") => 20,
        _ => {
            let Some(path) = name.strip_prefix("BASE64_OF:") else {
                return false;
            };
            let content = STANDARD.encode(files.read(path).unwrap_or_default());
            return text
                .strip_prefix(&content)
                .is_some_and(|rest| matches(after, rest, files));
        }
    };
    let Some((part, rest)) = text.split_at_checked(length) else {
        return false;
    };
    let right = match name
        .strip_prefix("NOW+")
        .and_then(|rest| rest.strip_suffix('s'))
    {
        Some(seconds) => is_about(part, seconds.parse().unwrap_or_default()),
        None => part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'),
    };
    right && matches(after, rest, files)
}

/// Recorded times are rounded to 30 seconds.
fn is_about(text: &str, seconds: u64) -> bool {
    let time: Result<componentconfig::core::Time, _> = text.parse();
    let wanted = host::now() + Duration::from_secs(seconds);
    let wanted = wanted
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    time.is_ok_and(|time| u64::try_from(time.unix()).is_ok_and(|time| time.abs_diff(wanted) <= 30))
}
