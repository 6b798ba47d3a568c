//! Custom resources: everything comes from the structural schema.

use apply_semantics::{op::Cause, structural::FieldError, value::equal};
use serde_json::{Map, Value};

use super::{Decoder, count_generation, metadata};
use crate::{custom::CustomVersion, meta};

pub(super) fn complete(version: &CustomVersion, object: &mut Value, decoder: Decoder) {
    let Some(schema) = &version.structural else {
        return;
    };
    if !version.preserves {
        schema.prune(object);
    }
    match decoder {
        Decoder::Json => schema.set_defaults(object),
        Decoder::Unstructured => schema.fill(object),
    }
    schema.canonicalise_metadata(object);
}

pub(super) fn prepare_create(version: &CustomVersion, object: &mut Value) {
    if let (true, Some(fields)) = (version.has_status(), object.as_object_mut()) {
        fields.remove("status");
    }
    meta::set(object, "generation", 1);
}

pub(super) fn prepare_update(
    version: &CustomVersion,
    new: &mut Value,
    old: &Value,
    subresource: &str,
) {
    if subresource == "status" {
        only_status(new, old);
        return;
    }
    if let (true, Some(fields)) = (version.has_status(), new.as_object_mut()) {
        match old.get("status") {
            Some(status) => drop(fields.insert("status".to_owned(), status.clone())),
            None => drop(fields.remove("status")),
        }
    }
    let differs = !equal(&counted(new, version), &counted(old, version));
    count_generation(new, old, differs);
}

/// Everything but the status stays as it was, also the metadata; only who manages what moves.
fn only_status(new: &mut Value, old: &Value) {
    let status = new.get("status").cloned();
    let managed = meta::field(new, "managedFields").cloned();
    let version = meta::field(new, "resourceVersion").cloned();
    new.clone_from(old);
    if let Some(fields) = new.as_object_mut() {
        match status {
            Some(status) => drop(fields.insert("status".to_owned(), status)),
            None => drop(fields.remove("status")),
        }
    }
    for (name, value) in [("managedFields", managed), ("resourceVersion", version)] {
        match value {
            Some(value) => meta::set(new, name, value),
            None => drop(meta::remove(new, name)),
        }
    }
}

/// What the generation counts: everything but the metadata and, where it is written apart, the status.
fn counted(object: &Value, version: &CustomVersion) -> Value {
    let fields = object.as_object().into_iter().flatten();
    let fields = fields
        .filter(|(name, _)| *name != "metadata" && !(version.has_status() && *name == "status"));
    Value::Object(
        fields
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<Map<_, _>>(),
    )
}

pub(super) fn validate_create(
    version: &CustomVersion,
    object: &Value,
    namespaced: bool,
) -> Vec<Cause> {
    let mut causes = metadata::validate_create(object, namespaced);
    if let Some(schema) = &version.structural {
        causes.extend(schema.validate(object).into_iter().map(cause));
    }
    causes.extend(scale_causes(version, object));
    causes
}

/// The number of replicas must be one, where the scale looks for it.
fn scale_causes(version: &CustomVersion, object: &Value) -> Option<Cause> {
    /// Up to here floats without fraction are whole numbers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let paths = version.scale()?;
    let value = paths
        .replicas
        .iter()
        .try_fold(object, |value, name| value.get(name))?;
    let field = format!(".{}", paths.replicas.join("."));
    let whole = value
        .as_f64()
        .filter(|number| number.fract() == 0.0 && number.abs() <= EXACT);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "numbers of replicas are small"
    )]
    let whole = value.as_i64().or_else(|| whole.map(|number| number as i64));
    let (shown, detail) = match whole {
        Some(number) if number < 0 => (number, "should be a non-negative integer".to_owned()),
        Some(number) if number > i64::from(i32::MAX) => (
            number,
            format!("should be less than or equal to {}", i32::MAX),
        ),
        Some(_) => return None,
        None => {
            let kind = match value {
                Value::String(_) => "string",
                Value::Number(_) => "float64",
                Value::Bool(_) => "bool",
                Value::Array(_) => "[]interface {}",
                _ => "map[string]interface {}",
            };
            let text = crate::go_text::map(value);
            (
                0,
                format!("{field} accessor error: {text} is of the type {kind}, expected int64"),
            )
        }
    };
    Some(Cause::new(
        "FieldValueInvalid",
        format!("Invalid value: {shown}: {detail}"),
        field,
    ))
}

pub(super) fn validate_update(
    version: &CustomVersion,
    new: &Value,
    old: &Value,
    subresource: &str,
    namespaced: bool,
) -> Vec<Cause> {
    let mut causes = metadata::validate_update(new, old, namespaced);
    let Some(schema) = &version.structural else {
        return causes;
    };
    let found = match (subresource, new.get("status")) {
        ("status", Some(status)) => schema.validate_field("status", status),
        ("status", None) => Vec::new(),
        _ => schema.validate_update(new, old),
    };
    causes.extend(found.into_iter().map(cause));
    if subresource.is_empty() {
        causes.extend(scale_causes(version, new));
    }
    causes
}

fn cause(error: FieldError) -> Cause {
    let field = if error.field.is_empty() {
        "<nil>".to_owned()
    } else {
        error.field
    };
    Cause::new(error.reason.name(), error.message, field)
}
