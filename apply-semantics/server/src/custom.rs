//! Custom resources: what a CustomResourceDefinition says about one version.

use std::sync::Arc;

use apply_semantics::structural::StructuralSchema;
use serde_json::{Map, Value};

use crate::{
    convert::{Conversion, Converter},
    core::Known,
    registry::{Resource, Subresource},
};

/// One version of a custom resource.
#[derive(Debug, Clone)]
pub(crate) struct CustomVersion {
    /// The entry of `spec.versions`.
    version: Value,
    /// `spec.group/version`, and the kind.
    api_version: String,
    kind: String,
    pub(crate) schema: Value,
    /// The same, understood; `None` if it is not structural.
    pub(crate) structural: Option<StructuralSchema>,
    /// How objects get into this version and out of it.
    pub(crate) converter: Option<Converter>,
    /// No unknown field is dropped: `spec.preserveUnknownFields`.
    pub(crate) preserves: bool,
}

/// Where the numbers of a scale are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScalePaths {
    pub(crate) replicas: Vec<String>,
    pub(crate) status_replicas: Vec<String>,
    pub(crate) selector: Option<Vec<String>>,
}

impl ScalePaths {
    pub(crate) fn set_replicas(&self, object: &mut Value, replicas: i64) {
        let Some((last, parents)) = self.replicas.split_last() else {
            return;
        };
        let mut at = object;
        for name in parents {
            let Some(fields) = at.as_object_mut() else {
                return;
            };
            at = fields
                .entry(name.clone())
                .or_insert_with(|| Value::Object(Map::new()));
        }
        if let Some(fields) = at.as_object_mut() {
            fields.insert(last.clone(), replicas.into());
        }
    }
}

impl CustomVersion {
    pub(crate) fn known(&self) -> Known<'_> {
        if self.preserves || self.schema.is_null() {
            Known::Anything
        } else {
            Known::Root(&self.schema)
        }
    }

    pub(crate) fn has_status(&self) -> bool {
        self.version.pointer("/subresources/status").is_some()
    }

    pub(crate) fn scale(&self) -> Option<ScalePaths> {
        let scale = self.version.pointer("/subresources/scale")?;
        let path = |name: &str| {
            let text = scale.get(name)?.as_str()?;
            let parts = text.trim_start_matches('.').split('.');
            Some(parts.map(str::to_owned).collect::<Vec<_>>())
        };
        Some(ScalePaths {
            replicas: path("specReplicasPath")?,
            status_replicas: path("statusReplicasPath")?,
            selector: Some(path("labelSelectorPath").unwrap_or_default()),
        })
    }

    pub(crate) fn columns(&self) -> &[Value] {
        let columns = self.version.get("additionalPrinterColumns");
        columns.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn selectable_fields(&self) -> impl Iterator<Item = &str> {
        let fields = self
            .version
            .get("selectableFields")
            .and_then(Value::as_array);
        let paths = fields.into_iter().flatten();
        paths.filter_map(|field| Some(field.get("jsonPath")?.as_str()?.trim_start_matches('.')))
    }

    /// What the use of the version is warned of.
    pub(crate) fn deprecation(&self) -> Option<String> {
        if !self
            .version
            .get("deprecated")
            .and_then(Value::as_bool)
            .unwrap_or_default()
        {
            return None;
        }
        let own = self
            .version
            .get("deprecationWarning")
            .and_then(Value::as_str);
        Some(own.map_or_else(
            || format!("{} {} is deprecated", self.api_version, self.kind),
            str::to_owned,
        ))
    }
}

/// The resources that a definition adds: one for each version that is served.
pub(crate) fn resources(definition: &Value, conversion: &Conversion) -> Vec<Resource> {
    let text = |path: &str| {
        definition
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let list = |path: &str| -> Vec<String> {
        let list = definition.pointer(path).and_then(Value::as_array);
        let texts = list.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let versions = definition
        .pointer("/spec/versions")
        .and_then(Value::as_array);
    let versions: Vec<_> = versions.into_iter().flatten().collect();
    let flag = |version: &Value, name: &str| {
        version
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or_default()
    };
    let name = |version: &Value| {
        version
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (group, plural, kind) = (
        text("/spec/group"),
        text("/spec/names/plural"),
        text("/spec/names/kind"),
    );
    let storage = versions
        .iter()
        .find(|version| flag(version, "storage"))
        .map(|version| name(version));
    let preserves = definition
        .pointer("/spec/preserveUnknownFields")
        .and_then(Value::as_bool);
    let mut served: Vec<_> = versions
        .into_iter()
        .filter(|version| flag(version, "served"))
        .collect();
    served.sort_by_key(|version| priority(&name(version)));
    served
        .into_iter()
        .map(|version| {
            let schema = version.pointer("/schema/openAPIV3Schema");
            let custom = CustomVersion {
                version: version.clone(),
                api_version: format!("{group}/{}", name(version)),
                kind: kind.to_owned(),
                schema: schema.cloned().unwrap_or_default(),
                structural: schema.and_then(|schema| StructuralSchema::parse(schema).ok()),
                converter: conversion.of(group, kind).cloned(),
                preserves: preserves.unwrap_or_default(),
            };
            Resource {
                group: group.to_owned(),
                version: name(version),
                plural: plural.to_owned(),
                singular: or(text("/spec/names/singular"), &kind.to_lowercase()),
                kind: kind.to_owned(),
                list_kind: or(text("/spec/names/listKind"), &format!("{kind}List")),
                namespaced: text("/spec/scope") == "Namespaced",
                verbs: VERBS.map(str::to_owned).to_vec(),
                short_names: list("/spec/names/shortNames"),
                categories: list("/spec/names/categories"),
                subresources: subresources(&custom, group, &name(version)),
                storage_version: storage.clone().unwrap_or_default(),
                put_creates: false,
                needs_version: true,
                custom: Some(Arc::new(custom)),
                table: format!("{group}/{plural}").into(),
            }
        })
        .collect()
}

const VERBS: [&str; 8] = [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

fn subresources(custom: &CustomVersion, group: &str, version: &str) -> Vec<Subresource> {
    let subresource = |name: &str, group: &str, version: &str, kind: &str| Subresource {
        name: name.to_owned(),
        group: group.to_owned(),
        version: version.to_owned(),
        kind: kind.to_owned(),
        verbs: ["get", "patch", "update"].map(str::to_owned).to_vec(),
    };
    let status = custom
        .has_status()
        .then(|| subresource("status", group, version, &custom.kind));
    let scale = custom
        .scale()
        .map(|_| subresource("scale", "autoscaling", "v1", "Scale"));
    scale.into_iter().chain(status).collect()
}

fn or(text: &str, default: &str) -> String {
    if text.is_empty() {
        default.to_owned()
    } else {
        text.to_owned()
    }
}

/// The order of versions: stable before beta before alpha, higher numbers first, other names last.
pub(crate) fn priority(version: &str) -> (u8, i64, i64, String) {
    let parsed = version.strip_prefix('v').and_then(|rest| {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (major, rest) = rest.split_at(digits);
        let major: i64 = major.parse().ok()?;
        let (stage, minor) = match rest {
            "" => (0, "0"),
            _ => match (rest.strip_prefix("beta"), rest.strip_prefix("alpha")) {
                (Some(minor), _) => (1, minor),
                (_, Some(minor)) => (2, minor),
                _ => return None,
            },
        };
        Some((stage, -major, -minor.parse::<i64>().ok()?, String::new()))
    });
    parsed.unwrap_or_else(|| (3, 0, 0, version.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_are_ordered_as_the_original_orders_them() {
        let mut versions = ["foo", "v1alpha1", "v2", "v1", "v1beta2", "v10", "v1beta10"];
        versions.sort_by_key(|version| priority(version));
        assert_eq!(
            versions,
            ["v10", "v2", "v1", "v1beta10", "v1beta2", "v1alpha1", "foo"]
        );
    }

    #[test]
    fn a_definition_gives_a_resource_for_each_served_version() {
        let definition = json!({"spec": {"group": "x.io", "scope": "Namespaced",
        "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]},
        "versions": [
            {"name": "v1beta1", "served": true, "storage": false},
            {"name": "v1", "served": true, "storage": true, "subresources": {"status": {},
                "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}}},
            {"name": "v0", "served": false, "storage": false},
        ]}});
        let resources = resources(&definition, &Conversion::default());
        assert_eq!(resources.len(), 2);
        assert_eq!(resources[0].version, "v1");
        assert_eq!(resources[1].storage_version, "v1");
        assert!(resources[0].subresource("status").is_some());
        let scale = resources[0]
            .custom
            .as_ref()
            .and_then(|custom| custom.scale())
            .unwrap();
        let mut object = json!({});
        scale.set_replicas(&mut object, 3);
        assert_eq!(object, json!({"spec": {"size": 3}}));
    }
}
