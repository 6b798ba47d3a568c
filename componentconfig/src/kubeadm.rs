//! The kinds of `kubeadm.k8s.io`: what `kubeadm init`, `join`, `reset` and `upgrade` read.

pub mod token;
pub mod v1beta3;
pub mod v1beta4;
