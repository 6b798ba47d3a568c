//! Pods as Kubernetes' typed codec reads and writes them.
//!
//! kubeadm decodes a patched Pod into its Go type and writes that: unknown fields go, empty optional ones too, quantities
//! take their canonical form. A table of the types ([`types.txt`](self)) stands in for them here.

mod typed;
mod types;

pub use typed::{PodError, normalize};
