//! The managed fields around a move from client-side to server-side apply.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Failure, annotation::LAST_APPLIED};
use crate::{fieldset::FieldSet, migrate::migrate_client_side, patch::Patch, path::PathElement};

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
) -> Result<Option<Patch>, Failure> {
    let from: Vec<&str> = client_side.iter().map(String::as_str).collect();
    let migration = migrate_client_side(live, &from, server_side, "");
    let patch = migration.and_then(|migration| migration.patch());
    patch.map_err(|_| Failure::ManagedFields)
}

fn entries(live: &Value) -> &[Value] {
    let entries = live.pointer("/metadata/managedFields");
    entries.and_then(Value::as_array).map_or(&[], Vec::as_slice)
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
    use serde_json::json;

    use super::*;

    #[test]
    fn whoever_wrote_the_annotation_owns_it_by_update() {
        let annotation =
            json!({"f:metadata": {"f:annotations": {format!("f:{LAST_APPLIED}"): {}}}});
        let entry = |manager: &str, operation: &str, fields: &Value| json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields});
        let live = json!({"metadata": {"resourceVersion": "5", "managedFields": [
            entry("a", "Update", &annotation), entry("b", "Apply", &annotation), entry("c", "Update", &json!({"f:x": {}})),
        ]}});
        let owners = annotation_owners(&live, Operation::Update);
        assert_eq!(owners, BTreeSet::from(["a".to_owned()]));
        assert_eq!(
            annotation_owners(&live, Operation::Apply),
            BTreeSet::from(["b".to_owned()])
        );
        let Some(Patch::Json(patch)) = patch(&live, &owners, "b").unwrap() else {
            panic!("no patch")
        };
        assert_eq!(patch[0]["value"].as_array().unwrap().len(), 2);
        assert_eq!(patch[1]["value"], "5");
        assert!(
            super::patch(&live, &BTreeSet::new(), "b")
                .unwrap()
                .is_none()
        );
    }
}
