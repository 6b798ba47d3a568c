//! Objects brought into a cluster.
//!
//! - [`Order`]: in which order they are applied, so that what others need is there first, and deleted in the reverse.

mod order;

pub use order::{ObjectId, Order};
