//! kubeadm's phases.

mod context;
pub mod kubeconfig;
pub mod net;
pub mod phases;
pub mod pki;

pub use context::{HostFacts, InitContext, Paths};
