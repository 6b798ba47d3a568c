//! Who a cluster is: its physical identity, its ID within a ClusterSet, and the set.
//!
//! These are three things. The [`PhysicalCluster`] never changes and never means another cluster. The [`ClusterId`]
//! is what a cluster goes by while it is a member of a set: it can change between two memberships, and once its
//! holder has left it may name another cluster. Neither is a name somebody gave a kubeconfig context.

mod cluster_id;
mod cluster_set;
mod physical;
mod portability;

pub use cluster_id::{ClusterId, IdProfile};
pub use cluster_set::ClusterSetName;
pub use physical::PhysicalCluster;
pub use portability::{IdUse, Obstacle, Portability};
