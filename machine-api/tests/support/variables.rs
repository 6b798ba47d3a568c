//! Values of variables.

use cel::{Context, Program};
use componentconfig::field::{Errors, Path};
use machine_api::{
    core::v1beta2::{
        ClusterClassStatusVariable, ClusterClassVariable, ClusterVariable, JSONSchemaProps,
        ValidationRule,
    },
    variables::{self, RuleFaults, Rules, Scope},
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

    fn faults(&self, rule: &ValidationRule, schema: &JSONSchemaProps) -> RuleFaults {
        let unreadable = |text: &str| Program::compile(text).err();
        let unreadable =
            |text: &str| unreadable(text).map(|error| format!("compilation failed: {error}"));
        let mut faults = RuleFaults {
            rule: unreadable(&rule.rule),
            message_expression: None,
        };
        if !rule.message_expression.is_empty() {
            faults.message_expression = unreadable(&rule.message_expression).or_else(|| {
                let sample = match schema.r#type.as_str() {
                    "string" => json!(""),
                    "integer" => json!(0),
                    "number" => json!(0.5),
                    "boolean" => json!(false),
                    "array" => json!([]),
                    _ => json!({}),
                };
                let program = Program::compile(&rule.message_expression).ok()?;
                let mut context = Context::default();
                context.add_variable("self", &sample).ok()?;
                let is_text = matches!(
                    program.execute(&context),
                    Ok(cel::Value::String(_)) | Err(_)
                );
                (!is_text).then(|| "messageExpression must evaluate to a string".to_owned())
            });
        }
        faults
    }
}

pub(crate) fn schema(input: &Value) -> Result<Value, String> {
    let definitions: Vec<ClusterClassVariable> =
        serde_json::from_value(input["variables"].clone()).map_err(|error| error.to_string())?;
    let at = Path::new("spec").child("variables");
    let errors = variables::validate_definitions(&definitions, Some(&Interpreter), &at);
    Ok(json!({"errors": shown(&errors)}))
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
