//! Replicas divided among clusters, in exact integers.
//!
//! - [`webster`]: by weight with the method of highest averages (Webster, Sainte-Laguë), as Karmada does. Who asks for
//!   more replicas never gets fewer in any cluster.
//! - [`weighted_plan`]: by weight between a minimum and a maximum per cluster, up to what each can hold, as KubeFed does.
//! - [`assign`]: by one of Karmada's strategies, from what the clusters have room for and what they run already.
//!
//! ```
//! use std::collections::BTreeMap;
//! use cluster_id::divide::{Ties, webster};
//!
//! let weights = BTreeMap::from([("eu".to_owned(), 2), ("us".to_owned(), 1)]);
//! let seats = webster(10, &weights, &BTreeMap::new(), Ties::Ascending);
//! assert_eq!(seats, BTreeMap::from([("eu".to_owned(), 7), ("us".to_owned(), 3)]));
//! ```

mod assign;
mod fnv;
mod webster;
mod weighted;

use std::collections::BTreeMap;

pub use assign::{Assignment, Candidate, Strategy, Unschedulable, assign};
pub use webster::{Ties, webster};
pub use weighted::{Bounds, Capacity, WeightedPlan, WeightedRequest, weighted_plan};

/// Replicas by the name of a cluster.
pub type Replicas = BTreeMap<String, u64>;
