//! The kubelet's files (`cmd/kubeadm/app/phases/kubelet`).

mod config;
mod flags;
mod quote;

pub use config::{instance_config, instance_patch};
pub use flags::{FlagsFileError, NodeFlags, flags, flags_file, read_flags_file};
