//! Suite `strategic-merge/functions`: the patch functions on arbitrary inputs.

use std::fs;

use apply_semantics::{
    patch::{
        Outcome, PatchError, Precondition, json, merge,
        strategic::{self, OnConflict, Schema},
    },
    types::{Types, builtin},
};
use conformance_runner::{Runner, first_difference};
use serde_json::Value;

use crate::cases;

const SUITE: &str = "strategic-merge/functions";

pub(crate) fn run(runner: &mut Runner) {
    let types = types(runner);
    for (id, case) in cases(runner, SUITE) {
        runner.case(SUITE, &id, || check(&case, &types));
    }
}

/// The types of the cases, which borrow the object metadata from the built-in ones.
fn types(runner: &Runner) -> Types {
    let read = |name| fs::read_to_string(runner.cases().join(name)).unwrap();
    let mut types: Value = serde_json::from_str(&read("strategic-merge/types.json")).unwrap();
    let mut facts: Value = serde_json::from_str(&read("typed-schemas/schemas.json")).unwrap();
    let types = types.as_object_mut().unwrap();
    types.append(facts["types"].as_object_mut().unwrap());
    Types::from_condensed(types).unwrap()
}

/// What a function answered: a value, or the kind of an error with its message.
type Answer = Result<Value, (&'static str, String)>;

fn check(case: &Value, types: &Types) -> Result<(), String> {
    let schema = schema(case, types)?;
    let answer = answer(case, schema);
    let wanted = case
        .get("alternatives")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_else(|| vec![case.clone()]);
    let differences: Vec<String> = wanted
        .iter()
        .filter_map(|wanted| difference(&answer, wanted, ""))
        .collect();
    if differences.len() == wanted.len() {
        return Err(differences.join(" / "));
    }
    let Ok(patch) = answer else { return Ok(()) };
    applied(case, patch, schema).map_or(Ok(()), |applied| {
        difference(&applied, case, "applied")
            .map_or(Ok(()), |difference| Err(format!("applied: {difference}")))
    })
}

fn schema<'a>(case: &Value, types: &'a Types) -> Result<Schema<'a>, String> {
    let Some(name) = case.get("type").and_then(Value::as_str) else {
        return Ok(Schema::Untyped);
    };
    let builtin = || {
        name.rsplit_once('/')
            .and_then(|(version, kind)| builtin().kind(version, kind))
    };
    let node = types.named(name).or_else(builtin);
    node.map(Schema::Typed)
        .ok_or_else(|| format!("no type {name}"))
}

fn answer(case: &Value, schema: Schema<'_>) -> Answer {
    let input = |name: &str| case.get(name).cloned().unwrap_or_default();
    let [original, modified, current, patch] =
        ["original", "modified", "current", "patch"].map(input);
    let mut patches = case
        .get("patches")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let preconditions = preconditions(case);
    match case["fn"].as_str().unwrap() {
        "StrategicMergePatch" => plain(strategic::apply(original, patch, schema)),
        "CreateTwoWayMergePatch" => made(strategic::create_two_way(
            &original,
            &modified,
            schema,
            &preconditions,
        )),
        "CreateThreeWayMergePatch" => {
            let overwrite = case["overwrite"].as_bool().unwrap();
            let on_conflict = if overwrite {
                OnConflict::Overwrite
            } else {
                OnConflict::Refuse
            };
            made(strategic::create_three_way(
                &original,
                &modified,
                &current,
                schema,
                on_conflict,
                &preconditions,
            ))
        }
        "MergePatches" => plain(strategic::merge_patches(patches, schema)),
        "MergingMapsHaveConflicts" => plain(
            strategic::first_conflict(&patches[0], &patches[1], schema)
                .map(|path| path.is_some().into()),
        ),
        "HasConflicts" => Ok(merge::first_conflict(&patches[0], &patches[1])
            .is_some()
            .into()),
        "CreateThreeWayJSONMergePatch" => {
            let outcome = merge::create_three_way(&original, &modified, &current, &preconditions);
            // Here the original reports a failed precondition as it reports any other error.
            made(outcome).map_err(|(kind, message)| {
                (
                    if kind == "precondition" {
                        "other"
                    } else {
                        kind
                    },
                    message,
                )
            })
        }
        "JSONMergePatch" => plain(merge::apply(original, patch)),
        "CreateJSONMergePatch" => plain(merge::create(&original, &modified)),
        "MergeJSONMergePatches" => {
            let second = patches.pop().unwrap();
            plain(merge::merge_patches(patches.pop().unwrap(), second))
        }
        "JSONPatch" => plain(json::apply(original, &patch)),
        other => panic!("unknown function {other}"),
    }
}

fn applied(case: &Value, patch: Value, schema: Schema<'_>) -> Option<Answer> {
    let target = |name: &str| case[name].clone();
    Some(match case["fn"].as_str().unwrap() {
        "CreateTwoWayMergePatch" => plain(strategic::apply(target("original"), patch, schema)),
        "CreateThreeWayMergePatch" => plain(strategic::apply(target("current"), patch, schema)),
        "CreateJSONMergePatch" => plain(merge::apply(target("original"), patch)),
        "CreateThreeWayJSONMergePatch" => plain(merge::apply(target("current"), patch)),
        _ => return None,
    })
}

fn preconditions(case: &Value) -> Vec<Precondition> {
    let names = case.get("preconditions").and_then(Value::as_array);
    let names = names
        .into_iter()
        .flatten()
        .map(|name| name.as_str().unwrap());
    let precondition = |name: &str| match name.strip_prefix("metadata.") {
        Some(key) => Precondition::MetadataKeyUnchanged(key.to_owned()),
        None => Precondition::KeyUnchanged(name.to_owned()),
    };
    names.map(precondition).collect()
}

fn plain(result: Result<Value, PatchError>) -> Answer {
    result.map_err(|error| ("other", error.to_string()))
}

fn made(result: Result<Outcome, PatchError>) -> Answer {
    match result {
        Ok(Outcome::Patch(patch)) => Ok(patch),
        Ok(outcome @ Outcome::Conflict(_)) => Err(("conflict", outcome.to_string())),
        Ok(outcome) => Err(("precondition", outcome.to_string())),
        Err(error) => Err(("other", error.to_string())),
    }
}

/// How an answer differs from the recorded one, which stands under `applied` or `result`.
fn difference(answer: &Answer, wanted: &Value, applied: &str) -> Option<String> {
    let names = if applied.is_empty() {
        ["result", "error"]
    } else {
        ["applied", "appliedError"]
    };
    let [result, error] = names.map(|name| wanted.get(name));
    match (answer, result, error) {
        (Ok(value), Some(wanted), _) => first_difference(value, wanted),
        (Err((kind, _)), _, Some(error)) if error["kind"] == *kind => None,
        (_, None, None) if !applied.is_empty() => None,
        (Ok(value), _, error) => Some(format!("got {value}, expected error {error:?}")),
        (Err((kind, message)), result, error) => Some(format!(
            "{kind} error {message:?}, expected {result:?} {error:?}"
        )),
    }
}
