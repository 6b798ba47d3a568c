//! `plan`: what `apply` would change, and what `rolling-update` would replace.

use std::fmt::Write as _;

use apply_semantics::op::{ApplyOptions, Executor as _, Operation};
use componentconfig::yaml;
use examples::failure::Failure;
use serde::Serialize;
use serde_json::Value;
use similar::TextDiff;

use crate::{
    api::{Api, MANAGER},
    cli::{OfFile, Output},
    input,
    objects::{self, Held, text},
    state::State,
};

/// An object that would be made or changed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    object: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    after: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    changes: Vec<Changed>,
    deletes: Vec<String>,
    rolling_update: Vec<Held>,
}

pub(crate) fn plan(arguments: &OfFile) -> Result<(), Failure> {
    let file = input::read(&arguments.file)?;
    let mut api = State::look(&arguments.manner)?;
    if let Api::Inside(_) = api {
        for definition in objects::definitions() {
            api.apply(definition)?;
        }
    }
    let mut objects = objects::of(&file);
    let rolling_update = objects::hold(&api, &mut objects)?;
    let deletes = objects::superfluous(&api, &file.metadata.name, &objects)?;
    let mut changes = Vec::new();
    for object in objects {
        changes.extend(change(&mut api, &object)?);
    }
    let plan = Plan {
        changes,
        deletes,
        rolling_update,
    };
    match arguments.manner.output {
        Output::Json => println!("{}", serde_json::to_string(&plan).map_err(Failure::run)?),
        Output::Text => print!("{}", describe(&plan)),
    }
    Ok(())
}

fn change(api: &mut Api, object: &Value) -> Result<Option<Changed>, Failure> {
    let object = objects::admitted(api, object)?;
    let (kind, name) = (text(&object, "/kind"), text(&object, "/metadata/name"));
    let before = api.get(text(&object, "/apiVersion"), kind, name)?;
    let title = format!("{kind} {name}");
    let options = ApplyOptions::new(MANAGER).force().dry_run();
    let operation = Operation::apply_object(object.clone(), options).map_err(Failure::run)?;
    let after = match api.execute(&operation) {
        Ok(outcome) => outcome.into_object().unwrap_or_default(),
        // A kind that is not known yet.
        Err(refusal) if refusal.is_not_found() => object,
        Err(refusal) => return Err(Failure::Run(format!("{title}: {refusal}"))),
    };
    let (before, after) = (before.map(essential), essential(after));
    Ok((before.as_ref() != Some(&after)).then_some(Changed {
        object: title,
        before,
        after,
    }))
}

/// An object without what the server keeps for itself.
fn essential(mut object: Value) -> Value {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for own in [
            "creationTimestamp",
            "generation",
            "managedFields",
            "resourceVersion",
            "uid",
        ] {
            metadata.remove(own);
        }
    }
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    object
}

fn describe(plan: &Plan) -> String {
    let mut out = String::new();
    for changed in &plan.changes {
        let sign = if changed.before.is_some() { '~' } else { '+' };
        let _ = writeln!(out, "{sign} {}", changed.object);
        let before = changed.before.as_ref().map(yaml::write).unwrap_or_default();
        let after = yaml::write(&changed.after);
        let diff = TextDiff::from_lines(before.as_str(), after.as_str());
        let old = if changed.before.is_some() {
            changed.object.as_str()
        } else {
            "/dev/null"
        };
        let _ = write!(out, "{}", diff.unified_diff().header(old, &changed.object));
    }
    for name in &plan.deletes {
        let _ = writeln!(out, "- MachineDeployment {name}");
    }
    for held in &plan.rolling_update {
        let _ = writeln!(out, "rolling-update: {held}");
    }
    if out.is_empty() {
        out.push_str("nothing to do: everything is as it should be\n");
    }
    out
}
