//! Where a cluster is.

use std::fmt;

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

/// How far a cluster is with the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Phase {
    /// It should have the change, and has not got it yet.
    ToApply,
    /// It has got it, and is not done.
    Progressing,
    /// It is done.
    Succeeded,
    /// It tried and failed.
    Failed,
    /// It has been progressing or failed for too long.
    TimeOut,
    /// It is to be left alone.
    Skip,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A cluster, and how far it is since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterState {
    /// The name of the cluster.
    pub cluster: String,
    /// How far it is.
    #[serde(rename = "status")]
    pub phase: Phase,
    /// Since when; `None` counts as now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
}

impl ClusterState {
    /// A cluster that should get the change.
    pub(super) fn to_apply(cluster: &str) -> Self {
        Self {
            cluster: cluster.to_owned(),
            phase: Phase::ToApply,
            since: None,
        }
    }
}
