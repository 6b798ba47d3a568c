//! The object in which an inventory keeps a cluster.

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Cluster;
use crate::{
    Condition, ConditionStatus, Error, ObjectMeta, id::ClusterSetName, property::ClusterProperty,
    selector::Labels,
};

/// The label of a ClusterProfile that has the name of its cluster manager.
pub const CLUSTER_MANAGER_LABEL: &str = "x-k8s.io/cluster-manager";
/// The label of a namespace whose ClusterProfiles are the members of a ClusterSet.
pub const CLUSTER_SET_LABEL: &str = "multicluster.x-k8s.io/clusterset";
/// The same as the text of KEP-4322 spells it; the code of `cluster-inventory-api` goes by [`CLUSTER_SET_LABEL`].
pub const CLUSTER_SET_LABEL_OF_KEP: &str = "clusterset.multicluster.x-k8s.io";
/// The condition of a cluster whose control plane is well.
pub const CONTROL_PLANE_HEALTHY: &str = "ControlPlaneHealthy";
/// The most characters that the value of a property has in a ClusterProfile.
const VALUE_MAX: usize = 1024;

/// A cluster in an inventory: `multicluster.x-k8s.io/v1alpha1`, `ClusterProfile`. Its namespace is the inventory.
///
/// Follows `apis/v1alpha1` of `kubernetes-sigs/cluster-inventory-api` and KEP-4322.
///
/// ```
/// use cluster_id::inventory::ClusterProfile;
///
/// let profile: ClusterProfile = serde_json::from_value(serde_json::json!({
///     "apiVersion": "multicluster.x-k8s.io/v1alpha1",
///     "kind": "ClusterProfile",
///     "metadata": {"name": "eu-1", "namespace": "fleet", "labels": {"env": "prod"}},
///     "spec": {"clusterManager": {"name": "ours"}},
///     "status": {"properties": [{"name": "cluster.clusterset.k8s.io", "value": "eu-1"}]},
/// }))?;
/// let cluster = profile.cluster();
/// assert_eq!(cluster.labels["env"], "prod");
/// assert_eq!(cluster.claims["cluster.clusterset.k8s.io"], "eu-1");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterProfile {
    /// Always `multicluster.x-k8s.io/v1alpha1`.
    pub api_version: String,
    /// Always `ClusterProfile`.
    pub kind: String,
    /// The name is the cluster's in its inventory.
    #[serde(default)]
    pub metadata: ObjectMeta,
    /// Whose it is.
    pub spec: ClusterProfileSpec,
    /// What its manager observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ClusterProfileStatus>,
}

/// The `spec` of a [`ClusterProfile`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterProfileSpec {
    /// A name for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// Who manages the cluster; cannot be changed.
    pub cluster_manager: ClusterManager,
}

/// What administrates a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterManager {
    /// Its name.
    pub name: String,
}

/// The `status` of a [`ClusterProfile`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterProfileStatus {
    /// The conditions, one of a type, [`CONTROL_PLANE_HEALTHY`] among them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// What runs there.
    pub version: ClusterVersion,
    /// What is known of the cluster, one of a name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
    /// How it is reached, one of a name; replaced by `access_providers`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credential_providers: Vec<AccessProvider>,
    /// How it is reached, one of a name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub access_providers: Vec<AccessProvider>,
}

/// The versions of what runs in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterVersion {
    /// Of Kubernetes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kubernetes: String,
}

/// Something that is known of a cluster: a ClusterProperty of it, or what its manager says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Property {
    /// The name: 1 to 253 characters.
    pub name: String,
    /// The value: 1 to 1024 characters.
    pub value: String,
    /// When it was seen in the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_observed_time: Option<Time>,
}

/// One way to reach a cluster, without credentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessProvider {
    /// What hands out credentials that are good there.
    pub name: String,
    /// Where the cluster is.
    pub cluster: Connection,
}

/// Where a cluster is, as a kubeconfig has it: `Cluster` of `client-go/tools/clientcmd/api/v1`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Connection {
    /// The address of the API server.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub server: String,
    /// The name in the server's certificate, if it is another one than in the address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tls_server_name: String,
    /// Whether the server's certificate is not checked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub insecure_skip_tls_verify: bool,
    /// A file with the authority of the server's certificate.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub certificate_authority: String,
    /// The authority itself, PEM in base64.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub certificate_authority_data: String,
    /// The proxy on the way there.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub proxy_url: String,
    /// Whether answers are not compressed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_compression: bool,
    /// What else there is, one of a name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<NamedExtension>,
}

/// An extension of a kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NamedExtension {
    /// Its name.
    pub name: String,
    /// What it says.
    pub extension: Value,
}

/// A ClusterProperty that no ClusterProfile can have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum MirrorError {
    /// It has no value.
    #[error(
        "ClusterProperty {0}: spec.value: required: a property of a ClusterProfile has a value"
    )]
    Empty(String),
    /// Its value is too long.
    #[error(
        "ClusterProperty {name}: spec.value: has {length} characters, a property of a ClusterProfile at most {VALUE_MAX}"
    )]
    TooLong {
        /// Its name.
        name: String,
        /// The characters of its value.
        length: usize,
    },
}

impl Property {
    /// The property of a cluster, seen then, with name and value as they are.
    ///
    /// # Errors
    /// There is no value, or a longer one than a ClusterProfile takes: ClusterProperties go up to 128000 characters.
    pub fn mirror(property: &ClusterProperty, seen: Time) -> Result<Self, MirrorError> {
        let name = property.metadata.name.clone();
        let Some(value) = property.value().filter(|value| !value.is_empty()) else {
            return Err(MirrorError::Empty(name));
        };
        let length = value.chars().count();
        if length > VALUE_MAX {
            return Err(MirrorError::TooLong { name, length });
        }
        Ok(Self {
            name,
            value: value.to_owned(),
            last_observed_time: Some(seen),
        })
    }
}

impl ClusterProfile {
    /// A profile of that manager, with the label that says so.
    pub fn new(
        name: impl Into<String>,
        namespace: impl Into<String>,
        manager: impl Into<String>,
    ) -> Self {
        let name_of_manager = manager.into();
        let mut metadata = ObjectMeta::named(name).within(namespace);
        let label = (CLUSTER_MANAGER_LABEL.to_owned(), name_of_manager.clone());
        metadata.labels.extend([label]);
        Self {
            api_version: "multicluster.x-k8s.io/v1alpha1".to_owned(),
            kind: "ClusterProfile".to_owned(),
            metadata,
            spec: ClusterProfileSpec {
                display_name: String::new(),
                cluster_manager: ClusterManager {
                    name: name_of_manager,
                },
            },
            status: None,
        }
    }

    /// The cluster as selectors and schedulers see it: with its labels, its properties as claims, and since when its control
    /// plane is well.
    pub fn cluster(&self) -> Cluster {
        let status = self.status.as_ref();
        let properties = status.into_iter().flat_map(|status| &status.properties);
        let healthy = self.condition(CONTROL_PLANE_HEALTHY);
        let healthy = healthy.filter(|condition| condition.status == ConditionStatus::True);
        Cluster {
            claims: properties
                .map(|property| (property.name.clone(), property.value.clone()))
                .collect(),
            ready_since: healthy.and_then(|condition| condition.last_transition_time),
            labels: self.metadata.labels.clone(),
            name: self.metadata.name.clone(),
            ..Cluster::default()
        }
    }

    /// The condition of that type.
    pub fn condition(&self, condition_type: &str) -> Option<&Condition> {
        let mut conditions = self.status.iter().flat_map(|status| &status.conditions);
        conditions.find(|condition| condition.condition_type == condition_type)
    }

    /// How the cluster is reached by that provider; what `accessProviders` says goes before the older `credentialProviders`.
    pub fn provider(&self, name: &str) -> Option<&AccessProvider> {
        self.providers().find(|provider| provider.name == name)
    }

    /// All ways to reach the cluster, those first that go before others of the same name.
    pub fn providers(&self) -> impl Iterator<Item = &AccessProvider> {
        self.status.iter().flat_map(|status| {
            let newer = status.access_providers.iter();
            newer.chain(&status.credential_providers)
        })
    }
}

/// The ClusterSet whose members have their ClusterProfiles in a namespace with those labels; `None` if it is the inventory of no
/// set. Both labels are read, [`CLUSTER_SET_LABEL`] first.
///
/// # Errors
/// The value is empty.
pub fn cluster_set(labels: &Labels) -> Option<Result<ClusterSetName, Error>> {
    let labels = [CLUSTER_SET_LABEL, CLUSTER_SET_LABEL_OF_KEP].map(|label| labels.get(label));
    let name = labels.into_iter().flatten().next()?;
    Some(name.parse())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::property::PropertyName;

    #[test]
    fn a_profile_is_a_cluster() {
        let mut profile = ClusterProfile::new("eu-1", "fleet", "ours");
        let since: Time = "2026-03-01T12:00:00Z".parse().unwrap();
        let mut healthy =
            Condition::new(CONTROL_PLANE_HEALTHY, ConditionStatus::True, "Healthy", "");
        healthy.last_transition_time = Some(since);
        let mut status = ClusterProfileStatus {
            conditions: vec![healthy],
            ..ClusterProfileStatus::default()
        };
        status.version.kubernetes = "v1.36.1".to_owned();
        profile.status = Some(status);
        let cluster = profile.cluster();
        assert_eq!(cluster.name, "eu-1");
        assert_eq!(cluster.labels[CLUSTER_MANAGER_LABEL], "ours");
        assert_eq!(cluster.ready_since, Some(since));
        if let Some(status) = &mut profile.status {
            status.conditions[0].status = ConditionStatus::False;
        }
        assert_eq!(profile.cluster().ready_since, None);

        let written = serde_json::to_value(&profile).unwrap();
        assert_eq!(
            written["status"]["version"],
            json!({"kubernetes": "v1.36.1"})
        );
        let read: ClusterProfile = serde_json::from_value(written).unwrap();
        assert_eq!(read, profile);
    }

    #[test]
    fn properties_that_do_not_fit_are_refused() {
        let now: Time = "2026-03-01T12:00:00Z".parse().unwrap();
        let name: PropertyName = "place.example.com".parse().unwrap();
        let mirrored = |value: &str| Property::mirror(&ClusterProperty::new(&name, value), now);
        assert_eq!(mirrored(&"é".repeat(1024)).unwrap().value.len(), 2048);
        let refused = mirrored(&"a".repeat(1025)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "ClusterProperty place.example.com: spec.value: has 1025 characters, a property of a ClusterProfile at most 1024"
        );
        let mut bare = ClusterProperty::new(&name, "x");
        bare.spec = None;
        let refused = Property::mirror(&bare, now).unwrap_err();
        assert_eq!(refused, MirrorError::Empty(name.to_string()));
    }

    #[test]
    fn a_namespace_is_of_a_set_by_either_label() {
        let labels = |labels: &[(&str, &str)]| -> Labels {
            let labels = labels.iter();
            labels
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect()
        };
        assert_eq!(cluster_set(&labels(&[("a", "b")])), None);
        let both = labels(&[
            (CLUSTER_SET_LABEL, "new"),
            (CLUSTER_SET_LABEL_OF_KEP, "old"),
        ]);
        assert_eq!(cluster_set(&both), Some("new".parse()));
        let old = labels(&[(CLUSTER_SET_LABEL_OF_KEP, "old")]);
        assert_eq!(cluster_set(&old), Some("old".parse()));
        assert!(
            cluster_set(&labels(&[(CLUSTER_SET_LABEL, "")]))
                .unwrap()
                .is_err()
        );
    }
}
