//! The kinds of `kubeadm.k8s.io`: what `kubeadm init`, `join`, `reset` and `upgrade` read.

pub mod constants;
mod convert;
pub mod token;
pub mod v1beta3;
pub mod v1beta4;

pub use convert::{DocumentsV1Beta3, DocumentsV1Beta4, Loss};
