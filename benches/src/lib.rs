//! Inputs shared by the measurements.

/// A KubeletConfiguration of 300 lines with every field set.
pub const KUBELET: &str = include_str!("../data/kubelet.yaml");
