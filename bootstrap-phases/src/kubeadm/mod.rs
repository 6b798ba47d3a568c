//! kubeadm's phases.

pub mod net;
pub mod pki;
