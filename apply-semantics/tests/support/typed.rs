//! Suites `typed` and `scenario-typed`: operations on typed objects.

use std::{collections::BTreeMap, sync::Arc};

use apply_semantics::{
    fieldset::FieldSet,
    schema::{Schema, Type},
    typed::{Duplicates, EmptyContainers, Typed, ValidationErrors},
};
use conformance_runner::Runner;
use serde_json::{Value, json};

use super::{cases, difference, sets::set};

pub(crate) struct Schemas(BTreeMap<String, Arc<Schema>>);

impl Schemas {
    pub(crate) fn read(runner: &Runner) -> Self {
        let lines = ["schemas", "scenario-schemas"]
            .into_iter()
            .flat_map(|suite| cases(runner, suite));
        Self(
            lines
                .map(|(id, line)| (id, Schema::from_value(&line["schema"]).unwrap()))
                .collect(),
        )
    }

    /// The type of that name; schema `deduced` has no types.
    pub(crate) fn ty(&self, schema: &str, name: &str) -> Type {
        if schema == "deduced" {
            return Type::deduced();
        }
        self.0[schema].type_named(name).unwrap()
    }
}

pub(crate) fn run(runner: &mut Runner, schemas: &Schemas) {
    for suite in ["typed", "scenario-typed"] {
        for (id, case) in cases(runner, suite) {
            runner.case(suite, &id, || check(&case, schemas));
        }
    }
}

fn check(case: &Value, schemas: &Schemas) -> Result<(), String> {
    let ty = schemas.ty(
        case["schema"].as_str().unwrap(),
        case["type"].as_str().unwrap(),
    );
    let wanted = &case["want"];
    compare(
        &answers(case, schemas, &ty, EmptyContainers::Collapse),
        wanted,
    )?;
    let Some(preserved) = case.get("want_preserve_empty") else {
        return Ok(());
    };
    let mut wanted = wanted.clone();
    wanted
        .as_object_mut()
        .unwrap()
        .extend(preserved.as_object().unwrap().clone());
    compare(
        &answers(case, schemas, &ty, EmptyContainers::Preserve),
        &wanted,
    )
}

fn compare(answers: &BTreeMap<&str, Value>, wanted: &Value) -> Result<(), String> {
    for (name, wanted) in wanted.as_object().unwrap() {
        if name.starts_with("message") {
            continue;
        }
        let answer = answers
            .get(name.as_str())
            .ok_or_else(|| format!("{name}: no answer"))?;
        if wanted.get("error").is_some() && answer.get("error").is_some() {
            continue;
        }
        if let Some(difference) = difference(answer, wanted) {
            return Err(format!(
                "{name}: {difference}; got {answer}, expected {wanted}"
            ));
        }
    }
    Ok(())
}

fn answers(
    case: &Value,
    schemas: &Schemas,
    ty: &Type,
    empty: EmptyContainers,
) -> BTreeMap<&'static str, Value> {
    let mut answers = BTreeMap::new();
    let typed =
        |name: &str, duplicates| Typed::new(ty.clone(), case.get(name)?.clone(), duplicates).ok();
    for (name, plain, duplicates) in [
        ("a", "valid_a", "valid_dup_a"),
        ("b", "valid_b", "valid_dup_b"),
    ] {
        answers.insert(plain, typed(name, Duplicates::Forbid).is_some().into());
        answers.insert(duplicates, typed(name, Duplicates::Allow).is_some().into());
    }
    let (a, b) = (typed("a", Duplicates::Allow), typed("b", Duplicates::Allow));
    if let Some(b) = &b {
        answers.insert("fieldset_b", set_answer(b.field_set()));
    }
    let Some(a) = a else { return answers };
    answers.insert("fieldset_a", set_answer(a.field_set()));
    if let Some(b) = b {
        answers.insert("compare", comparison(&a, &b));
        answers.insert("merge", a.clone().merge(b).map_or_else(error, value));
    }
    let Some(fields) = case.get("set").map(set) else {
        return answers;
    };
    answers.insert("remove", value(a.clone().remove(&fields, empty)));
    answers.insert("extract", value(a.extract(&fields)));
    answers.insert("extract_keys", value(a.extract_with_keys(&fields)));
    answers.insert(
        "ensure_named",
        ty.with_named_fields(&fields).to_string().into(),
    );
    let other = case.get("schema2").map_or_else(
        || ty.clone(),
        |schema| schemas.ty(schema.as_str().unwrap(), case["type"].as_str().unwrap()),
    );
    answers.insert("reconcile", reconcile(case, &other, &fields));
    answers
}

fn reconcile(case: &Value, ty: &Type, fields: &FieldSet) -> Value {
    if Typed::new(ty.clone(), case["a"].clone(), Duplicates::Allow).is_err() {
        return json!({"invalid": true});
    }
    match ty.reconcile(fields) {
        Ok(set) => set.map_or(Value::Null, |set| set.to_string().into()),
        Err(errors) => error(errors),
    }
}

fn comparison(a: &Typed, b: &Typed) -> Value {
    match a.compare(b) {
        Ok(comparison) => json!({
            "added": comparison.added.to_string(),
            "modified": comparison.modified.to_string(),
            "removed": comparison.removed.to_string(),
            "same": comparison.is_same(),
        }),
        Err(errors) => error(errors),
    }
}

fn set_answer(set: Result<FieldSet, ValidationErrors>) -> Value {
    set.map_or_else(error, |set| set.to_string().into())
}

fn value(typed: Typed) -> Value {
    typed
        .into_value()
        .map_or_else(|| json!({"absent": true}), |value| json!({"ok": value}))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function of an error"
)]
fn error(errors: ValidationErrors) -> Value {
    json!({"error": errors.to_string()})
}
