//! Guide: what people come for, task by task. Every example is run by the tests.
//!
//! - [`reading_objects`]: from a file in any version to an object that was let in.
//! - [`a_rollout_beforehand`]: a rollout played through before anything is touched; why nothing happens.
//! - `a_management_cluster` (feature `schemars`): API server, provider and driver in one process.

#[cfg(feature = "schemars")]
#[doc = include_str!("../docs/a-management-cluster.md")]
pub mod a_management_cluster {}
#[doc = include_str!("../docs/a-rollout-beforehand.md")]
pub mod a_rollout_beforehand {}
#[doc = include_str!("../docs/reading-objects.md")]
pub mod reading_objects {}
