//! Inputs shared by the measurements.

pub mod apply;
pub mod clusters;
pub mod config;
pub mod fleet;
pub mod server;

/// A KubeletConfiguration of 300 lines with every field set.
pub const KUBELET: &str = include_str!("../data/kubelet.yaml");
