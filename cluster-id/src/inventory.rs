//! What is known of clusters, decisions about which of them are meant, and the objects that these are written into.
//!
//! [`Cluster`] is what everything here that selects, places or schedules looks at. [`ClusterProfile`] is the object of SIG
//! Multicluster's cluster inventory that has one, and [`AccessConfig`] says how it is reached. [`groups`] cuts selected clusters
//! into groups as Open Cluster Management does; [`PlacementDecision`] is the object of the inventory that a scheduler writes: at most
//! 100 clusters in each, so that a decision takes several. [`slice`](fn@slice) makes them, [`gather`] puts them together again.

mod access;
mod cluster;
mod decision;
mod group;
mod profile;

pub use access::{
    Access, AccessConfig, AccessError, ArgumentsPolicy, EnvironmentPolicy, ExecConfig, ExecEnvVar,
    Provider,
};
pub use cluster::{Cluster, Taint, TaintEffect};
pub use decision::{
    ClusterDecision, ClusterProfileRef, GatherError, PlacementDecision, gather, slice,
};
pub use group::{Group, NamedGroup, groups};
pub use profile::{
    AccessProvider, CLUSTER_MANAGER_LABEL, CLUSTER_SET_LABEL, CLUSTER_SET_LABEL_OF_KEP,
    CONTROL_PLANE_HEALTHY, ClusterManager, ClusterProfile, ClusterProfileSpec,
    ClusterProfileStatus, ClusterVersion, Connection, MirrorError, NamedExtension, Property,
    cluster_set,
};
