//! Moving the objects of clusters from one management cluster to another.
//!
//! Follows `cmd/clusterctl/client/cluster` of Cluster API (`clusterctl move`). An object moves with its Cluster if it belongs to it
//! by owner references, by its name (Secrets), by the ClusterClass of the Cluster, or by a binding of resources; objects of
//! kinds whose CustomResourceDefinition says so move in any case. Owners are made before what they own, and deleted after it.
//!
//! ```
//! use machine_api::moving::{Graph, MovableKind};
//! use serde_json::json;
//!
//! let kinds = [MovableKind::new("cluster.x-k8s.io/v1beta2", "Cluster"), MovableKind::new("v1", "Secret")];
//! let objects = [
//!     json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "prod-ca", "namespace": "default", "uid": "2"}}),
//!     json!({"apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster", "metadata": {"name": "prod", "namespace": "default", "uid": "1"}}),
//! ];
//! let sequence = Graph::new(&kinds, &objects)?.sequence();
//! assert_eq!(sequence.groups[0][0].to_string(), "Cluster/default/prod");
//! assert_eq!(sequence.groups[1][0].to_string(), "Secret/default/prod-ca");
//! # Ok::<(), machine_api::moving::GraphError>(())
//! ```

mod graph;
mod kinds;
mod readiness;
mod rewrite;
mod sequence;

pub use graph::{Graph, GraphError, ObjectId};
pub use kinds::MovableKind;
pub use readiness::NotReady;
pub use rewrite::UnknownOwner;
pub use sequence::{Left, MoveSequence, Step};
