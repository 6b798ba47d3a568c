//! Values of the variables of a ClusterClass: their defaults, and which are valid.
//!
//! Follows `internal/topology/variables`. A variable may be defined more than once, by the class and by extensions; the first
//! definition counts, and definitions that differ are an error.

mod cost;
mod definitions;
mod rules;

use std::collections::BTreeSet;

use apply_semantics::structural::{Reason, StructuralSchema};
use componentconfig::field::{Errors, FieldError, FieldErrorKind, Path};
use serde_json::{Map, Value, json};

use crate::core::v1beta2::{
    ClusterClassStatusVariable, ClusterClassStatusVariableDefinition, ClusterVariable,
    JSONSchemaProps,
};

pub use definitions::validate_definitions;
pub use rules::{RuleFaults, Rules};

/// Which values they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of the whole Cluster: defaults are added, and required ones have to be there.
    Cluster,
    /// Those that replace others in one part of it.
    Part,
}

/// The name under which a value is validated.
const VALUE: &str = "value";

/// The values with their defaults: first those that are there, in their order, then those that are added.
///
/// ```
/// use componentconfig::field::Path;
/// use machine_api::{core::v1beta2::ClusterClassStatusVariable, variables::{self, Scope}};
///
/// let region: ClusterClassStatusVariable = serde_json::from_str(
///     r#"{"name": "region", "definitions": [{"from": "inline", "schema": {"openAPIV3Schema": {
///         "type": "string", "default": "eu"}}}]}"#,
/// )?;
/// let values = variables::default(&[], &[region], Scope::Cluster, &Path::new("variables"));
/// assert_eq!(values.map(|values| values[0].value.clone()), Ok("eu".into()));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
/// A value of a variable that is not defined, two values of one, or definitions that differ.
pub fn default(
    values: &[ClusterVariable],
    definitions: &[ClusterClassStatusVariable],
    scope: Scope,
    at: &Path,
) -> Result<Vec<ClusterVariable>, Errors> {
    unique(values, at).into_result()?;
    agreed(definitions, at).into_result()?;
    let mut errors = Errors::default();
    let mut defaulted = Vec::new();
    for value in values {
        match definition(definitions, &value.name) {
            None => errors.push(undefined(value, at)),
            Some(definition) => match with_defaults(Some(&value.value), definition) {
                Ok(found) => defaulted.push(named(&value.name, found)),
                Err(detail) => errors.invalid(&at.key(value.name.clone()), "", detail),
            },
        }
    }
    let missing = definitions
        .iter()
        .filter(|one| !values.iter().any(|value| value.name == one.name));
    for variable in missing.filter(|_| scope == Scope::Cluster) {
        let definition = variable.definitions.first();
        let definition =
            definition.filter(|definition| definition.schema.open_api_v3_schema.default.is_some());
        let Some(definition) = definition else {
            continue;
        };
        match with_defaults(None, definition) {
            Ok(found) => defaulted.push(named(&variable.name, found)),
            Err(detail) => errors.invalid(&at.key(variable.name.clone()), "", detail),
        }
    }
    if errors.is_empty() {
        Ok(defaulted)
    } else {
        Err(errors)
    }
}

/// What is wrong with the values. Rules in CEL are left out if nobody is given who evaluates them; `old` are the values
/// before, for rules about changes.
pub fn validate(
    values: &[ClusterVariable],
    old: &[ClusterVariable],
    definitions: &[ClusterClassStatusVariable],
    scope: Scope,
    rules: Option<&dyn Rules>,
    at: &Path,
) -> Errors {
    for found in [unique(values, at), unique(old, at), agreed(definitions, at)] {
        if !found.is_empty() {
            return found;
        }
    }
    let mut errors = Errors::default();
    if scope == Scope::Cluster {
        for variable in definitions {
            let required = variable
                .definitions
                .first()
                .is_some_and(|first| first.required == Some(true));
            if required && !values.iter().any(|value| value.name == variable.name) {
                errors.required(
                    at,
                    format!("required variable {:?} must be set", variable.name),
                );
            }
        }
    }
    for value in values {
        let Some(definition) = definition(definitions, &value.name) else {
            errors.push(undefined(value, at));
            continue;
        };
        let was = old
            .iter()
            .find(|was| was.name == value.name)
            .map(|was| &was.value);
        validate_one(
            value,
            was,
            definition,
            rules,
            &at.key(value.name.clone()),
            &mut errors,
        );
    }
    errors
}

fn named(name: &str, value: Value) -> ClusterVariable {
    ClusterVariable {
        name: name.to_owned(),
        value,
    }
}

fn undefined(value: &ClusterVariable, at: &Path) -> FieldError {
    FieldError::invalid(
        at.key(value.name.clone()),
        value.value.to_string(),
        "variable is not defined",
    )
}

fn unique(values: &[ClusterVariable], at: &Path) -> Errors {
    let mut seen = BTreeSet::new();
    let again = values.iter().filter(|value| !seen.insert(&value.name));
    again
        .map(|value| {
            let detail = format!("variable {:?} is set more than once", value.name);
            FieldError::invalid(at.key(value.name.clone()), value.value.to_string(), detail)
        })
        .collect()
}

/// Every variable has a definition, and no definitions that differ.
fn agreed(definitions: &[ClusterClassStatusVariable], at: &Path) -> Errors {
    let mut problems = Vec::new();
    for variable in definitions {
        if variable.definitions.is_empty() {
            problems.push(format!("variable {:?} has no definitions", variable.name));
        }
        if variable.definitions_conflict == Some(true) {
            problems.push(format!(
                "variable {:?} has conflicting definitions",
                variable.name
            ));
        }
    }
    let problems = match &*problems {
        [] => return Errors::default(),
        [one] => one.clone(),
        more => format!("[{}]", more.join(", ")),
    };
    let names: Vec<String> = definitions
        .iter()
        .map(|one| format!("Name: {}", one.name))
        .collect();
    let detail = format!("variable definitions in the ClusterClass not valid: {problems}");
    Errors::from_iter([FieldError::type_invalid(
        at.clone(),
        format!("[{}]", names.join(",")),
        detail,
    )])
}

fn definition<'a>(
    definitions: &'a [ClusterClassStatusVariable],
    name: &str,
) -> Option<&'a ClusterClassStatusVariableDefinition> {
    definitions
        .iter()
        .rfind(|one| one.name == name)?
        .definitions
        .first()
}

/// The schema of an object that holds the value under one name, as an API server reads it.
fn schema_of(
    definition: &ClusterClassStatusVariableDefinition,
) -> Result<StructuralSchema, String> {
    let schema = plain(&definition.schema.open_api_v3_schema);
    let wrapped = json!({"type": "object", "properties": {VALUE: schema}});
    StructuralSchema::parse(&wrapped).map_err(|errors| errors.to_string())
}

/// A schema without what only Cluster API knows.
fn plain(schema: &JSONSchemaProps) -> Value {
    let mut value = serde_json::to_value(schema).unwrap_or_default();
    strip(&mut value);
    value
}

fn strip(schema: &mut Value) {
    let Value::Object(schema) = schema else {
        return;
    };
    schema.remove("x-metadata");
    schema.remove("example");
    for (key, value) in schema {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(strip),
            ("items" | "additionalProperties" | "not", inner) => strip(inner),
            ("allOf" | "oneOf" | "anyOf", Value::Array(parts)) => parts.iter_mut().for_each(strip),
            _ => {}
        }
    }
}

fn with_defaults(
    value: Option<&Value>,
    definition: &ClusterClassStatusVariableDefinition,
) -> Result<Value, String> {
    let schema = schema_of(definition)?;
    let entry = value.map(|value| (VALUE.to_owned(), value.clone()));
    let mut wrapped = Value::Object(Map::from_iter(entry));
    schema.set_defaults(&mut wrapped);
    Ok(wrapped.get_mut(VALUE).map(Value::take).unwrap_or_default())
}

/// How `apply_semantics` remarks that it ran no CEL rule.
const RULES_NOT_RUN: &str = "some validation rules were not checked";

fn validate_one(
    variable: &ClusterVariable,
    old: Option<&Value>,
    definition: &ClusterClassStatusVariableDefinition,
    rules: Option<&dyn Rules>,
    at: &Path,
    errors: &mut Errors,
) {
    let schema = match schema_of(definition) {
        Ok(schema) => schema,
        Err(problem) => {
            let detail = format!(
                "failed to create structural schema for variable {:?}; ClusterClass should be checked: {problem}",
                variable.name
            );
            return errors.push(FieldError::internal(at.clone(), detail));
        }
    };
    let raw = variable.value.to_string();
    let before = errors.len();
    for error in schema.validate_field(VALUE, &variable.value) {
        if error.message.contains(RULES_NOT_RUN) {
            // The rules are run below, by whom the caller named.
            continue;
        }
        let place = match error.field.parse::<Path>() {
            Ok(inner) if !error.field.is_empty() => at.join(&inner),
            _ => at.child(VALUE),
        };
        errors.push(FieldError::new(
            kind_of(error.reason),
            place,
            raw.clone(),
            detail(&error.message),
        ));
    }
    if errors.len() > before {
        return;
    }
    let mut wrapped = json!({VALUE: variable.value});
    let unknown = schema.prune(&mut wrapped);
    if !unknown.is_empty() {
        let prefix = format!("{VALUE}.");
        let names: Vec<&str> = unknown
            .iter()
            .map(|path| path.strip_prefix(&prefix).unwrap_or(path))
            .collect();
        let detail = format!(
            "failed validation: {:?} field(s) are not specified in the variable schema of variable {:?}",
            names.join(","),
            variable.name
        );
        return errors.invalid(at, raw, detail);
    }
    if let Some(rules) = rules {
        let schema = &definition.schema.open_api_v3_schema;
        rules::validate(
            rules,
            schema,
            &variable.value,
            old,
            &at.child(VALUE),
            &raw,
            errors,
        );
    }
}

const fn kind_of(reason: Reason) -> FieldErrorKind {
    match reason {
        Reason::TypeInvalid => FieldErrorKind::TypeInvalid,
        Reason::Required => FieldErrorKind::Required,
        Reason::NotSupported => FieldErrorKind::NotSupported,
        Reason::Duplicate => FieldErrorKind::Duplicate,
        Reason::Forbidden => FieldErrorKind::Forbidden,
        Reason::TooLong => FieldErrorKind::TooLong,
        Reason::TooMany => FieldErrorKind::TooMany,
        _ => FieldErrorKind::Invalid,
    }
}

/// What a message says after the kind of error and the value.
fn detail(message: &str) -> &str {
    let rest = message.split_once(": ").map_or("", |(_, rest)| rest);
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<serde::de::IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => {
            let after = rest.get(values.byte_offset()..).unwrap_or_default();
            after.strip_prefix(": ").unwrap_or_default()
        }
        _ => rest,
    }
}
