//! Values of variables.

use cel::{Context, Program};
use componentconfig::field::{Errors, Path};
use machine_api::{
    core::v1beta2::{ClusterClassStatusVariable, ClusterVariable},
    variables::{self, Rules, Scope},
};
use serde_json::{Value, json};

/// Rules are evaluated by an interpreter that is not ours.
pub(crate) struct Interpreter;

impl Rules for Interpreter {
    fn holds(&self, rule: &str, value: &Value, old: Option<&Value>) -> Result<bool, String> {
        let program = Program::compile(rule).map_err(|error| error.to_string())?;
        let mut context = Context::default();
        context
            .add_variable("self", value)
            .map_err(|error| error.to_string())?;
        if let Some(old) = old {
            context
                .add_variable("oldSelf", old)
                .map_err(|error| error.to_string())?;
        }
        let result = program
            .execute(&context)
            .map_err(|error| error.to_string())?;
        Ok(result == cel::Value::Bool(true))
    }
}

fn shown(errors: &Errors) -> Vec<Value> {
    let errors = errors.iter().map(|error| {
        json!({
            "type": error.kind,
            "field": error.path.to_string(),
            "detail": error.detail,
        })
    });
    errors.collect()
}

pub(crate) fn values(input: &Value) -> Result<Value, String> {
    let read = |field: &str| -> Result<Vec<ClusterVariable>, String> {
        if input[field].is_null() {
            return Ok(Vec::new());
        }
        serde_json::from_value(input[field].clone()).map_err(|error| error.to_string())
    };
    let definitions: Vec<ClusterClassStatusVariable> =
        serde_json::from_value(input["definitions"].clone()).map_err(|error| error.to_string())?;
    let scope = if input["scope"] == "machine" {
        Scope::Part
    } else {
        Scope::Cluster
    };
    let at = Path::new("spec").child("topology").child("variables");
    let (given, old) = (read("values")?, read("oldValues")?);
    let (defaulted, errors) = match variables::default(&given, &definitions, scope, &at) {
        Ok(defaulted) => (Some(defaulted), Vec::new()),
        Err(errors) => (None, shown(&errors)),
    };
    // As admission does: values are validated with their defaults, or as they are if they have none.
    let checked = defaulted.as_ref().unwrap_or(&given);
    let found = variables::validate(checked, &old, &definitions, scope, Some(&Interpreter), &at);
    // A value of null is nothing in JSON of the kinds; recorded answers name it.
    let pairs = |values: Vec<ClusterVariable>| -> Vec<Value> {
        let pairs = values.into_iter();
        pairs
            .map(|one| json!({"name": one.name, "value": one.value}))
            .collect()
    };
    let defaulted = defaulted.map(pairs);
    Ok(json!({"defaulted": defaulted, "defaultingErrors": errors, "errors": shown(&found)}))
}
