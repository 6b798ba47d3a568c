//! The configuration of the cluster, with which machines of the control plane join.

use apply_semantics::op::Operation;
use componentconfig::kubeadm::v1beta4;
use serde_json::{Value, json};

use super::{UpgradeError, change};
use crate::{
    bootstrap::v1beta2::ClusterConfiguration, bootstrap_data,
    controlplane::v1beta2::KubeadmControlPlane, kcp::kubeadm_config_spec, version::Version,
};

/// Where it is in the ConfigMap.
const TEXT: &str = "/data/ClusterConfiguration";

/// What of the configuration is brought to what a control plane wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// What machines are made with: everything but CoreDNS.
    Machines,
    /// The image of CoreDNS.
    CoreDns,
}

/// What brings the ConfigMap `kubeadm-config` in `kube-system` to the version of a control plane, and to the part of its configuration
/// that is named; nothing if it is there.
///
/// It is written as kubeadm of that version reads it. Unlike Cluster API, which knows neither, it keeps what is said of kube-proxy and
/// of a CoreDNS that is turned off.
///
/// # Errors
/// The configuration is none that kubeadm writes, or the version of the control plane cannot be read or is before 1.22.
pub fn cluster_configuration(
    kcp: &KubeadmControlPlane,
    config_map: &Value,
    part: Part,
) -> Result<Option<Operation>, UpgradeError> {
    let version: Version = kcp.spec.version.parse()?;
    let text = config_map.pointer(TEXT).and_then(Value::as_str);
    let text = text.ok_or_else(|| {
        let problem = "unable to find \"ClusterConfiguration\" in the kubeadm-config ConfigMap";
        UpgradeError::Configuration(problem.to_owned())
    })?;
    let current = bootstrap_data::read_cluster(text).map_err(UpgradeError::Configuration)?;
    let mut desired = current.clone();
    if kcp.spec.kubeadm_config_spec.cluster_configuration != ClusterConfiguration::default() {
        match part {
            Part::Machines => machines(kcp, &mut desired)?,
            Part::CoreDns => {
                let wanted = &kcp.spec.kubeadm_config_spec.cluster_configuration.dns;
                desired
                    .dns
                    .image_repository
                    .clone_from(&wanted.image_repository);
                desired.dns.image_tag.clone_from(&wanted.image_tag);
            }
        }
    }
    desired.kubernetes_version = format!("v{version}");
    if desired == current {
        return Ok(None);
    }
    let (text, _) = bootstrap_data::write_cluster(&desired, &version)
        .map_err(|error| UpgradeError::Configuration(error.to_string()))?;
    let mut changed = config_map.clone();
    if let Some(place) = changed.pointer_mut(TEXT) {
        *place = json!(text);
    }
    Ok(change(config_map, &changed))
}

fn machines(
    kcp: &KubeadmControlPlane,
    desired: &mut v1beta4::ClusterConfiguration,
) -> Result<(), UpgradeError> {
    let spec = kubeadm_config_spec(kcp, false)?;
    let wanted = bootstrap_data::translated_cluster(&spec.cluster_configuration)
        .map_err(|error| UpgradeError::Configuration(error.to_string()))?;
    if !wanted.image_repository.is_empty() {
        desired.image_repository = wanted.image_repository;
    }
    desired.feature_gates = wanted.feature_gates;
    desired.api_server = wanted.api_server;
    desired.controller_manager = wanted.controller_manager;
    desired.scheduler = wanted.scheduler;
    desired.certificate_validity_period = wanted.certificate_validity_period;
    desired.encryption_algorithm = wanted.encryption_algorithm;
    // etcd on machines and etcd elsewhere are never exchanged.
    desired.etcd = wanted.etcd;
    Ok(())
}
