//! kubeadm's phases.

pub mod arguments;
mod context;
pub mod images;
pub mod kubeconfig;
pub mod kubelet;
pub mod manifests;
pub mod net;
pub mod phases;
pub mod pki;
pub mod pod;
pub mod users;

pub use context::{HostFacts, InitContext, Paths};
