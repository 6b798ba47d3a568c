//! Suite `csa-upgrade`: migrations from client-side to server-side apply.

use apply_semantics::{fieldset::FieldSet, migrate::migrate_client_side};
use conformance_runner::{Runner, first_difference};
use serde_json::{Value, json};

use crate::cases;

const SUITE: &str = "csa-upgrade";

pub(crate) fn run(runner: &mut Runner) {
    for (id, case) in cases(runner, SUITE) {
        runner.case(SUITE, &id, || check(&case));
    }
}

fn check(case: &Value) -> Result<(), String> {
    let object = json!({"metadata": {
        "resourceVersion": "1",
        "managedFields": with_objects(&case["managedFields"]),
    }});
    let from = case["csa_managers"].as_array().unwrap().iter();
    let from: Vec<&str> = from.map(|manager| manager.as_str().unwrap()).collect();
    let to = case["ssa_manager"].as_str().unwrap();
    let subresource = case
        .get("subresource")
        .map_or("", |name| name.as_str().unwrap());
    let migration = match (
        migrate_client_side(&object, &from, to, subresource),
        case.get("error"),
    ) {
        (Ok(migration), None) => migration,
        (Err(_), Some(_)) => return Ok(()),
        (Ok(_), Some(wanted)) => return Err(format!("no error, expected {wanted}")),
        (Err(error), None) => return Err(format!("unexpected error {error}")),
    };
    let got = with_texts(migration.managed_fields());
    if let Some(difference) = first_difference(&got, &case["want"]) {
        return Err(difference);
    }
    let no_patch = migration.patch().unwrap().is_none();
    if json!(no_patch) != case["want_no_patch"] {
        return Err(format!("no patch: {no_patch}"));
    }
    let Some(patch) = migration.patch().unwrap() else {
        return Ok(());
    };
    let patched = patch
        .apply(object, None)
        .map_err(|error| error.to_string())?;
    let patched = with_texts(patched["metadata"]["managedFields"].as_array().unwrap());
    first_difference(&patched, &case["want"]).map_or(Ok(()), Err)
}

/// The recorded texts of fields as the objects they are in reality; malformed ones stay texts.
fn with_objects(entries: &Value) -> Value {
    let mut entries = entries.clone();
    for entry in entries.as_array_mut().into_iter().flatten() {
        if let Ok(fields) = serde_json::from_str(entry["fieldsV1"].as_str().unwrap()) {
            entry["fieldsV1"] = fields;
        }
    }
    entries
}

fn with_texts(entries: &[Value]) -> Value {
    let with_text = |entry: &Value| {
        let mut entry = entry.clone();
        if entry["fieldsV1"].is_object() {
            let fields = FieldSet::from_value(&entry["fieldsV1"]).unwrap();
            entry["fieldsV1"] = fields.to_string().into();
        }
        entry
    };
    entries.iter().map(with_text).collect()
}
