//! Guide: what people come for, task by task. Every example is run by the tests.
//!
//! - [`a_component_of_your_own`]: a kind in two versions with defaults, rules, layers, flags and reloading, step by step.
//! - `kubeadm_files` (feature `kubeadm`): checking, migrating and completing what `kubeadm init` reads.

#[doc = include_str!("../docs/a-component-of-your-own.md")]
pub mod a_component_of_your_own {}
#[cfg(feature = "kubeadm")]
#[doc = include_str!("../docs/kubeadm-files.md")]
pub mod kubeadm_files {}
