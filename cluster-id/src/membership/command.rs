//! What is asked of a roster, and what follows.

use serde::{Deserialize, Serialize};

use super::Membership;
use crate::{
    id::{ClusterId, ClusterSetName, PhysicalCluster},
    property::WellKnown,
};

/// Something that a cluster, or somebody for it, wants of a [`Roster`](super::Roster).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase")]
pub enum Command {
    /// Go by this ID.
    SetId {
        /// The cluster.
        cluster: PhysicalCluster,
        /// Its ID from now on.
        id: ClusterId,
    },
    /// Go by no ID.
    DropId {
        /// The cluster.
        cluster: PhysicalCluster,
    },
    /// Become a member of a set.
    Join {
        /// The cluster.
        cluster: PhysicalCluster,
        /// The set.
        set: ClusterSetName,
    },
    /// Be a member of no set.
    Leave {
        /// The cluster.
        cluster: PhysicalCluster,
    },
}

impl Command {
    /// The cluster that it is about.
    pub const fn cluster(&self) -> &PhysicalCluster {
        match self {
            Self::SetId { cluster, .. }
            | Self::DropId { cluster }
            | Self::Join { cluster, .. }
            | Self::Leave { cluster } => cluster,
        }
    }
}

/// What follows from a command, in the order in which it has to happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "effect", rename_all = "camelCase")]
pub enum Effect {
    /// A property has to be written in the cluster.
    WriteProperty {
        /// The cluster.
        cluster: PhysicalCluster,
        /// Which property.
        property: WellKnown,
        /// Its value.
        value: String,
    },
    /// A property has to be deleted in the cluster.
    DeleteProperty {
        /// The cluster.
        cluster: PhysicalCluster,
        /// Which property.
        property: WellKnown,
    },
    /// A membership has begun.
    Joined {
        /// The cluster.
        cluster: PhysicalCluster,
        /// The membership.
        membership: Membership,
    },
    /// A membership is over. What was known by its ID means nothing from now on; what was known by its epoch still
    /// means that membership.
    Left {
        /// The cluster.
        cluster: PhysicalCluster,
        /// The membership.
        membership: Membership,
    },
}
