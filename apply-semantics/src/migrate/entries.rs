//! Entries of `metadata.managedFields` as they stand in an object. They are not decoded as a whole: what a migration does not
//! concern is written back as it was.

use serde_json::Value;

use super::MigrateError;
use crate::fieldset::FieldSet;

/// The entries of an object.
pub(super) fn of(object: &Value) -> Result<&[Value], MigrateError> {
    match object.pointer("/metadata/managedFields") {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(entries)) => Ok(entries),
        Some(_) => Err(MigrateError::NotAList),
    }
}

/// A text of an entry; empty if it is not there.
pub(super) fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn is_by(entry: &Value, manager: &str, operation: &str) -> bool {
    text(entry, "manager") == manager && text(entry, "operation") == operation
}

pub(super) fn has_subresource(entry: &Value, subresource: &str) -> bool {
    text(entry, "subresource") == subresource
}

pub(super) fn find(entries: &[Value], is: impl Fn(&Value) -> bool) -> Option<usize> {
    entries.iter().position(is)
}

/// The fields of the entry at an index.
pub(super) fn fields(entries: &[Value], index: usize) -> Result<FieldSet, MigrateError> {
    let entry = entries.get(index).unwrap_or(&Value::Null);
    let error = |error| MigrateError::Fields {
        index,
        manager: text(entry, "manager").to_owned(),
        error,
    };
    match entry.get("fieldsV1") {
        None | Some(Value::Null) => Err(error(None)),
        Some(fields) => FieldSet::from_value(fields).map_err(|fault| error(Some(fault))),
    }
}

/// The fields of an entry, or none if they cannot be read.
pub(super) fn fields_or_none(entry: &Value) -> FieldSet {
    let fields = entry.get("fieldsV1").map(FieldSet::from_value);
    fields.and_then(Result::ok).unwrap_or_default()
}

/// Whether all entries can be written back: their fields have to be objects, whatever is in them.
pub(super) fn check_all(entries: &[Value]) -> Result<(), MigrateError> {
    let broken = entries.iter().enumerate().find(|(_, entry)| {
        let fields = entry.get("fieldsV1");
        !fields.is_none_or(|fields| fields.is_object() || fields.is_null())
    });
    broken.map_or(Ok(()), |(index, entry)| {
        Err(MigrateError::Fields {
            index,
            manager: text(entry, "manager").to_owned(),
            error: None,
        })
    })
}
