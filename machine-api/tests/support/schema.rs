//! Our CustomResourceDefinitions, as an API server uses them.

use apply_semantics::structural::StructuralSchema;
use cel::{Context, Program};
use machine_api::crd;
use serde_json::{Map, Value, json};

/// What a server says besides what the schema does; the cases leave it out.
const BESIDE_THE_SCHEMA: [&str; 2] = [
    "some validation rules were not checked",
    "must be an object for an array of list-type map",
];

/// Drops unknown fields, sets defaults, validates, and evaluates the rules of what is valid.
pub(crate) fn schema(input: &Value) -> Result<Value, String> {
    let named =
        |one: &&crd::Definition| input["kind"] == one.kind() && input["group"] == one.group();
    let definition = crd::definitions()
        .iter()
        .find(named)
        .ok_or("no such kind")?
        .to_value();
    let versions = definition["spec"]["versions"]
        .as_array()
        .ok_or("no versions")?;
    let version = versions
        .iter()
        .find(|version| version["name"] == input["version"])
        .ok_or("no such version")?;
    let text = &version["schema"]["openAPIV3Schema"];
    let schema =
        StructuralSchema::parse(text).map_err(|errors| format!("not structural: {errors}"))?;
    let mut object = input["object"].clone();
    let unknown = schema.prune(&mut object);
    keep_nulls(text, &mut object);
    schema.set_defaults(&mut object);
    restore_nulls(&mut object);
    let errors: Vec<Value> = schema
        .validate(&object)
        .into_iter()
        .filter(|error| {
            !BESIDE_THE_SCHEMA
                .iter()
                .any(|text| error.message.contains(text))
        })
        .map(|error| json!({"type": error.reason.name(), "field": place(error.field)}))
        .collect();
    let mut answer = Map::new();
    if errors.is_empty() {
        let mut broken = Vec::new();
        rules(text, &object, "", &mut broken)?;
        answer.insert("celErrors".to_owned(), broken.into());
        answer.insert("defaulted".to_owned(), object);
    }
    answer.insert("errors".to_owned(), errors.into());
    answer.insert("unknownFields".to_owned(), unknown.into());
    Ok(answer.into())
}

/// An error without a path, as the cases name it.
fn place(field: String) -> String {
    if field.is_empty() {
        "<nil>".to_owned()
    } else {
        field
    }
}

/// Stands for a null that is to be validated. A server would drop it first; the cases do not.
const NULL: &str = "null to be kept";

fn keep_nulls(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let inner = schema["properties"]
                    .get(name)
                    .unwrap_or(&schema["additionalProperties"]);
                keep_nulls(inner, value);
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| keep_nulls(&schema["items"], item)),
        Value::Null if schema.is_object() && schema["default"].is_null() => *value = NULL.into(),
        _ => {}
    }
}

fn restore_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(restore_nulls),
        Value::Array(items) => items.iter_mut().for_each(restore_nulls),
        Value::String(text) if text == NULL => *value = Value::Null,
        _ => {}
    }
}

/// The rules that a value breaks, and those within it.
fn rules(schema: &Value, value: &Value, at: &str, broken: &mut Vec<Value>) -> Result<(), String> {
    for rule in schema["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let text = rule["rule"].as_str().unwrap_or_default();
        let program = Program::compile(text).map_err(|error| format!("{text}: {error}"))?;
        let mut context = Context::default();
        context
            .add_variable("self", value)
            .map_err(|error| error.to_string())?;
        let holds = program
            .execute(&context)
            .map_err(|error| format!("{text}: {error}"))?;
        if holds != cel::Value::Bool(true) {
            broken
                .push(json!({"type": "FieldValueInvalid", "field": at, "detail": rule["message"]}));
        }
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let inner = schema["properties"]
                    .get(name)
                    .unwrap_or(&schema["additionalProperties"]);
                let at = if at.is_empty() {
                    name.clone()
                } else {
                    format!("{at}.{name}")
                };
                rules(inner, value, &at, broken)?;
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                rules(&schema["items"], item, &format!("{at}[{index}]"), broken)?;
            }
        }
        _ => {}
    }
    Ok(())
}
