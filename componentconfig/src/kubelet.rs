//! The kinds of `kubelet.config.k8s.io`: what the kubelet reads.

pub mod v1beta1;
