//! Objects made from templates of providers, whatever their kind.
//!
//! Follows `external.GenerateTemplate` of Cluster API.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{labels, meta::OwnerReference};

/// What the object gets besides what its template says.
///
/// ```
/// use machine_api::cloning::FromTemplate;
/// use serde_json::json;
///
/// let template = json!({
///     "apiVersion": "infrastructure.example.com/v1", "kind": "DemoMachineTemplate",
///     "metadata": {"name": "small"},
///     "spec": {"template": {"spec": {"size": "small"}}},
/// });
/// let machine = FromTemplate::new("default", "workers-x", "prod").of(&template);
/// assert_eq!(machine["kind"], "DemoMachine");
/// assert_eq!(machine["metadata"]["annotations"]["cluster.x-k8s.io/cloned-from-groupkind"],
///     "DemoMachineTemplate.infrastructure.example.com");
/// assert_eq!(machine["spec"], json!({"size": "small"}));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct FromTemplate<'a> {
    namespace: &'a str,
    name: &'a str,
    cluster: &'a str,
    owner: Option<&'a OwnerReference>,
    labels: Option<&'a BTreeMap<String, String>>,
    annotations: Option<&'a BTreeMap<String, String>>,
}

impl<'a> FromTemplate<'a> {
    /// An object of that name in that namespace, of that cluster.
    pub const fn new(namespace: &'a str, name: &'a str, cluster: &'a str) -> Self {
        Self {
            namespace,
            name,
            cluster,
            owner: None,
            labels: None,
            annotations: None,
        }
    }

    /// With an owner.
    #[must_use]
    pub const fn owner(mut self, owner: &'a OwnerReference) -> Self {
        self.owner = Some(owner);
        self
    }

    /// With labels, which win over those of the template.
    #[must_use]
    pub const fn labels(mut self, labels: &'a BTreeMap<String, String>) -> Self {
        self.labels = Some(labels);
        self
    }

    /// With annotations, which win over those of the template.
    #[must_use]
    pub const fn annotations(mut self, annotations: &'a BTreeMap<String, String>) -> Self {
        self.annotations = Some(annotations);
        self
    }

    /// The object that `template` stands for: its `spec.template`, of the kind without `Template`.
    pub fn of(self, template: &Value) -> Value {
        let inner = template.pointer("/spec/template");
        let mut object = inner
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let text = |pointer: &str| {
            let text = template.pointer(pointer).and_then(Value::as_str);
            text.unwrap_or_default()
        };
        let (api_version, kind) = (text("/apiVersion"), text("/kind"));
        let mut metadata = match object.remove("metadata") {
            Some(Value::Object(metadata)) => metadata,
            _ => Map::new(),
        };
        for field in ["resourceVersion", "finalizers", "uid", "selfLink"] {
            metadata.remove(field);
        }
        metadata.insert("name".to_owned(), json!(self.name));
        metadata.insert("namespace".to_owned(), json!(self.namespace));
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let cloned_from = [
            (labels::CLONED_FROM_NAME, text("/metadata/name").to_owned()),
            (labels::CLONED_FROM_GROUP_KIND, group_kind(group, kind)),
        ];
        merge(&mut metadata, "annotations", self.annotations, &cloned_from);
        let cluster = [(labels::CLUSTER_NAME, self.cluster.to_owned())];
        merge(&mut metadata, "labels", self.labels, &cluster);
        if let Some(owner) = self.owner {
            metadata.insert("ownerReferences".to_owned(), json!([owner]));
        }
        object.insert("metadata".to_owned(), Value::Object(metadata));
        let own = |value: Option<&Value>, default: &str| {
            let own = value.and_then(Value::as_str).filter(|own| !own.is_empty());
            json!(own.unwrap_or(default))
        };
        let api_version = own(object.get("apiVersion"), api_version);
        let kind = own(object.get("kind"), without_suffix(kind));
        object.insert("apiVersion".to_owned(), api_version);
        object.insert("kind".to_owned(), kind);
        Value::Object(object)
    }
}

/// The kind of what a template of that kind is for.
pub fn without_suffix(kind: &str) -> &str {
    kind.strip_suffix("Template").unwrap_or(kind)
}

/// A kind with its group, as `Kind.group`.
pub fn group_kind(group: &str, kind: &str) -> String {
    if group.is_empty() {
        return kind.to_owned();
    }
    format!("{kind}.{group}")
}

fn merge(
    metadata: &mut Map<String, Value>,
    field: &str,
    given: Option<&BTreeMap<String, String>>,
    fixed: &[(&str, String)],
) {
    let mut all = match metadata.remove(field) {
        Some(Value::Object(all)) => all,
        _ => Map::new(),
    };
    for (key, value) in given.into_iter().flatten() {
        all.insert(key.clone(), json!(value));
    }
    for (key, value) in fixed {
        all.insert((*key).to_owned(), json!(value));
    }
    metadata.insert(field.to_owned(), Value::Object(all));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_wins_and_identity_is_dropped() {
        let template = json!({
            "apiVersion": "v1", "kind": "Thing",
            "metadata": {"name": "t"},
            "spec": {"template": {
                "metadata": {"uid": "1", "finalizers": ["f"], "labels": {"a": "1", "b": "1"}, "annotations": {"n": "1"}},
            }},
        });
        let owner = OwnerReference {
            name: "o".to_owned(),
            ..OwnerReference::default()
        };
        let labels = [("b".to_owned(), "2".to_owned())].into();
        let object = FromTemplate::new("ns", "x", "c")
            .owner(&owner)
            .labels(&labels)
            .of(&template);
        assert_eq!(
            object["metadata"],
            json!({
                "name": "x", "namespace": "ns",
                "labels": {"a": "1", "b": "2", "cluster.x-k8s.io/cluster-name": "c"},
                "annotations": {
                    "n": "1", "cluster.x-k8s.io/cloned-from-name": "t",
                    "cluster.x-k8s.io/cloned-from-groupkind": "Thing",
                },
                "ownerReferences": [{"apiVersion": "", "kind": "", "name": "o", "uid": ""}],
            })
        );
        assert_eq!(
            (&object["kind"], &object["apiVersion"]),
            (&json!("Thing"), &json!("v1"))
        );
    }

    #[test]
    fn a_template_without_content_gives_an_object_without() {
        let object = FromTemplate::new("ns", "x", "c")
            .of(&json!({"kind": "ATemplate", "apiVersion": "g/v1"}));
        assert_eq!(object["kind"], "A");
        assert_eq!(object.get("spec"), None);
    }
}
