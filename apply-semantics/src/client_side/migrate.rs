//! The managed fields after a move from client-side to server-side apply.
//!
//! Follows k8s.io/client-go `util/csaupgrade`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Failure, annotation::LAST_APPLIED, object};
use crate::{fieldset::FieldSet, path::PathElement};

/// How a manager came to own fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Apply,
    Update,
}

/// The managers that own the annotation of apply through that operation.
pub(super) fn annotation_owners(live: &Value, operation: Operation) -> BTreeSet<String> {
    let path = ["metadata", "annotations", LAST_APPLIED].map(PathElement::field);
    entries(live)
        .iter()
        .filter(|entry| is(entry, operation))
        .filter(|entry| fields(entry).is_ok_and(|fields| fields.contains(&path)))
        .map(|entry| manager(entry).to_owned())
        .collect()
}

/// The JSON patch that hands the fields of some client-side managers over to a server-side one; none if there is nothing to hand over.
/// It holds only for the version of the object that it was made from.
pub(super) fn patch(
    live: &Value,
    client_side: &BTreeSet<String>,
    server_side: &str,
) -> Result<Option<Value>, Failure> {
    let before = entries(live);
    let after = client_side
        .iter()
        .try_fold(before.to_vec(), |entries, from| {
            hand_over(entries, from, server_side)
        })?;
    if after == before {
        return Ok(None);
    }
    let version = object::text(live, "resourceVersion").unwrap_or_default();
    let value = if after.is_empty() {
        Value::Null
    } else {
        Value::Array(after)
    };
    Ok(Some(json!([
        {"op": "replace", "path": "/metadata/managedFields", "value": value},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
    ])))
}

/// The entry of the server-side manager, or else the first one of the client-side manager, gets the fields of the client-side entry of
/// its version; all client-side entries go.
fn hand_over(mut entries: Vec<Value>, from: &str, to: &str) -> Result<Vec<Value>, Failure> {
    let is_new = |entry: &Value| belongs(entry, to, Operation::Apply);
    let is_old = |entry: &Value| belongs(entry, from, Operation::Update);
    let position = entries.iter().position(is_new);
    let Some(index) = position.or_else(|| entries.iter().position(is_old)) else {
        return Ok(entries);
    };
    let Some(mut entry) = entries.get(index).cloned() else {
        return Ok(entries);
    };
    // What the entry was before it changes its name counts as well, which changes nothing: it is the entry itself.
    let version = entry.get("apiVersion").cloned();
    let old = entries
        .iter()
        .find(|other| is_old(other) && other.get("apiVersion") == version.as_ref());
    let mut set = fields(&entry)?;
    if let Some(old) = old {
        set = set.union(&fields(old)?);
    }
    if let Some(entry) = entry.as_object_mut() {
        entry.insert("manager".to_owned(), to.into());
        entry.insert("operation".to_owned(), "Apply".into());
        entry.insert("fieldsV1".to_owned(), set.to_value());
    }
    if let Some(place) = entries.get_mut(index) {
        *place = entry;
    }
    entries.retain(|entry| !is_old(entry));
    Ok(entries)
}

fn entries(live: &Value) -> &[Value] {
    let entries = live.pointer("/metadata/managedFields");
    entries.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn belongs(entry: &Value, name: &str, operation: Operation) -> bool {
    let subresource = entry.get("subresource").and_then(Value::as_str);
    manager(entry) == name && is(entry, operation) && subresource.unwrap_or_default().is_empty()
}

fn is(entry: &Value, operation: Operation) -> bool {
    let wanted = match operation {
        Operation::Apply => "Apply",
        Operation::Update => "Update",
    };
    entry.get("operation").and_then(Value::as_str) == Some(wanted)
}

fn manager(entry: &Value) -> &str {
    let name = entry.get("manager").and_then(Value::as_str);
    name.unwrap_or_default()
}

fn fields(entry: &Value) -> Result<FieldSet, Failure> {
    let fields = entry.get("fieldsV1").ok_or(Failure::ManagedFields)?;
    FieldSet::from_value(fields).map_err(|_| Failure::ManagedFields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_client_side_managers_are_handed_over_one_after_the_other() {
        let entry = |manager: &str, field: &str| json!({"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsV1": {field: {}}});
        let live = json!({"metadata": {"resourceVersion": "5", "managedFields": [entry("a", "f:x"), entry("b", "f:y"), entry("c", "f:z")]}});
        let from = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        let patch = patch(&live, &from, "kubectl").unwrap().unwrap();
        let entries = patch[0]["value"].as_array().unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0]["fieldsV1"], json!({"f:x": {}, "f:y": {}}));
        assert_eq!(entries[1], entry("c", "f:z"));
        assert_eq!(patch[1]["value"], "5");
    }

    #[test]
    fn nothing_to_hand_over_is_no_patch() {
        let live = json!({"metadata": {"managedFields": []}});
        assert_eq!(
            patch(&live, &BTreeSet::from(["a".to_owned()]), "kubectl"),
            Ok(None)
        );
    }
}
