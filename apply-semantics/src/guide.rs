//! Guide: what people come for, task by task. Every example is run by the tests.
//!
//! - [`sharing_an_object`]: several managers write to one object: what to send, what a conflict means, how a field is given up.
//! - [`who_owns_this_field`]: reading `managedFields`, and leaving `kubectl apply` behind.
//! - [`what_would_it_do`]: drift, gates in pipelines, objects that have to be replaced; custom resources.
//! - [`writing_without_a_client`]: operations and executors; recordings; testing a controller.

#[doc = include_str!("../docs/sharing-an-object.md")]
pub mod sharing_an_object {}
#[doc = include_str!("../docs/what-would-it-do.md")]
pub mod what_would_it_do {}
#[doc = include_str!("../docs/who-owns-this-field.md")]
pub mod who_owns_this_field {}
#[doc = include_str!("../docs/writing-without-a-client.md")]
pub mod writing_without_a_client {}
