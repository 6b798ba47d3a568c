//! The kinds of `kubelet.config.k8s.io`: what the kubelet reads.

mod load;
pub mod v1beta1;
mod validate;

pub use load::load;
