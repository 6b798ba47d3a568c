#![cfg_attr(feature = "yaml", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "yaml"),
    doc = "Kubernetes API machinery for configuration files."
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg_attr(
    not(any(feature = "yaml", feature = "_kinds")),
    allow(dead_code, reason = "secrets are read, bytes written")
)]
mod base64;
#[cfg(feature = "_kinds")]
#[cfg_attr(
    not(all(feature = "kubeadm", feature = "kube-apiserver")),
    allow(dead_code, reason = "each component needs a part")
)]
mod check;
#[cfg(feature = "kube-controller-manager")]
pub mod cloud_controller_manager;
mod compat;
mod component;
#[cfg(feature = "_kinds")]
pub mod component_base;
pub mod config;
pub mod conversion;
pub mod core;
pub mod decode;
pub mod defaults;
pub mod diagnostic;
mod document;
pub mod field;
#[cfg(any(feature = "kubelet", feature = "kube-proxy"))]
mod gates;
#[cfg(all(doc, feature = "yaml"))]
pub mod guide;
pub mod gvk;
mod kind;
#[cfg(feature = "kube-apiserver")]
pub mod kube_apiserver;
#[cfg(feature = "kube-controller-manager")]
pub mod kube_controller_manager;
#[cfg(feature = "kube-proxy")]
pub mod kube_proxy;
#[cfg(feature = "kube-scheduler")]
pub mod kube_scheduler;
#[cfg(feature = "kubeadm")]
pub mod kubeadm;
#[cfg(feature = "kubectl")]
pub mod kubectl;
#[cfg(feature = "kubelet")]
pub mod kubelet;
pub mod layers;
mod load;
mod omit;
pub mod print;
mod quote;
pub mod registry;
pub mod release;
pub mod reload;
pub mod scalar;
#[cfg(feature = "schemars")]
pub mod schema;
pub mod secret;
pub mod tree;
#[cfg(feature = "yaml")]
pub mod yaml;

pub use compat::Compat;
pub use config::{Config, Policy};
pub use conversion::Upgrade;
pub use decode::{Decoded, Strictness, decode, decode_value};
pub use diagnostic::{Class, Diagnostic, Report, Severity, Span};
pub use document::{Document, DocumentSet, Duplicate, Syntax};
pub use gvk::{GroupVersion, GroupVersionKind};
pub use kind::Kind;
pub use registry::Registry;
