//! One template for many clusters: where it goes, and what is different there.
//!
//! The form is that of KubeFed's federated objects, which [`Federated`] reads as they are, so that one can be taken over
//! from there. [`Federated::clusters`] says where it goes, [`Federated::materialise`] what is created there.
//!
//! ```
//! use cluster_id::{federate::Federated, inventory::Cluster};
//! use serde_json::json;
//!
//! let federated = Federated::from_kubefed(&json!({
//!     "apiVersion": "types.kubefed.io/v1beta1",
//!     "kind": "FederatedConfigMap",
//!     "metadata": {"name": "limits", "namespace": "shop"},
//!     "spec": {
//!         "template": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "limits"}, "data": {"max": "5"}},
//!         "placement": {"clusterSelector": {"matchLabels": {"env": "prod"}}},
//!         "overrides": [{"clusterName": "eu-1", "clusterOverrides": [{"path": "/data/max", "value": "9"}]}],
//!     },
//! }))?;
//! let members = [Cluster::new("eu-1", [("env", "prod")]), Cluster::new("lab", [("env", "test")])];
//! assert_eq!(federated.clusters(&members, None), ["eu-1"]);
//! assert_eq!(federated.materialise("eu-1")?["data"]["max"], "9");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod overrides;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{inventory::Cluster, selector::LabelSelector};

pub use overrides::{ClusterOverride, Op, Override, OverrideError};

/// A template, where it goes, and what is different there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Federated {
    /// What is created, apart from overrides.
    pub template: Value,
    /// Where.
    pub placement: Selection,
    /// What is different, by the name of the cluster; in the order of application.
    pub overrides: BTreeMap<String, Vec<Override>>,
}

/// The clusters that something goes to: the `placement` of KubeFed's objects. What a scheduler is asked is a
/// [`Placement`](crate::schedule::Placement).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Selection {
    /// The clusters by name; an empty list is no cluster. `None` leaves it to the selector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clusters: Option<Vec<ClusterReference>>,
    /// The clusters by label, if no list is given. `None` is no cluster, an empty selector all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<LabelSelector>,
}

/// A cluster by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterReference {
    /// Its name.
    pub name: String,
}

/// An object that is no federated object.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FederateError {
    /// A part has not the form of it.
    #[error("spec.{part}: {source}")]
    Form {
        /// The part.
        part: &'static str,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A cluster has two entries of overrides.
    #[error("spec.overrides[{index}].clusterName: cluster {cluster:?} appears more than once")]
    DuplicateCluster {
        /// The entry.
        index: usize,
        /// The cluster.
        cluster: String,
    },
    /// An override is about a field that says which object it is.
    #[error("spec.overrides[{entry}].clusterOverrides[{index}].path: {path} cannot be overridden")]
    Path {
        /// The entry.
        entry: usize,
        /// The override.
        index: usize,
        /// The path.
        path: String,
    },
    /// Two overrides of a cluster have one path.
    #[error(
        "spec.overrides[{entry}].clusterOverrides[{index}].path: {path} appears more than once"
    )]
    DuplicatePath {
        /// The entry.
        entry: usize,
        /// The override.
        index: usize,
        /// The path.
        path: String,
    },
}

/// One entry of `spec.overrides`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct KubefedOverrides {
    cluster_name: String,
    cluster_overrides: Vec<ClusterOverride>,
}

impl Federated {
    /// Reads a federated object of KubeFed (`types.kubefed.io`), its template as it is.
    ///
    /// # Errors
    /// A part of it has not the form; or overrides name a cluster or a path twice, or a field that says which object it is.
    /// Nothing of the object goes anywhere then.
    pub fn from_kubefed(object: &Value) -> Result<Self, FederateError> {
        fn part<T: for<'de> Deserialize<'de> + Default>(
            object: &Value,
            name: &'static str,
        ) -> Result<T, FederateError> {
            let value = object.get("spec").and_then(|spec| spec.get(name));
            let value = value.filter(|value| !value.is_null());
            value
                .map_or_else(|| Ok(T::default()), T::deserialize)
                .map_err(|source| FederateError::Form { part: name, source })
        }
        let mut overrides = BTreeMap::new();
        let entries: Vec<KubefedOverrides> = part(object, "overrides")?;
        for (index, entry) in entries.into_iter().enumerate() {
            overrides::check(index, &entry.cluster_overrides)?;
            let cluster = entry.cluster_name;
            let patch = Override::JsonPatch(entry.cluster_overrides);
            if overrides.insert(cluster.clone(), vec![patch]).is_some() {
                return Err(FederateError::DuplicateCluster { index, cluster });
            }
        }
        let template: Map<String, Value> = part(object, "template")?;
        Ok(Self {
            template: Value::Object(template),
            placement: part(object, "placement")?,
            overrides,
        })
    }

    /// The same, with what KubeFed's controller fills in: the name and namespace of the federated object, and the kind
    /// that it is a template of, without annotations and finalizers, which controllers of the clusters write.
    #[must_use]
    pub fn completed(mut self, object: &Value) -> Self {
        let name = object.pointer("/metadata/name").cloned();
        let namespace = object.pointer("/metadata/namespace").cloned();
        let kind = object.get("kind").and_then(Value::as_str);
        let kind = kind.and_then(|kind| kind.strip_prefix("Federated"));
        let Value::Object(template) = &mut self.template else {
            return self;
        };
        if let Some(kind) = kind {
            template.insert("kind".to_owned(), Value::from(kind));
        }
        let metadata = template
            .entry("metadata")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(metadata) = metadata {
            metadata.remove("annotations");
            metadata.remove("finalizers");
            metadata.extend(name.map(|name| ("name".to_owned(), name)));
            if kind != Some("Namespace") {
                metadata.extend(namespace.map(|namespace| ("namespace".to_owned(), namespace)));
            }
        }
        self
    }

    /// The clusters that it goes to, by name: those of its placement that are registered, and that its namespace goes to
    /// as well if that has a placement.
    pub fn clusters(&self, members: &[Cluster], namespace: Option<&Selection>) -> Vec<String> {
        let mut selected = self.placement.select(members);
        if let Some(namespace) = namespace {
            let there = namespace.select(members);
            selected.retain(|name| there.contains(name));
        }
        selected.into_iter().map(str::to_owned).collect()
    }

    /// What is created in that cluster: the template with the overrides of the cluster.
    ///
    /// # Errors
    /// An override does not fit the template.
    pub fn materialise(&self, cluster: &str) -> Result<Value, OverrideError> {
        let overrides = self.overrides.get(cluster).into_iter().flatten();
        overrides
            .enumerate()
            .try_fold(self.template.clone(), |object, (index, patch)| {
                patch
                    .apply(object)
                    .map_err(|source| OverrideError::new(cluster, index, source))
            })
    }
}

impl Selection {
    /// The clusters that are meant and registered.
    pub fn select<'m>(&self, members: &'m [Cluster]) -> BTreeSet<&'m str> {
        let is_meant = |member: &&Cluster| {
            let selector = self.cluster_selector.as_ref();
            self.clusters.as_ref().map_or_else(
                || selector.is_some_and(|selector| selector.matches(&member.labels)),
                |clusters| clusters.iter().any(|cluster| cluster.name == member.name),
            )
        };
        let meant = members.iter().filter(is_meant);
        meant.map(|member| member.name.as_str()).collect()
    }
}
