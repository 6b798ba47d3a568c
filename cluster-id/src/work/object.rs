//! The objects of the Work API.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Condition, ObjectMeta};

/// A bundle of manifests for one cluster: `multicluster.x-k8s.io/v1alpha1`, `Work`. Its namespace, where the bundles are
/// kept, is that of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Work {
    /// The API version.
    pub api_version: ApiVersion,
    /// Always `Work`.
    pub kind: WorkKind,
    /// Its name and namespace.
    pub metadata: ObjectMeta,
    /// The manifests.
    pub spec: WorkSpec,
    /// How far they are.
    pub status: WorkStatus,
}

/// The manifests of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkSpec {
    /// The manifests.
    pub workload: WorkloadTemplate,
}

/// Manifests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkloadTemplate {
    /// The objects, each whole.
    pub manifests: Vec<Value>,
}

/// How far a bundle is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkStatus {
    /// `Applied`, `Progressing`, `Available` and `Degraded` of the whole.
    pub conditions: Vec<Condition>,
    /// The conditions of each manifest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub manifest_conditions: Vec<ManifestCondition>,
}

/// The conditions of one manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ManifestCondition {
    /// Which manifest.
    pub identifier: ResourceIdentifier,
    /// Its conditions.
    pub conditions: Vec<Condition>,
}

/// A manifest: its place in the bundle, and what it is, as far as that could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceIdentifier {
    /// Its place, from 0.
    pub ordinal: i64,
    /// The API group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The resource, such as `deployments`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource: String,
    /// The namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// What of a bundle is in the cluster, kept there so that it can be cleared away: `multicluster.x-k8s.io/v1alpha1`,
/// `AppliedWork`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AppliedWork {
    /// The API version.
    pub api_version: ApiVersion,
    /// Always `AppliedWork`.
    pub kind: AppliedWorkKind,
    /// Its name.
    pub metadata: ObjectMeta,
    /// Of which bundle.
    pub spec: AppliedWorkSpec,
    /// The objects.
    pub status: AppliedWorkStatus,
}

/// A bundle, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AppliedWorkSpec {
    /// The name of the [`Work`].
    pub work_name: String,
    /// Its namespace.
    pub work_namespace: String,
}

/// The objects of a bundle that are in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AppliedWorkStatus {
    /// The objects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub applied_resources: Vec<AppliedResource>,
}

/// An object that is in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AppliedResource {
    /// Which manifest it is of.
    #[serde(flatten)]
    pub identifier: ResourceIdentifier,
    /// Its uid, so that another object of that name is left alone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
}

macro_rules! constant {
    ($(#[$doc:meta])* $name:ident $text:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            /// The only one.
            #[default]
            #[serde(rename = $text)]
            Is,
        }
    };
}

constant!(
    /// `multicluster.x-k8s.io/v1alpha1`.
    ApiVersion "multicluster.x-k8s.io/v1alpha1"
);
constant!(
    /// `Work`.
    WorkKind "Work"
);
constant!(
    /// `AppliedWork`.
    AppliedWorkKind "AppliedWork"
);
