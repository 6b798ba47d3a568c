//! Objects and templates made of the templates of a class.

use serde_json::{Map, Value, json};

use super::object::{self, Labels};
use crate::{
    core::v1beta2::{Cluster, ClusterClassTemplateReference},
    labels,
};

/// A template of the class, and what is made of it.
pub(super) struct Source<'a> {
    pub(super) template: &'a Value,
    pub(super) reference: &'a ClusterClassTemplateReference,
    pub(super) cluster: &'a Cluster,
    pub(super) name: &'a str,
}

/// Labels and annotations that the object gets besides those of the template.
#[derive(Clone, Debug, Default)]
pub(super) struct Metadata {
    pub(super) labels: Labels,
    pub(super) annotations: Labels,
}

/// What the API server writes and what does not belong into a copy.
const OF_SERVER: [&str; 4] = ["resourceVersion", "finalizers", "uid", "selfLink"];

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl Source<'_> {
    /// The object that the template describes.
    pub(super) fn object(&self, metadata: &Metadata, owner: Option<Value>) -> Value {
        let inner = object::get(self.template, &["spec", "template"]);
        let inner = inner.filter(|inner| inner.is_object());
        let mut made = inner.cloned().unwrap_or_else(|| json!({}));
        self.complete(&mut made, metadata, owner);
        if object::api_version(&made).is_empty() {
            let api_version = object::api_version(self.template);
            object::put(&mut made, &["apiVersion"], api_version.into());
        }
        if object::kind(&made).is_empty() {
            let kind = object::kind(self.template);
            let kind = kind.strip_suffix("Template").unwrap_or(kind);
            object::put(&mut made, &["kind"], kind.into());
        }
        made
    }

    /// A copy of the template for this Cluster, which owns it.
    pub(super) fn template(&self, metadata: &Metadata) -> Value {
        let mut made = self.template.clone();
        self.complete(&mut made, metadata, Some(owner(self.cluster)));
        let path = ["metadata", "annotations"];
        let mut annotations = object::labels(&made, &path);
        annotations.remove(LAST_APPLIED);
        object::put_labels(&mut made, &path, &annotations);
        made
    }

    fn complete(&self, made: &mut Value, metadata: &Metadata, owner: Option<Value>) {
        for field in OF_SERVER {
            object::remove(made, &["metadata", field]);
        }
        object::put(made, &["metadata", "name"], self.name.into());
        let namespace = &self.cluster.metadata.namespace;
        if namespace.is_empty() {
            object::remove(made, &["metadata", "namespace"]);
        } else {
            object::put(made, &["metadata", "namespace"], namespace.as_str().into());
        }
        let path = ["metadata", "labels"];
        let mut labels = object::merged(&metadata.labels, &object::labels(made, &path));
        let cluster = self.cluster.metadata.name.clone();
        labels.insert(labels::CLUSTER_NAME.to_owned(), cluster);
        labels.insert(labels::TOPOLOGY_OWNED.to_owned(), String::new());
        object::put_labels(made, &path, &labels);
        let path = ["metadata", "annotations"];
        let mut annotations = object::merged(&metadata.annotations, &object::labels(made, &path));
        let ClusterClassTemplateReference {
            kind,
            name,
            api_version,
        } = self.reference;
        annotations.insert(labels::CLONED_FROM_NAME.to_owned(), name.clone());
        let group = object::group(api_version);
        let group_kind = if group.is_empty() {
            kind.clone()
        } else {
            format!("{kind}.{group}")
        };
        annotations.insert(labels::CLONED_FROM_GROUP_KIND.to_owned(), group_kind);
        object::put_labels(made, &path, &annotations);
        if let Some(owner) = owner {
            object::put(made, &["metadata", "ownerReferences"], json!([owner]));
        }
    }
}

/// The Cluster as the owner of an object.
pub(super) fn owner(cluster: &Cluster) -> Value {
    let mut owner = Map::new();
    owner.insert("apiVersion".to_owned(), "cluster.x-k8s.io/v1beta2".into());
    owner.insert("kind".to_owned(), "Cluster".into());
    owner.insert("name".to_owned(), cluster.metadata.name.as_str().into());
    owner.insert("uid".to_owned(), cluster.metadata.uid.as_str().into());
    Value::Object(owner)
}
