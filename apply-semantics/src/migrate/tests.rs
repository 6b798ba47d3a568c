#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use serde_json::json;

use super::*;
use crate::request::BEFORE_FIRST_APPLY;

fn entry(manager: &str, operation: &str, version: &str, fields: &Value) -> Value {
    json!({"manager": manager, "operation": operation, "apiVersion": version, "fieldsType": "FieldsV1", "fieldsV1": fields})
}

fn object(entries: &[Value]) -> Value {
    json!({"metadata": {"resourceVersion": "1", "managedFields": entries}, "a": 1, "b": 2, "c": 3})
}

#[test]
fn a_migration_can_be_taken_back() {
    let object = object(&[
        entry("deployer", "Apply", "v1", &json!({"f:a": {}})),
        entry(
            "kubectl-client-side-apply",
            "Update",
            "v1",
            &json!({"f:a": {}, "f:b": {}}),
        ),
    ]);
    let migration =
        migrate_client_side(&object, &["kubectl-client-side-apply"], "deployer", "").unwrap();
    let patch = migration.patch().unwrap().unwrap();
    let mut migrated = patch.apply(object.clone(), None).unwrap();
    assert_eq!(
        migrated["metadata"]["managedFields"],
        json!([entry(
            "deployer",
            "Apply",
            "v1",
            &json!({"f:a": {}, "f:b": {}})
        )])
    );
    migrated["metadata"]["resourceVersion"] = "2".into();
    let reverse = migration.reverse_patch("2").unwrap();
    let mut back = reverse.apply(migrated, None).unwrap();
    back["metadata"]["resourceVersion"] = "1".into();
    assert_eq!(back, object);
}

#[test]
fn fields_of_dropped_entries_that_nobody_else_owns_are_orphans() {
    let object = object(&[
        entry("deployer", "Apply", "v1", &json!({"f:a": {}})),
        entry(
            "old",
            "Update",
            "v1beta1",
            &json!({"f:a": {}, "f:b": {}, "f:c": {}}),
        ),
        entry("other", "Update", "v1", &json!({"f:c": {}})),
    ]);
    let migration = migrate_client_side(&object, &["old"], "deployer", "").unwrap();
    assert_eq!(migration.orphaned().to_string(), r#"{"f:b":{}}"#);
    assert_eq!(
        migration.to_string(),
        "\"old\" (Update, v1beta1) is dropped: it loses 2 fields, 1 then owned by nobody\n"
    );
    assert_eq!(
        serde_json::to_value(migration.steps()).unwrap(),
        json!([{"step": "dropped", "manager": "old", "apiVersion": "v1beta1", "lost": {"f:b": {}, "f:c": {}}, "orphaned": {"f:b": {}}}])
    );
}

#[test]
fn without_a_resource_version_there_is_no_patch() {
    let mut object = object(&[entry("old", "Update", "v1", &json!({"f:a": {}}))]);
    object["metadata"]["resourceVersion"] = Value::Null;
    let migration = migrate_client_side(&object, &["old"], "new", "").unwrap();
    assert_eq!(migration.patch(), Err(MigrateError::NoResourceVersion));
}

#[test]
fn what_cannot_be_read_is_named() {
    let object = object(&[entry("old", "Update", "v1", &json!({"a": {}}))]);
    let error = migrate_client_side(&object, &["old"], "new", "").unwrap_err();
    assert_eq!(
        error.to_string(),
        "metadata.managedFields[0].fieldsV1 of \"old\": \"a\": a path element has at least a letter and a colon"
    );
    let object = json!({"metadata": {"managedFields": {}}});
    let error = migrate_client_side(&object, &["old"], "new", "").unwrap_err();
    assert_eq!(error.to_string(), "metadata.managedFields: expected a list");
}

#[test]
fn candidates_come_once() {
    let last_applied = json!({"f:metadata": {"f:annotations": {"f:kubectl.kubernetes.io/last-applied-configuration": {}}}});
    let object = object(&[
        entry("x", "Apply", "v1", &last_applied),
        entry("kubectl", "Update", "v1", &last_applied),
        entry("kubectl", "Update", "v1beta1", &last_applied),
        entry(BEFORE_FIRST_APPLY, "Update", "v1", &json!({"f:a": {}})),
        entry("other", "Update", "v1", &json!({"f:a": {}})),
    ]);
    let candidates = client_side_managers(&object).unwrap();
    let found: Vec<_> = candidates
        .iter()
        .map(|found| (found.manager.as_str(), found.sign))
        .collect();
    assert_eq!(
        found,
        [
            ("kubectl", Sign::LastApplied),
            (BEFORE_FIRST_APPLY, Sign::BeforeFirstApply)
        ]
    );
}
