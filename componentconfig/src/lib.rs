#![cfg_attr(feature = "yaml", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "yaml"),
    doc = "Kubernetes API machinery for configuration files."
)]

#[cfg(any(feature = "kubelet", feature = "kube-proxy"))]
#[cfg_attr(
    not(feature = "kubeadm"),
    allow(dead_code, reason = "each component needs a part")
)]
mod check;
#[cfg(any(feature = "kubelet", feature = "kube-proxy"))]
mod component;
#[cfg(any(feature = "kubelet", feature = "kube-proxy"))]
pub mod component_base;
pub mod core;
pub mod decode;
pub mod diagnostic;
mod document;
pub mod field;
#[cfg(any(feature = "kubelet", feature = "kube-proxy"))]
mod gates;
pub mod gvk;
mod kind;
#[cfg(feature = "kube-proxy")]
pub mod kube_proxy;
#[cfg(feature = "kubeadm")]
pub mod kubeadm;
#[cfg(feature = "kubelet")]
pub mod kubelet;
mod load;
#[cfg(any(feature = "kubelet", feature = "kube-proxy"))]
mod omit;
mod quote;
pub mod scalar;
pub mod secret;
pub mod tree;
#[cfg(feature = "yaml")]
pub mod yaml;

pub use decode::{Decoded, Strictness, decode, decode_value};
pub use diagnostic::{Class, Diagnostic, Report, Severity, Span};
pub use document::{Document, DocumentSet, Duplicate, Syntax};
pub use gvk::{GroupVersion, GroupVersionKind};
pub use kind::Kind;
