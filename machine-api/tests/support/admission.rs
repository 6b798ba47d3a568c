//! Defaults and validation.

use machine_api::{
    Gates,
    admission::{Operation, Refusal, Request, default, review},
};
use serde_json::{Value, json};

use crate::variables::Interpreter;

pub(crate) fn gates(input: &Value) -> Result<Gates, String> {
    let mut gates = Gates::default();
    for (name, on) in input["gates"].as_object().into_iter().flatten() {
        if !gates.set(name, on == true) {
            return Err(format!("no gate {name}"));
        }
    }
    Ok(gates)
}

fn operation(input: &Value) -> Result<Operation<'_>, String> {
    Ok(match input["operation"].as_str() {
        Some("create") => Operation::Create,
        Some("update") => Operation::Update(&input["oldObject"]),
        Some("delete") => Operation::Delete,
        other => return Err(format!("no operation {other:?}")),
    })
}

fn errors(refusal: &Refusal) -> Vec<Value> {
    let mut errors: Vec<_> = refusal
        .errors()
        .into_iter()
        .map(|error| {
            let kind = serde_json::to_value(error.kind).unwrap_or_default();
            json!({"type": kind, "field": error.path.to_string(), "detail": error.detail})
        })
        .collect();
    errors.sort_by_key(|error| error["field"].as_str().map(str::to_owned));
    errors
}

/// The object with its defaults, or the error with what is wrong with which field.
pub(crate) fn defaulting(input: &Value) -> Result<Value, String> {
    let existing = input["existing"].as_array().cloned().unwrap_or_default();
    let request = Request::new(&existing)
        .gates(gates(input)?)
        .rules(&Interpreter);
    Ok(
        match default(&input["object"], operation(input)?, &request) {
            Ok(object) => json!({ "object": object }),
            Err(refusal) => json!({"error": refusal.to_string(), "errors": errors(&refusal)}),
        },
    )
}

/// Whether the object is allowed, what is wrong with which field, and the warnings.
pub(crate) fn validation(input: &Value) -> Result<Value, String> {
    let existing = input["existing"].as_array().cloned().unwrap_or_default();
    let request = Request::new(&existing)
        .gates(gates(input)?)
        .rules(&Interpreter);
    Ok(
        match review(&input["object"], operation(input)?, &request) {
            Ok(warnings) => json!({"allowed": true, "errors": [], "warnings": warnings.len()}),
            Err(refusal) => {
                json!({"allowed": false, "errors": errors(&refusal), "message": refusal.to_string()})
            }
        },
    )
}

/// The kinds and places of errors, sorted.
pub(crate) fn places(answer: &Value) -> Vec<(String, String)> {
    let text = |error: &Value, name: &str| error[name].as_str().unwrap_or_default().to_owned();
    let errors = answer["errors"].as_array().into_iter().flatten();
    let mut places: Vec<_> = errors
        .map(|error| (text(error, "type"), text(error, "field")))
        .collect();
    places.sort();
    places
}

/// How many details of errors there are, and how many of ours are the same.
pub(crate) fn details(ours: &Value, theirs: &Value) -> (usize, usize) {
    let list = |answer: &Value| -> Vec<(String, String)> {
        let errors = answer["errors"].as_array().into_iter().flatten();
        let pair = |error: &Value| (error["field"].to_string(), error["detail"].to_string());
        errors.map(pair).collect()
    };
    let (ours, theirs) = (list(ours), list(theirs));
    (
        theirs.len(),
        theirs.iter().filter(|one| ours.contains(one)).count(),
    )
}
