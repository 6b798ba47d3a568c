//! `instance-config.yaml`: configuration that differs from node to node (`cmd/kubeadm/app/phases/kubelet/config.go`).

use serde_json::{Value, json};

use super::quote::quote;

/// The file that holds what of the kubelet's configuration belongs to this node alone.
pub fn instance_config(runtime_endpoint: &str) -> String {
    format!("containerRuntimeEndpoint: {}\n", quote(runtime_endpoint))
}

/// The same as a strategic patch of the cluster's kubelet configuration.
pub fn instance_patch(runtime_endpoint: &str) -> Value {
    json!({"containerRuntimeEndpoint": runtime_endpoint})
}
