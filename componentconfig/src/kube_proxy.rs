//! The kinds of `kubeproxy.config.k8s.io`: what kube-proxy reads.

mod load;
pub mod v1alpha1;
mod validate;

pub use load::load;
