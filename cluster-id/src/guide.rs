//! Guide: what people come for, task by task. Every example is run by the tests.
//!
//! - [`running_a_clusterset`]: who is a member under which ID; services of several clusters.
//! - [`placing_and_rolling_out`]: where a workload goes, what is written there, and who gets a change next.

#[doc = include_str!("../docs/placing-and-rolling-out.md")]
pub mod placing_and_rolling_out {}
#[doc = include_str!("../docs/running-a-clusterset.md")]
pub mod running_a_clusterset {}
