//! The schemas and reference pages that are made of the types, compared with those under `tests/golden`. Refresh them with
//! `UPDATE_GOLDEN=1 cargo test -p componentconfig --all-features --test golden`, and review the difference like code.

#![cfg(all(
    feature = "schemars",
    feature = "kubeadm",
    feature = "kube-scheduler",
    feature = "kube-apiserver",
    feature = "kube-controller-manager",
    feature = "kubectl"
))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

#[path = "support/catalog.rs"]
mod support;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use componentconfig::{GroupVersionKind, Registry};
use serde_json::Value;
use support::{Kind, generic};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Every file that is made, with its text.
fn files(registry: &Registry) -> Vec<(String, String)> {
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap() + "\n";
    let mut files = vec![
        (
            "files.schema.json".to_owned(),
            pretty(&registry.file_schema()),
        ),
        ("openapi.json".to_owned(), pretty(&registry.openapi())),
    ];
    for kind in registry.kinds() {
        let version = kind.api_version().replace('/', "_");
        let name = format!("{version}_{}", kind.kind());
        let schema = pretty(&registry.json_schema(kind).unwrap());
        files.push((format!("schema/{name}.json"), schema));
        files.push((
            format!("reference/{name}.md"),
            registry.reference(kind).unwrap(),
        ));
    }
    files
}

#[test]
fn what_is_made_of_the_types_is_what_was_reviewed() {
    let files = files(&Registry::kubernetes());
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut changed = Vec::new();
    for (name, text) in &files {
        let path = folder().join(name);
        if fs::read_to_string(&path).is_ok_and(|golden| golden == *text) {
            continue;
        }
        changed.push(name.as_str());
        if update {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let names: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    for sub in ["schema", "reference"] {
        for entry in fs::read_dir(folder().join(sub)).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = format!("{sub}/{}", path.file_name().unwrap().to_str().unwrap());
            if !names.contains(name.as_str()) {
                assert!(
                    update,
                    "{name} is made of nothing any more; see the head of this file"
                );
                fs::remove_file(path).unwrap();
            }
        }
    }
    assert!(
        update || changed.is_empty(),
        "changed: {changed:?}; see the head of this file"
    );
}

/// The schema that a reference leads to, or the only one of several that is not null.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return root.pointer(reference.trim_start_matches('#')).unwrap();
    }
    let any = schema["anyOf"].as_array();
    let real = any.and_then(|any| any.iter().find(|schema| schema["type"] != "null"));
    real.map_or(schema, |schema| resolved(root, schema))
}

/// Every field of the catalog has a place in the schema.
fn covers(root: &Value, schema: &Value, kind: &Kind, ty: &str, path: &str) {
    for wrapper in ["optional", "list", "map"] {
        if let Some(inner) = generic(ty, wrapper) {
            let schema = resolved(root, schema);
            let schema = match wrapper {
                "list" => &schema["items"],
                "map" => &schema["additionalProperties"],
                _ => schema,
            };
            return covers(root, schema, kind, inner, path);
        }
    }
    let schema = resolved(root, schema);
    let fields = kind.types.get(ty).into_iter().flatten();
    for field in fields.filter(|_| ty != "FieldsV1") {
        let path = format!("{path}.{}", field.json);
        let of_field = &schema["properties"][&field.json];
        assert!(!of_field.is_null(), "{path} has no schema");
        assert_eq!(schema["additionalProperties"], false, "{path}");
        covers(root, of_field, kind, &field.r#type, &path);
    }
}

#[test]
fn every_field_has_a_schema() {
    let registry = Registry::kubernetes();
    for kind in &support::kinds() {
        let gvk =
            GroupVersionKind::new(kind.group.clone(), kind.version.clone(), kind.kind.clone());
        let schema = registry.json_schema(&gvk).unwrap();
        covers(&schema, &schema, kind, &kind.root, &gvk.to_string());
    }
}

#[test]
fn every_field_is_described() {
    let registry = Registry::kubernetes();
    let openapi = registry.openapi();
    let schemas = openapi["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
            let described = schema["description"].is_string() || schema["const"].is_string();
            assert!(described, "{name}.{field} is not described");
        }
    }
    let references = openapi.to_string();
    for part in references.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(
            schemas.contains_key(name),
            "{name} is referred to and not there"
        );
    }
}
