//! What an inventory knows of a cluster.

use std::{collections::BTreeMap, fmt};

use componentconfig::{core::Time, scalar::Quantity};
use serde::{Deserialize, Serialize};

use crate::selector::Labels;

/// A cluster, as the inventory shows it.
///
/// The parts are those of Open Cluster Management's `ManagedCluster`, and the places of Karmada's `Cluster`; a
/// `ClusterProfile`'s properties are its claims. Whoever asks for less of it leaves the rest as it is by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cluster {
    /// Its name, by which the fleet knows it.
    pub name: String,
    /// Its labels.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// What it says of itself, by the name of the property.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub claims: Labels,
    /// Who runs its machines; empty if that is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// Where they are; empty if that is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// The zones that it spans.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<String>,
    /// What keeps workloads away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    /// Since when it is fit for workloads again after it was not: the last transition of its `ControlPlaneHealthy`, say;
    /// `None` counts as long ago.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_since: Option<Time>,
    /// What its nodes can still give to workloads, by resource: `cpu` in cores, `memory` in bytes, others.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub allocatable: BTreeMap<String, Quantity>,
    /// What its nodes have in all, by resource.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub capacity: BTreeMap<String, Quantity>,
    /// What others say of it: a number from -100 to 100 by score, `resource/score`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub scores: BTreeMap<String, i64>,
}

impl Cluster {
    /// A cluster of that name with those labels.
    pub fn new<K: Into<String>, V: Into<String>>(
        name: impl Into<String>,
        labels: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let labels = labels.into_iter();
        Self {
            name: name.into(),
            labels: labels
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
            ..Self::default()
        }
    }
}

/// Keeps away what does not tolerate it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Taint {
    /// The key.
    pub key: String,
    /// The value.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// From what it keeps away.
    pub effect: TaintEffect,
    /// Since when; `None` counts as long ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_added: Option<Time>,
}

/// From what a taint keeps away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TaintEffect {
    /// From being chosen, also for what is there already.
    NoSelect,
    /// From nothing; an advice to people.
    PreferNoSelect,
    /// From being chosen by what is not there yet.
    NoSelectIfNew,
}

/// As Kubernetes writes taints: `key=value:Effect`.
impl fmt::Display for Taint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        if !self.value.is_empty() {
            write!(f, "={}", self.value)?;
        }
        write!(f, ":{:?}", self.effect)
    }
}
