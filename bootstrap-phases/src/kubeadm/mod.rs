//! kubeadm's phases.

mod context;
pub mod net;
pub mod pki;

pub use context::{HostFacts, InitContext, Paths};
