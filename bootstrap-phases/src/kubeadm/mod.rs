//! kubeadm's phases.

pub mod pki;
