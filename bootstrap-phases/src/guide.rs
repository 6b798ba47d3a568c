//! Guide: what people come for, task by task. Every example is run by the tests.
//!
//! - [`a_workflow_of_your_own`]: phases, plans, runs that go on after a crash, events.
//! - `a_control_plane` (feature `kubeadm`): `kubeadm init` as a library, its objects in a cluster, and the days after.

#[cfg(feature = "kubeadm")]
#[doc = include_str!("../docs/a-control-plane.md")]
pub mod a_control_plane {}
#[cfg(unix)]
#[doc = include_str!("../docs/a-workflow-of-your-own.md")]
pub mod a_workflow_of_your_own {}
