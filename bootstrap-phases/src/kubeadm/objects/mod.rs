//! The objects that kubeadm keeps in a cluster, as data: configuration, rights, tokens, certificates, add-ons.
//!
//! They are rendered from the configuration alone; what is there already is for the phases to look at.

pub mod bundle;
pub mod cluster_info;
pub mod config;
pub mod coredns;
pub mod kube_proxy;
pub mod node;
pub mod rbac;
pub mod token;

use serde_json::{Value, json};

/// The namespace of what belongs to the control plane.
pub const SYSTEM: &str = "kube-system";
/// The namespace that anybody may read.
pub const PUBLIC: &str = "kube-public";

fn config_map(namespace: &str, name: &str, data: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    })
}

fn service_account(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": SYSTEM},
    })
}
