//! Suite `scale`: managedFields to and from the scale subresource.

use apply_semantics::{
    managed_fields::{Entry, ManagedFields},
    path::Path,
    scale::ReplicasPaths,
};
use conformance_runner::{Runner, first_difference};
use serde_json::{Value, json};

use crate::{cases, sets::set};

const SUITE: &str = "scale";

pub(crate) fn run(runner: &mut Runner) {
    for (id, case) in cases(runner, SUITE) {
        runner.case(SUITE, &id, || check(&case));
    }
}

fn check(case: &Value) -> Result<(), String> {
    let parent = entries(&case["parent"])?;
    let paths = paths(&case["mappings"]);
    let scale = paths.to_scale(&parent);
    first_difference(&recorded(&scale), &case["want_scale"]).map_or(Ok(()), Err)?;
    let back = entries(case.get("scale_entries_back").unwrap_or(&Value::Null))?;
    let version = case["group_version"].as_str().unwrap();
    let parent = paths.to_parent(&parent, &back, version);
    first_difference(&recorded(&parent), &case["want_parent"]).map_or(Ok(()), Err)
}

fn paths(mappings: &Value) -> ReplicasPaths {
    let mappings = mappings.as_object().unwrap().iter();
    mappings.fold(ReplicasPaths::new(), |paths, (version, path)| {
        let path: Option<Path> = match path.as_str().unwrap() {
            "" => None,
            _ => set(path).paths().next(),
        };
        paths.with(version, path)
    })
}

fn entries(recorded: &Value) -> Result<ManagedFields, String> {
    let mut entries = recorded.clone();
    for entry in entries.as_array_mut().into_iter().flatten() {
        entry["fieldsV1"] = serde_json::from_str(entry["fieldsV1"].as_str().unwrap()).unwrap();
    }
    ManagedFields::from_entries(&entries).map_err(|error| error.to_string())
}

/// Entries as they were recorded: the fields as text, no time as an empty one.
fn recorded(entries: &[Entry]) -> Value {
    let recorded = |entry: &Entry| {
        let mut recorded = json!({
            "manager": entry.name(),
            "operation": entry.operation().as_str(),
            "apiVersion": entry.api_version(),
            "time": entry.time().map(|time| time.to_string()).unwrap_or_default(),
            "fieldsType": "FieldsV1",
            "fieldsV1": entry.fields().to_string(),
        });
        if !entry.subresource().is_empty() {
            recorded["subresource"] = entry.subresource().into();
        }
        recorded
    };
    entries.iter().map(recorded).collect()
}
