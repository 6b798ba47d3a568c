//! The kinds of `kubeproxy.config.k8s.io`: what kube-proxy reads.

pub mod v1alpha1;
