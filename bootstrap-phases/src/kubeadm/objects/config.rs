//! `kubeadm-config` and `kubelet-config`: the configuration of the cluster, for who joins and for upgrades.
//!
//! Follows `cmd/kubeadm/app/phases/uploadconfig` and `cmd/kubeadm/app/phases/kubelet`.

use componentconfig::Kind as _;
use componentconfig::kubeadm::v1beta4::ClusterConfiguration;
use componentconfig::kubeadm::{ConfigMap, HASH_ANNOTATION};
use componentconfig::kubelet::v1beta1::KubeletConfiguration;
use componentconfig::yaml;
use serde_json::{Value, json};

use super::rbac::{JOINING, NODES, Subject, may_get};
use super::{SYSTEM, config_map};

/// The ConfigMap of the cluster's configuration.
pub const CLUSTER: &str = "kubeadm-config";
/// Its key.
pub const CLUSTER_KEY: &str = "ClusterConfiguration";
/// The ConfigMap of the kubelets' configuration.
pub const KUBELET: &str = "kubelet-config";
/// Its key.
pub const KUBELET_KEY: &str = "kubelet";

/// `kubeadm-config`. A build of continuous integration goes by the version that it was asked for.
pub fn cluster(cluster: &ClusterConfiguration, ci_version: Option<&str>) -> Value {
    let mut document = cluster.to_document();
    if let (Some(version), Some(fields)) = (ci_version, document.as_object_mut()) {
        fields.insert("kubernetesVersion".to_owned(), version.into());
    }
    config_map(
        SYSTEM,
        CLUSTER,
        &json!({CLUSTER_KEY: yaml::write(&document)}),
    )
}

/// The rights to read `kubeadm-config`.
pub fn cluster_rights() -> [Value; 2] {
    may_get(
        SYSTEM,
        "kubeadm:nodes-kubeadm-config",
        "configmaps",
        CLUSTER,
        &[Subject::Group(JOINING), Subject::Group(NODES)],
    )
}

/// `kubelet-config`. One that no user gave carries its checksum, so that an upgrade may make it anew.
pub fn kubelet(config: &KubeletConfiguration, user_supplied: bool) -> Value {
    let text = yaml::write(&config.to_document());
    signed(
        config_map(SYSTEM, KUBELET, &json!({KUBELET_KEY: text})),
        user_supplied,
    )
}

/// The rights to read `kubelet-config`.
pub fn kubelet_rights() -> [Value; 2] {
    may_get(
        SYSTEM,
        "kubeadm:kubelet-config",
        "configmaps",
        KUBELET,
        &[Subject::Group(NODES), Subject::Group(JOINING)],
    )
}

/// Adds the checksum to a ConfigMap whose content was generated.
pub(super) fn signed(mut map: Value, user_supplied: bool) -> Value {
    if user_supplied {
        return map;
    }
    let checksum = ConfigMap::from_value(&map).map(|map| map.checksum());
    if let (Ok(checksum), Some(metadata)) = (
        checksum,
        map.get_mut("metadata").and_then(Value::as_object_mut),
    ) {
        metadata.insert("annotations".to_owned(), json!({HASH_ANNOTATION: checksum}));
    }
    map
}
