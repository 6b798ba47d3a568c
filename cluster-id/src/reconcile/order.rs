//! The order in which objects are applied.

use std::{cmp::Ordering, fmt};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An object by group, kind, namespace and name, whatever its version.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectId {
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace; empty for objects that have none.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl ObjectId {
    /// Of an object, as far as it says what it is.
    pub fn of(object: &Value) -> Self {
        let text = |value: Option<&Value>| {
            let text = value.and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let api_version = object.get("apiVersion").and_then(Value::as_str);
        let metadata = object.get("metadata");
        let group = api_version.and_then(|api_version| api_version.split_once('/'));
        Self {
            group: group.map_or_else(String::new, |(group, _)| group.to_owned()),
            kind: text(object.get("kind")),
            namespace: text(metadata.and_then(|metadata| metadata.get("namespace"))),
            name: text(metadata.and_then(|metadata| metadata.get("name"))),
        }
    }
}

/// As people write it: `Deployment.apps ns/web`.
impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        f.write_str(" ")?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

/// In which order objects are applied. Deleted they are in the reverse.
///
/// Both orders put some kinds first and some last, and sort by group, kind, namespace and name beyond that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Order {
    /// Namespaces first, then quotas, definitions of resources, accounts and roles, configuration, services, workloads;
    /// webhooks that validate last. A kind counts with its group. Follows `pkg/ordering` of cli-utils.
    #[default]
    CliUtils,
    /// Definitions of resources first, then namespaces, cluster-wide roles and classes, accounts and roles,
    /// configuration, services, workloads; webhooks last. A kind counts in any group. Follows `ssa/sort.go` of Flux.
    Flux,
}

const CLI_UTILS: &[(&str, &str)] = &[
    ("", "Namespace"),
    ("", "ResourceQuota"),
    ("storage.k8s.io", "StorageClass"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    (
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
    ),
    ("", "ServiceAccount"),
    ("extensions", "PodSecurityPolicy"),
    ("policy", "PodSecurityPolicy"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("", "ConfigMap"),
    ("", "Secret"),
    ("", "Service"),
    ("", "LimitRange"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("extensions", "Deployment"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("batch", "CronJob"),
    ("policy", "PodDisruptionBudget"),
];

const FLUX: &[&str] = &[
    "CustomResourceDefinition",
    "Namespace",
    "ClusterRole",
    "ClusterClass",
    "RuntimeClass",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
    "IngressClass",
    "GatewayClass",
    "ClusterRoleBinding",
    "ResourceQuota",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// The place of a kind: among the first, between, or among the last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    First(usize),
    Between,
    Last(usize),
}

impl Order {
    /// Which of two objects goes first.
    pub fn compare(self, left: &ObjectId, right: &ObjectId) -> Ordering {
        let place = self.place(left).cmp(&self.place(right));
        place.then_with(|| left.cmp(right))
    }

    /// Sorts objects into the order of application. Objects of one id stay as they are to each other.
    pub fn sort<T>(self, objects: &mut [T], id: impl Fn(&T) -> ObjectId) {
        objects.sort_by_cached_key(|object| {
            let id = id(object);
            (self.place(&id), id)
        });
    }

    /// The place of the kind of an object; within one place the id decides.
    pub(super) fn place(self, id: &ObjectId) -> Place {
        let kind = id.kind.as_str();
        let first = match self {
            Self::CliUtils => CLI_UTILS
                .iter()
                .position(|other| *other == (id.group.as_str(), kind)),
            Self::Flux => FLUX.iter().position(|other| *other == kind),
        };
        let webhooks = "admissionregistration.k8s.io";
        match (first, self, kind) {
            (Some(place), ..) => Place::First(place),
            (None, Self::Flux, "MutatingWebhookConfiguration") => Place::Last(0),
            (None, Self::Flux, "ValidatingWebhookConfiguration") => Place::Last(1),
            (None, Self::CliUtils, "ValidatingWebhookConfiguration") if id.group == webhooks => {
                Place::Last(0)
            }
            _ => Place::Between,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_is_named_without_its_version() {
        let metadata = json!({"name": "web", "namespace": "shop"});
        let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata});
        assert_eq!(
            ObjectId::of(&object).to_string(),
            "Deployment.apps shop/web"
        );
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
        assert_eq!(ObjectId::of(&object).to_string(), "Namespace shop");
    }

    #[test]
    fn definitions_and_namespaces_change_places() {
        let definition = ObjectId {
            group: "apiextensions.k8s.io".to_owned(),
            kind: "CustomResourceDefinition".to_owned(),
            ..ObjectId::default()
        };
        let namespace = ObjectId {
            kind: "Namespace".to_owned(),
            ..ObjectId::default()
        };
        assert_eq!(
            Order::CliUtils.compare(&namespace, &definition),
            Ordering::Less
        );
        assert_eq!(
            Order::Flux.compare(&namespace, &definition),
            Ordering::Greater
        );
    }
}
