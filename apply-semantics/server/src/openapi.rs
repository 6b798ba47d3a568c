//! OpenAPI: what clients need to check manifests, to explain kinds and to merge by keys.

mod schemas;
mod v2;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Map, Value, json};

pub(crate) use v2::{protobuf, swagger};

use crate::{
    discovery::root,
    registry::{Registry, Resource},
};

/// `/openapi/v3`: where the documents are. The address changes with the content, so that clients may cache it.
pub(crate) fn index(registry: &Registry) -> Value {
    let mut paths = Map::new();
    for (group, version) in registry.group_versions() {
        let path = root(group, version);
        let hash = hash_of(registry, group, version);
        let url = format!("/openapi/v3{path}?hash={hash:016X}");
        paths.insert(
            path.trim_start_matches('/').to_owned(),
            json!({"serverRelativeURL": url}),
        );
    }
    json!({ "paths": paths })
}

fn hash_of(registry: &Registry, group: &str, version: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    for resource in registry.in_version(group, version) {
        resource.plural.hash(&mut hasher);
        if let Some(custom) = &resource.custom {
            custom.schema.to_string().hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// The document of one version of a group; none if there is no such version.
pub(crate) fn document(registry: &Registry, group: &str, version: &str) -> Option<Value> {
    let mut paths = Map::new();
    let mut components = schemas::Components::default();
    for resource in registry.in_version(group, version) {
        let schema = components.of_resource(resource);
        let (collection, object) = addresses(resource);
        paths.insert(collection, json!({"get": operation(resource, "list", &[], &schema), "post": operation(resource, "post", &WRITE, &schema)}));
        let verbs: [(&str, &str, &[&str]); 4] = [
            ("get", "get", &[]),
            ("put", "put", &WRITE),
            ("patch", "patch", &PATCH),
            ("delete", "delete", &["dryRun"]),
        ];
        let operations = verbs.map(|(method, action, parameters)| {
            (
                method.to_owned(),
                operation(resource, action, parameters, &schema),
            )
        });
        paths.insert(object, Value::Object(operations.into_iter().collect()));
    }
    let found = !paths.is_empty();
    found.then(|| {
        json!({
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": "v1.36.2"},
            "paths": paths,
            "components": {"schemas": components.finish()},
        })
    })
}

const WRITE: [&str; 3] = ["dryRun", "fieldManager", "fieldValidation"];
const PATCH: [&str; 4] = ["dryRun", "fieldManager", "fieldValidation", "force"];

/// The paths of the collection and of an object.
fn addresses(resource: &Resource) -> (String, String) {
    let root = root(&resource.group, &resource.version);
    let within = if resource.namespaced {
        "/namespaces/{namespace}"
    } else {
        ""
    };
    let collection = format!("{root}{within}/{}", resource.plural);
    let object = format!("{collection}/{{name}}");
    (collection, object)
}

fn operation(resource: &Resource, action: &str, parameters: &[&str], schema: &str) -> Value {
    let parameters: Vec<Value> = parameters
        .iter()
        .map(|name| {
            let kind = if *name == "force" {
                "boolean"
            } else {
                "string"
            };
            json!({"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": true}})
        })
        .collect();
    let body = json!({"$ref": format!("#/components/schemas/{schema}")});
    json!({
        "operationId": format!("{action}{}", resource.kind),
        "parameters": parameters,
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": body}}}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
    })
}
