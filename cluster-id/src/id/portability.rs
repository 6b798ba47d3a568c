//! Where a text can be used as the ID of a cluster.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::{
    error::Shown,
    name::{Fault, check_label, check_label_value, check_subdomain},
    rule::{Explain, Rule},
};

/// A place where Kubernetes' multi-cluster APIs put the ID of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum IdUse {
    /// The value of the ClusterProperty `cluster.clusterset.k8s.io`.
    ClusterPropertyValue,
    /// The label `multicluster.kubernetes.io/source-cluster` of an imported EndpointSlice.
    EndpointSliceSourceClusterLabel,
    /// The namespace on a hub that belongs to the cluster.
    NamespaceName,
    /// The name of the cluster's ClusterProfile in an inventory.
    ClusterProfileName,
    /// The name, or part of the name, of a Service.
    ServiceName,
}

impl IdUse {
    /// Every use.
    pub const ALL: [Self; 5] = [
        Self::ClusterPropertyValue,
        Self::EndpointSliceSourceClusterLabel,
        Self::NamespaceName,
        Self::ClusterProfileName,
        Self::ServiceName,
    ];

    fn check(self, text: &str) -> Result<(), Fault> {
        match self {
            Self::ClusterPropertyValue if text.is_empty() => Err(Fault::Empty),
            Self::ClusterPropertyValue => Ok(()),
            Self::EndpointSliceSourceClusterLabel => check_label_value(text),
            Self::NamespaceName | Self::ServiceName => check_label(text),
            Self::ClusterProfileName => check_subdomain(text),
        }
    }
}

impl fmt::Display for IdUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClusterPropertyValue => "the value of a ClusterProperty",
            Self::EndpointSliceSourceClusterLabel => {
                "the value of the label multicluster.kubernetes.io/source-cluster"
            }
            Self::NamespaceName => "the name of a Namespace",
            Self::ClusterProfileName => "the name of a ClusterProfile",
            Self::ServiceName => "the name of a Service",
        })
    }
}

/// What an API server answers when a text is used as a cluster ID in each of the places where IDs are used.
///
/// The text need not be a valid [`ClusterId`](super::ClusterId): nothing in a cluster keeps others out.
///
/// ```
/// use cluster_id::id::{IdUse, Portability};
///
/// let portability = Portability::of("eu.prod-1");
/// assert!(portability.allows(IdUse::ClusterProfileName));
/// assert!(!portability.allows(IdUse::NamespaceName));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Portability {
    obstacles: BTreeMap<IdUse, Obstacle>,
}

impl Portability {
    /// Tries `text` in every use.
    pub fn of(text: &str) -> Self {
        let obstacle = |place: IdUse| {
            let fault = place.check(text).err()?;
            let id = text.to_owned();
            Some((place, Obstacle { id, place, fault }))
        };
        Self {
            obstacles: IdUse::ALL.into_iter().filter_map(obstacle).collect(),
        }
    }

    /// Whether the text can be used there.
    pub fn allows(&self, place: IdUse) -> bool {
        !self.obstacles.contains_key(&place)
    }

    /// The uses that are refused, in the order of [`IdUse`], and why.
    pub fn obstacles(&self) -> impl ExactSizeIterator<Item = &Obstacle> {
        self.obstacles.values()
    }
}

/// Why a text is refused in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Obstacle {
    /// The text.
    pub id: String,
    /// The place.
    pub place: IdUse,
    /// What is wrong with the text there.
    pub fault: Fault,
}

impl Explain for Obstacle {
    fn rule(&self) -> Rule {
        match self.place {
            IdUse::ClusterPropertyValue => Rule::PropertyValue,
            IdUse::EndpointSliceSourceClusterLabel => Rule::IdAsLabel,
            IdUse::NamespaceName | IdUse::ServiceName | IdUse::ClusterProfileName => Rule::IdSyntax,
        }
    }

    fn evidence(&self) -> String {
        let Self { id, place, fault } = self;
        format!("{} cannot be {place}: {fault}", Shown(id))
    }

    fn remedy(&self) -> String {
        "take a DNS label, such as the UID of the cluster's namespace kube-system".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn obstacles_say_why() {
        let portability = Portability::of(&"a".repeat(64));
        let refused: Vec<_> = portability.obstacles().map(|found| found.place).collect();
        assert_eq!(
            refused,
            [
                IdUse::EndpointSliceSourceClusterLabel,
                IdUse::NamespaceName,
                IdUse::ServiceName
            ]
        );
        let first = portability.obstacles().next().unwrap();
        assert_eq!(
            first.explanation().to_string(),
            format!(
                "{:?} cannot be the value of the label multicluster.kubernetes.io/source-cluster: \
                 it has 64 bytes, at most 63 fit (ID-18); take a DNS label, such as the UID of the cluster's namespace \
                 kube-system",
                "a".repeat(64)
            )
        );
    }
}
