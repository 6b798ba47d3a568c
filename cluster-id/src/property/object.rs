//! The object that holds a property.

use componentconfig::field::{Errors, FieldError, Path};
use serde::{Deserialize, Serialize};

use super::{PropertyName, VALUE_MAX, WellKnown};
use crate::{
    Error,
    id::{ClusterId, ClusterSetName},
    meta::ObjectMeta,
};

/// A property of the cluster that holds the object. The object has no namespace.
///
/// Both versions have the same schema; `about.k8s.io/v1beta1` is the stored one. An object without `spec` exists: the
/// CRD does not ask for one. `status` has no fields and is dropped.
///
/// ```
/// use cluster_id::{id::ClusterId, property::ClusterProperty};
///
/// let property: ClusterProperty = serde_json::from_value(serde_json::json!({
///     "apiVersion": "about.k8s.io/v1beta1",
///     "kind": "ClusterProperty",
///     "metadata": {"name": "cluster.clusterset.k8s.io"},
///     "spec": {"value": "cluster-1"},
/// }))?;
/// assert_eq!(property.cluster_id(), Some(ClusterId::parse("cluster-1")));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterProperty {
    /// The version of the API that the object is written in.
    pub api_version: ApiVersion,
    /// Always `ClusterProperty`.
    pub kind: Kind,
    /// `metadata.name` is the name of the property.
    #[serde(default)]
    pub metadata: ObjectMeta,
    /// The value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<ClusterPropertySpec>,
}

/// The `spec` of a [`ClusterProperty`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterPropertySpec {
    /// The value: 1 to 128000 characters.
    pub value: String,
}

/// The served versions of the group `about.k8s.io`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum ApiVersion {
    /// `about.k8s.io/v1alpha1`.
    #[serde(rename = "about.k8s.io/v1alpha1")]
    V1Alpha1,
    /// `about.k8s.io/v1beta1`.
    #[default]
    #[serde(rename = "about.k8s.io/v1beta1")]
    V1Beta1,
}

/// The kind of a [`ClusterProperty`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// `ClusterProperty`.
    #[default]
    ClusterProperty,
}

/// Whose rules a property is checked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strictness {
    /// What an API server with the CRD accepts: a name, and a value that is not empty if there is a `spec`.
    Crd,
    /// What KEP-2149 asks for: a value of at most 128000 characters, and an ID in the property that holds the ID.
    #[default]
    Kep,
}

impl ClusterProperty {
    /// A property in the stored version.
    pub fn new(name: &PropertyName, value: impl Into<String>) -> Self {
        Self {
            api_version: ApiVersion::V1Beta1,
            kind: Kind::ClusterProperty,
            metadata: ObjectMeta::named(name.as_str()),
            spec: Some(ClusterPropertySpec {
                value: value.into(),
            }),
        }
    }

    /// The property that gives a cluster its ID.
    pub fn of_cluster_id(id: &ClusterId) -> Self {
        Self::new(&WellKnown::ClusterId.into(), id.as_str())
    }

    /// The property that says which set the cluster is a member of.
    pub fn of_cluster_set(set: &ClusterSetName) -> Self {
        Self::new(&WellKnown::ClusterSet.into(), set.as_str())
    }

    /// The same property in another version. Nothing else changes.
    #[must_use]
    pub fn into_version(mut self, version: ApiVersion) -> Self {
        self.api_version = version;
        self
    }

    /// The value; `None` if the object has no `spec`.
    pub fn value(&self) -> Option<&str> {
        self.spec.as_ref().map(|spec| spec.value.as_str())
    }

    /// The ID that this property gives its cluster; `None` if it is another property or has no value.
    pub fn cluster_id(&self) -> Option<Result<ClusterId, Error>> {
        self.value_of(WellKnown::ClusterId).map(ClusterId::parse)
    }

    /// The set that this property makes its cluster a member of; `None` if it is another property or has no value.
    pub fn cluster_set(&self) -> Option<Result<ClusterSetName, Error>> {
        self.value_of(WellKnown::ClusterSet)
            .map(ClusterSetName::parse)
    }

    /// What is wrong with the property. Fields that every object has are the API server's to check, but for the name.
    pub fn validate(&self, strictness: Strictness) -> Errors {
        let mut errors = Errors::new();
        if let Err(error) = PropertyName::parse(&self.metadata.name) {
            errors.push(error.at(Path::new("metadata").child("name")));
        }
        let path = Path::new("spec").child("value");
        match (self.value(), strictness) {
            (None, Strictness::Kep) => errors.required(&path, "a property has a value"),
            (Some(""), _) => errors.invalid(&path, "", "must have at least 1 character"),
            (Some(value), Strictness::Kep) => errors.extend(self.check_value(value, path)),
            (_, Strictness::Crd) => {}
        }
        errors
    }

    fn check_value(&self, value: &str, path: Path) -> Option<FieldError> {
        if value.chars().count() > VALUE_MAX {
            return Some(FieldError::too_long(path, "", VALUE_MAX));
        }
        let error = self.cluster_id()?.err()?;
        Some(error.at(path))
    }

    fn value_of(&self, property: WellKnown) -> Option<&str> {
        (WellKnown::from_name(&self.metadata.name) == Some(property))
            .then(|| self.value())
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn property(name: &str, value: &str) -> ClusterProperty {
        let mut property = ClusterProperty::new(&WellKnown::ClusterId.into(), value);
        property.metadata.name = name.to_owned();
        property
    }

    #[test]
    fn what_is_read_is_written() {
        let value = json!({
            "apiVersion": "about.k8s.io/v1alpha1",
            "kind": "ClusterProperty",
            "metadata": {"name": "clusterset.k8s.io", "uid": "u", "labels": {"a": "b"},
                "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"value": "environ-1"},
        });
        let read: ClusterProperty = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(read.cluster_set(), Some(ClusterSetName::parse("environ-1")));
        assert_eq!(read.cluster_id(), None);
        assert_eq!(serde_json::to_value(&read).unwrap(), value);
        let stored = serde_json::to_value(read.into_version(ApiVersion::V1Beta1)).unwrap();
        assert_eq!(stored["apiVersion"], "about.k8s.io/v1beta1");
        assert_eq!(stored["spec"], value["spec"]);
    }

    #[test]
    fn versions_that_do_not_exist_are_refused() {
        let object =
            json!({"apiVersion": "about.k8s.io/v1", "kind": "ClusterProperty", "metadata": {}});
        assert!(serde_json::from_value::<ClusterProperty>(object).is_err());
    }

    #[test]
    fn the_kep_asks_for_more_than_the_crd() {
        let mut bare = property("a", "b");
        bare.spec = None;
        let long = "é".repeat(VALUE_MAX + 1);
        for (case, crd, kep) in [
            (property("cluster.clusterset.k8s.io", "a.b"), 0, 0),
            (property("cluster.clusterset.k8s.io", "-a"), 0, 1),
            (property("fingerprint.example.com", "-a"), 0, 0),
            (property("clusterset.k8s.io", "My set"), 0, 0),
            (property("a", &long), 0, 1),
            (property("a", ""), 1, 1),
            (property("A", ""), 2, 2),
            (bare, 0, 1),
        ] {
            assert_eq!(case.validate(Strictness::Crd).len(), crd, "{case:?}");
            assert_eq!(case.validate(Strictness::Kep).len(), kep, "{case:?}");
        }
    }

    #[test]
    fn errors_say_where() {
        let errors = property("cluster.clusterset.k8s.io", "A").validate(Strictness::Kep);
        assert_eq!(
            errors.to_string(),
            "spec.value: Invalid value: \"A\": no cluster ID (a DNS subdomain): 'A' at byte 0 is not lowercase"
        );
    }
}
