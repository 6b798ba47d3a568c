//! What the annotation restores.

use componentconfig::{Strictness, decode_value};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{ConversionError, DATA_ANNOTATION, field::Context};
use crate::{kind::Object, kind::WithoutMetadata};

/// Takes the annotation off `spoke` and reads it as the hub that it was written from.
pub(super) fn take<H: Object + DeserializeOwned, S: Object>(
    spoke: &mut S,
    context: &mut Context<'_>,
) -> Option<H> {
    let data = spoke.metadata_mut().annotations.remove(DATA_ANNOTATION)?;
    // A struct would also be read from an array of its fields.
    let object = data.trim_start().starts_with('{');
    match serde_json::from_str(&data) {
        Ok(hub) if object => Some(hub),
        _ => read_leniently(&data, context),
    }
}

/// Reads data that another version of the hub wrote, or with nulls where our types expect none.
fn read_leniently<H: DeserializeOwned>(data: &str, context: &mut Context<'_>) -> Option<H> {
    let fail = |message: String| ConversionError::MalformedData { message };
    let mut value: Value = match serde_json::from_str(data) {
        Ok(value) => value,
        Err(error) => {
            context.fail(fail(error.to_string()));
            return None;
        }
    };
    if let Value::Object(fields) = &mut value {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    match decode_value(&value, Strictness::Ignore).into_result() {
        Ok((hub, _)) => Some(hub),
        Err(report) => {
            context.fail(fail(report.to_string()));
            None
        }
    }
}

/// The text of the annotation for `hub`.
pub(super) fn data<H: Object>(hub: &H, context: &mut Context<'_>) -> String
where
    for<'a> WithoutMetadata<'a, H>: Serialize,
{
    serde_json::to_string(&WithoutMetadata(hub)).unwrap_or_else(|error| {
        context.fail(ConversionError::MalformedObject {
            message: error.to_string(),
        });
        String::new()
    })
}

/// Sets the annotation.
pub(super) fn keep<S: Object>(spoke: &mut S, data: String) {
    let annotations = &mut spoke.metadata_mut().annotations;
    annotations.insert(DATA_ANNOTATION.to_owned(), data);
}

/// Zero values are what an older version says both for zero and for nothing: they mean nothing, unless the annotation
/// holds the zero.
pub(super) fn intent<T: Default + PartialEq>(field: &mut Option<T>, restored: Option<&Option<T>>) {
    let zero = Some(T::default());
    if *field == zero && restored.is_none_or(|restored| *restored != zero) {
        *field = None;
    }
}
