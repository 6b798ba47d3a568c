//! Suite `requests`: whole requests on objects with `metadata.managedFields`.

use apply_semantics::{
    managed_fields::{self, Time},
    request::{ApplyOptions, Convert, Engine, Kinds, RequestError, UpdateOptions, Written},
    schema::{Schema, Type},
    typed::EmptyContainers,
    updater::{ConvertError, Filter},
};
use conformance_runner::Runner;
use serde_json::{Value, json};

use crate::{cases, difference, sets::set, updater::renamed};

const SUITE: &str = "requests";
const HUB: &str = "example.io/v1";
const VERSIONS: [&str; 2] = ["v1", "v2"];

pub(crate) fn run(runner: &mut Runner) {
    let schema = runner.cases().join("requests-schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let schema = Schema::from_value(&schema).unwrap();
    for (id, case) in cases(runner, SUITE) {
        runner.case(SUITE, &id, || {
            for set_up in ENGINES.iter().copied() {
                let (collapse, preserve) = (EmptyContainers::Collapse, EmptyContainers::Preserve);
                replay(&case, &schema, set_up, collapse, &case["want"])?;
                case.get("want_preserve_empty").map_or(Ok(()), |want| {
                    replay(&case, &schema, set_up, preserve, want)
                })?;
            }
            Ok(())
        });
    }
}

/// The engine, and the one that follows the original step by step.
const ENGINES: &[fn(Engine) -> Engine] = &[
    |engine| engine,
    #[cfg(feature = "reference")]
    Engine::reference,
];

fn replay(
    case: &Value,
    schema: &std::sync::Arc<Schema>,
    set_up: fn(Engine) -> Engine,
    empty: EmptyContainers,
    wanted: &Value,
) -> Result<(), String> {
    let engine = set_up(Engine::new(kinds(case, schema)))
        .converter(Suffixes)
        .empty_containers(empty);
    let mut live = None;
    let ops = case["ops"].as_array().unwrap();
    for (index, (op, wanted)) in ops.iter().zip(wanted.as_array().unwrap()).enumerate() {
        let minutes = i64::try_from(index + 1).unwrap();
        let start: Time = "2020-01-01T00:00:00Z".parse().unwrap();
        let time = Time::from_unix_seconds(start.unix_seconds() + 60 * minutes);
        let answer = answer(&engine, &mut live, op, time);
        let mut wanted = wanted.clone();
        if wanted.get("error").is_some_and(|error| error != "conflict") {
            wanted.as_object_mut().unwrap().remove("message");
        }
        if let Some(difference) = difference(&answer, &wanted) {
            return Err(format!("op {index} ({empty:?}): {difference}"));
        }
    }
    Ok(())
}

fn kinds(case: &Value, schema: &std::sync::Arc<Schema>) -> Kinds {
    let mut kinds = Kinds::new();
    for version in VERSIONS {
        let api_version = format!("example.io/{version}");
        let ty = if case["deduced"] == true {
            Type::deduced()
        } else {
            schema.type_named(&format!("Widget.{version}")).unwrap()
        };
        kinds.insert(&api_version, "Widget", ty);
        for (subresource, fields) in case["reset_fields"].as_object().into_iter().flatten() {
            let filter = Filter::Exclude(set(fields));
            kinds.filter(&api_version, "Widget", subresource, filter);
        }
    }
    kinds
}

/// Keys that end in `_v1` end in `_v2` in the other version, at all depths.
struct Suffixes;

impl Convert for Suffixes {
    fn convert(&self, object: Value, from: &str, to: &str) -> Result<Value, ConvertError> {
        let version = |api_version: &str| {
            let version = api_version.strip_prefix("example.io/");
            version
                .filter(|version| VERSIONS.contains(version))
                .map(|version| format!("_{version}"))
                .ok_or(ConvertError::MissingVersion)
        };
        let mut object = renamed(&object, &version(from)?, &version(to)?);
        object["apiVersion"] = to.into();
        Ok(object)
    }
}

fn answer(engine: &Engine, live: &mut Option<Value>, op: &Value, time: Time) -> Value {
    let mut answer = json!({});
    match write(engine, live.clone(), op, time) {
        Ok(mut object) => {
            if live.is_none() {
                object["metadata"]["uid"] = "uid-1".into();
            }
            *live = Some(object);
        }
        Err(RequestError::Conflicts(conflicts)) => {
            answer["error"] = "conflict".into();
            answer["message"] = conflicts.to_string().into();
            answer["causes"] = causes(&conflicts.to_status());
        }
        Err(error) => {
            let kind = if error.code() == 400 {
                "bad_request"
            } else {
                "other"
            };
            answer["error"] = kind.into();
        }
    }
    answer["object"] = Value::Null;
    answer["managedFields"] = Value::Null;
    if let Some(mut object) = live.clone() {
        let entries = managed_fields::take(&mut object);
        let entries = entries.as_ref().and_then(Value::as_array);
        answer["managedFields"] = entries.into_iter().flatten().map(entry).collect();
        answer["object"] = object;
    }
    answer
}

/// The object as it is to be stored.
fn write(
    engine: &Engine,
    live: Option<Value>,
    op: &Value,
    time: Time,
) -> Result<Value, RequestError> {
    let text = |name: &str| op[name].as_str().unwrap_or_default();
    let version = format!("example.io/{}", text("version"));
    let object = op["object"].clone();
    if op["op"] == "apply" {
        let options = ApplyOptions::new(text("manager"))
            .force(op["force"] == true)
            .subresource(text("subresource"))
            .version(version)
            .at(time);
        let created = live.is_none();
        let written = engine.apply(live, object, &options)?;
        return Ok(if created {
            in_hub(written)
        } else {
            written.into_object()
        });
    }
    let mut new = Suffixes.convert(object, &version, HUB).unwrap();
    let live_entries = live.as_ref().and_then(managed_fields::of);
    let entries = match text("managed_fields") {
        "omit" => None,
        "empty" => Some(json!([])),
        "empty_entry" => Some(json!([{}])),
        _ => live_entries.cloned(),
    };
    if let Some(entries) = entries {
        new["metadata"]["managedFields"] = entries;
    }
    if let Some(live) = &live {
        new["metadata"]["uid"] = live["metadata"]["uid"].clone();
    }
    let options = UpdateOptions::new(text("manager"))
        .subresource(text("subresource"))
        .version(version)
        .at(time);
    engine.update(live, new, &options).map(Written::into_object)
}

/// A created object as it is stored.
fn in_hub(written: Written) -> Value {
    let mut object = written.into_object();
    let entries = managed_fields::take(&mut object);
    let version = object["apiVersion"].as_str().unwrap().to_owned();
    let mut object = Suffixes.convert(object, &version, HUB).unwrap();
    if let Some(entries) = entries {
        object["metadata"]["managedFields"] = entries;
    }
    object
}

/// An entry with its fields as text. Custom resources are maps to the server, so it sorts the keys of fields as texts.
fn entry(entry: &Value) -> Value {
    let mut entry = entry.clone();
    sort(&mut entry["fieldsV1"]);
    entry["fieldsV1"] = entry["fieldsV1"].to_string().into();
    if entry.get("time").is_none() {
        entry["time"] = "".into();
    }
    entry
}

/// Sorts keys, which maps do by themselves unless they keep the order of entries.
fn sort(value: &mut Value) {
    if let Value::Object(map) = value {
        let sorted: std::collections::BTreeMap<_, _> = std::mem::take(map).into_iter().collect();
        map.extend(sorted);
        map.values_mut().for_each(sort);
    }
}

fn causes(status: &Value) -> Value {
    let causes = status["details"]["causes"].as_array().unwrap().iter();
    let mut causes: Vec<_> = causes
        .map(|cause| {
            assert_eq!(cause["reason"], "FieldManagerConflict");
            let text = |name: &str| cause[name].as_str().unwrap().to_owned();
            (text("message"), text("field"))
        })
        .collect();
    causes.sort();
    let causes = causes.into_iter();
    causes
        .map(|(message, field)| json!({"message": message, "field": field}))
        .collect()
}
