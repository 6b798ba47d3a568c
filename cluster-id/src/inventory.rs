//! What is known of clusters, decisions about which of them are meant, and the objects that these are written into.
//!
//! [`Cluster`] is what everything here that selects, places or schedules looks at. [`groups`] cuts selected clusters into groups
//! as Open Cluster Management does; [`PlacementDecision`] is the object of SIG Multicluster's cluster inventory that a scheduler writes: at most 100 clusters in each, so that a decision takes
//! several. [`slice`](fn@slice) makes them, [`gather`] puts them together again.

mod cluster;
mod decision;
mod group;

pub use cluster::{Cluster, Taint, TaintEffect};
pub use decision::{
    ClusterDecision, ClusterProfileRef, GatherError, PlacementDecision, gather, slice,
};
pub use group::{Group, NamedGroup, groups};
