//! Guide: what people come for, task by task. Every example is run by the tests.
//!
//! - [`testing_a_controller`]: a server for each test, bad days on demand, snapshots, custom resources, kubectl.

#[doc = include_str!("../docs/testing-a-controller.md")]
pub mod testing_a_controller {}
