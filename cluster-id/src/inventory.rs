//! Decisions about which clusters are meant, and the objects that they are written into.
//!
//! [`groups`] cuts selected clusters into groups as Open Cluster Management does; [`PlacementDecision`] is the object of
//! SIG Multicluster's cluster inventory that a scheduler writes: at most 100 clusters in each, so that a decision takes
//! several. [`slice`](fn@slice) makes them, [`gather`] puts them together again.

mod decision;
mod group;

pub use decision::{
    ClusterDecision, ClusterProfileRef, GatherError, PlacementDecision, gather, slice,
};
pub use group::{Cluster, Group, NamedGroup, groups};
