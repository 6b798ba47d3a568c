//! Why a roster does not do what it is asked.

use serde::Serialize;

use crate::{
    error::Shown,
    id::{ClusterId, ClusterSetName, PhysicalCluster},
    rule::{Explain, Rule},
};

/// Why a [`Command`](super::Command) is refused. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "refusal", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Refusal {
    /// The cluster would join without an ID.
    NoId {
        /// The set that it would join.
        set: ClusterSetName,
    },
    /// The cluster would join with an ID that a member has.
    IdTaken {
        /// The set that it would join.
        set: ClusterSetName,
        /// The ID of both.
        id: ClusterId,
        /// The member that has it.
        holder: PhysicalCluster,
    },
    /// The cluster is a member and would change or lose its ID.
    IdInUse {
        /// The set that it is a member of.
        set: ClusterSetName,
        /// The ID that it has there.
        id: ClusterId,
        /// The ID that it would have; `None` if it would lose it.
        wanted: Option<ClusterId>,
    },
    /// The cluster is a member of another set.
    OtherSet {
        /// The set that it is a member of.
        set: ClusterSetName,
        /// The set that it would join.
        wanted: ClusterSetName,
    },
    /// The cluster is no member and cannot leave.
    NoMember,
}

impl Explain for Refusal {
    fn rule(&self) -> Rule {
        match self {
            Self::NoId { .. } => Rule::JoinNeedsId,
            Self::IdTaken { .. } => Rule::IdUnique,
            Self::IdInUse { .. } => Rule::IdStable,
            Self::OtherSet { .. } => Rule::SetStable,
            Self::NoMember => Rule::SetOnlyForMembers,
        }
    }

    fn evidence(&self) -> String {
        match self {
            Self::NoId { set } => {
                format!("the cluster has no ID to join {} with", Shown(set.as_str()))
            }
            Self::IdTaken { set, id, holder } => {
                let set = Shown(set.as_str());
                format!("cluster {holder} is a member of {set} with the ID {id}")
            }
            Self::IdInUse { set, id, wanted } => {
                let set = Shown(set.as_str());
                match wanted {
                    Some(wanted) => format!(
                        "the cluster is a member of {set} with the ID {id}, which would become {wanted}"
                    ),
                    None => {
                        format!("the cluster is a member of {set} with the ID {id}, which would go")
                    }
                }
            }
            Self::OtherSet { set, wanted } => format!(
                "the cluster is a member of {} and would join {}",
                Shown(set.as_str()),
                Shown(wanted.as_str())
            ),
            Self::NoMember => "the cluster is a member of no ClusterSet".to_owned(),
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::NoId { .. } => {
                "set the property cluster.clusterset.k8s.io first, best to the UID of the namespace kube-system"
            }
            Self::IdTaken { .. } => "give the cluster another ID, or let the member leave first",
            Self::IdInUse { .. } => "leave the ClusterSet first",
            Self::OtherSet { .. } => "leave the one before joining the other",
            Self::NoMember => "nothing is left to do",
        }
        .to_owned()
    }
}
