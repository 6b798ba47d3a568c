//! The kinds of `kubelet.config.k8s.io`: what the kubelet reads.

mod effective;
mod load;
pub mod v1beta1;
mod validate;

#[cfg(feature = "yaml")]
pub use effective::read_dropins;
pub use effective::{Layers, effective};
pub use load::load;
