//! What the server says it serves.

use serde_json::{Map, Value, json};

use crate::registry::{Registry, Resource, Subresource, api_version};

/// `/version`.
pub(crate) fn version() -> Value {
    json!({
        "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
        "gitVersion": concat!("v1.36.2+apply-server-", env!("CARGO_PKG_VERSION")),
        "gitCommit": "", "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "none", "compiler": "rustc", "platform": "any/any",
    })
}

/// `/`: all paths.
pub(crate) fn paths(registry: &Registry) -> Value {
    let mut paths = vec!["/api".to_owned(), "/apis".to_owned()];
    for (group, version) in registry.group_versions() {
        paths.push(root(group, version));
    }
    for path in [
        "/healthz",
        "/livez",
        "/openapi/v2",
        "/openapi/v3",
        "/readyz",
        "/version",
    ] {
        paths.push(path.to_owned());
    }
    json!({ "paths": paths })
}

/// The path below which the resources of a version are.
pub(crate) fn root(group: &str, version: &str) -> String {
    if group.is_empty() {
        format!("/api/{version}")
    } else {
        format!("/apis/{group}/{version}")
    }
}

/// `/api` and `/apis` without details.
pub(crate) fn groups(registry: &Registry, core: bool) -> Value {
    if core {
        return json!({
            "kind": "APIVersions",
            "versions": versions_of(registry, ""),
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}],
        });
    }
    let groups: Vec<Value> = names(registry)
        .iter()
        .filter(|group| !group.is_empty())
        .filter_map(|group| group_of(registry, group))
        .map(Value::Object)
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/GROUP`.
pub(crate) fn group(registry: &Registry, group: &str) -> Option<Value> {
    let mut found = group_of(registry, group)?;
    found.insert("kind".to_owned(), "APIGroup".into());
    found.insert("apiVersion".to_owned(), "v1".into());
    Some(Value::Object(found))
}

/// The groups, in order.
fn names(registry: &Registry) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (group, _) in registry.group_versions() {
        if !names.contains(&group.as_str()) {
            names.push(group);
        }
    }
    names
}

fn versions_of<'a>(registry: &'a Registry, group: &str) -> Vec<&'a str> {
    let all = registry.group_versions().iter();
    let mut versions: Vec<&str> = all
        .filter(|(found, _)| found == group)
        .map(|(_, version)| version.as_str())
        .collect();
    // Definitions come in any order; built-in versions are in order already.
    if registry
        .all()
        .any(|resource| resource.group == group && resource.custom.is_some())
    {
        versions.sort_by_key(|version| crate::custom::priority(version));
    }
    versions
}

fn group_of(registry: &Registry, group: &str) -> Option<Map<String, Value>> {
    let versions: Vec<Value> = versions_of(registry, group)
        .into_iter()
        .map(|version| json!({"groupVersion": api_version(group, version), "version": version}))
        .collect();
    let preferred = versions.first()?.clone();
    let mut found = Map::new();
    found.insert("name".to_owned(), group.into());
    found.insert("versions".to_owned(), Value::Array(versions));
    found.insert("preferredVersion".to_owned(), preferred);
    Some(found)
}

/// `/api/v1` and `/apis/GROUP/VERSION`.
pub(crate) fn resources(registry: &Registry, group: &str, version: &str) -> Option<Value> {
    let mut entries = Vec::new();
    for resource in registry.in_version(group, version) {
        entries.push(resource_entry(resource));
        entries.extend(
            resource
                .subresources
                .iter()
                .map(|sub| subresource_entry(resource, sub)),
        );
    }
    let found = !entries.is_empty();
    found.then(|| {
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version(group, version), "resources": entries})
    })
}

fn resource_entry(resource: &Resource) -> Value {
    let mut entry = json!({
        "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
        "kind": resource.kind, "verbs": resource.verbs,
    });
    if let Some(entry) = entry.as_object_mut() {
        put_list(entry, "shortNames", &resource.short_names);
        put_list(entry, "categories", &resource.categories);
    }
    entry
}

fn subresource_entry(resource: &Resource, sub: &Subresource) -> Value {
    let mut entry = json!({
        "name": format!("{}/{}", resource.plural, sub.name), "singularName": "",
        "namespaced": resource.namespaced, "kind": sub.kind, "verbs": sub.verbs,
    });
    let same = sub.group == resource.group && sub.version == resource.version;
    if let (false, Some(entry)) = (same, entry.as_object_mut()) {
        entry.insert("group".to_owned(), sub.group.as_str().into());
        entry.insert("version".to_owned(), sub.version.as_str().into());
    }
    entry
}

fn put_list(entry: &mut Map<String, Value>, name: &str, list: &[String]) {
    if !list.is_empty() {
        entry.insert(name.to_owned(), list.into());
    }
}

/// `/api` and `/apis` with everything, in that version of the document.
pub(crate) fn aggregated(registry: &Registry, core: bool, document: &str) -> Value {
    let groups = names(registry)
        .into_iter()
        .filter(|group| group.is_empty() == core);
    let items: Vec<Value> = groups
        .map(|group| {
            let versions: Vec<Value> = versions_of(registry, group)
                .into_iter()
                .map(|version| {
                    let resources = registry.in_version(group, version).map(|resource| aggregated_entry(resource));
                    json!({"version": version, "resources": resources.collect::<Vec<_>>(), "freshness": "Current"})
                })
                .collect();
            let mut metadata = json!({"creationTimestamp": null});
            if let (false, Some(metadata)) = (group.is_empty(), metadata.as_object_mut()) {
                metadata.insert("name".to_owned(), group.into());
            }
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": format!("apidiscovery.k8s.io/{document}"),
        "metadata": {}, "items": items,
    })
}

fn aggregated_entry(resource: &Resource) -> Value {
    let kind = |group: &str, version: &str, kind: &str| json!({"group": group, "version": version, "kind": kind});
    let mut entry = json!({
        "resource": resource.plural,
        "responseKind": kind(&resource.group, &resource.version, &resource.kind),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": resource.verbs,
    });
    let subresources: Vec<Value> = resource
        .subresources
        .iter()
        .map(|sub| json!({"subresource": sub.name, "responseKind": kind(&sub.group, &sub.version, &sub.kind), "verbs": sub.verbs}))
        .collect();
    if let Some(entry) = entry.as_object_mut() {
        put_list(entry, "shortNames", &resource.short_names);
        put_list(entry, "categories", &resource.categories);
        if !subresources.is_empty() {
            entry.insert("subresources".to_owned(), Value::Array(subresources));
        }
    }
    entry
}
