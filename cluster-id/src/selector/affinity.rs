//! Clusters by name, label, and where they are.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{LabelSelector, Operator, Requirement};
use crate::inventory::Cluster;

/// Which clusters something may go to: all of what is said must be true. Follows Karmada's `ClusterAffinity`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ClusterAffinity {
    /// Labels of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<LabelSelector>,
    /// Where the cluster is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub field_selector: Vec<FieldRequirement>,
    /// The only clusters, by name; empty for no restriction.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub cluster_names: BTreeSet<String>,
    /// Clusters that are never meant, by name.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", rename = "exclude")]
    pub exclude_clusters: BTreeSet<String>,
}

/// What the provider, the region or the zones of a cluster must be like: a requirement with the key `provider`, `region`
/// or `zone`.
///
/// A cluster spans zones: `In` wants all of them to be named, and that there is one; `NotIn` wants none to be named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldRequirement(pub Requirement);

impl ClusterAffinity {
    /// Whether the cluster is meant.
    pub fn matches(&self, cluster: &Cluster) -> bool {
        let selector = self.label_selector.as_ref();
        !self.exclude_clusters.contains(&cluster.name)
            && (self.cluster_names.is_empty() || self.cluster_names.contains(&cluster.name))
            && selector.is_none_or(|selector| selector.matches(&cluster.labels))
            && self
                .field_selector
                .iter()
                .all(|requirement| requirement.matches(cluster))
    }
}

impl FieldRequirement {
    /// Whether the cluster is where it must be. A key that is none of the three has no value anywhere.
    pub fn matches(&self, cluster: &Cluster) -> bool {
        let requirement = &self.0;
        if requirement.key == "zone" {
            return zones(requirement, &cluster.zones);
        }
        let fields = [("provider", &cluster.provider), ("region", &cluster.region)];
        let known = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let known = known.map(|(key, value)| (key.to_owned(), value.clone()));
        requirement.matches(&known.collect())
    }
}

fn zones(requirement: &Requirement, zones: &[String]) -> bool {
    let named = |zone: &String| requirement.values.contains(zone);
    match requirement.operator {
        Operator::In => !zones.is_empty() && zones.iter().all(named),
        Operator::NotIn => !zones.iter().any(named),
        Operator::Exists => !zones.is_empty(),
        Operator::DoesNotExist => zones.is_empty(),
    }
}
