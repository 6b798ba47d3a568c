//! From v1beta3 to v1beta4.

use super::{args, v1beta3, v1beta4};
use crate::scalar::Duration;

impl From<&v1beta3::InitConfiguration> for v1beta4::InitConfiguration {
    fn from(old: &v1beta3::InitConfiguration) -> Self {
        Self {
            bootstrap_tokens: old.bootstrap_tokens.clone(),
            dry_run: false,
            node_registration: (&old.node_registration).into(),
            local_api_endpoint: old.local_api_endpoint.clone(),
            certificate_key: old.certificate_key.clone(),
            skip_phases: old.skip_phases.clone(),
            patches: old.patches.clone(),
            timeouts: None,
        }
    }
}

impl From<&v1beta3::NodeRegistrationOptions> for v1beta4::NodeRegistrationOptions {
    fn from(old: &v1beta3::NodeRegistrationOptions) -> Self {
        Self {
            name: old.name.clone(),
            cri_socket: old.cri_socket.clone(),
            taints: old.taints.clone(),
            kubelet_extra_args: args::from_map(&old.kubelet_extra_args),
            ignore_preflight_errors: old.ignore_preflight_errors.clone(),
            image_pull_policy: old.image_pull_policy.clone(),
            image_pull_serial: None,
        }
    }
}

impl From<&v1beta3::JoinConfiguration> for v1beta4::JoinConfiguration {
    fn from(old: &v1beta3::JoinConfiguration) -> Self {
        let timeouts = old.discovery.timeout.map(|timeout| v1beta4::Timeouts {
            discovery: Some(timeout),
            ..v1beta4::Timeouts::default()
        });
        Self {
            dry_run: false,
            node_registration: (&old.node_registration).into(),
            ca_cert_path: old.ca_cert_path.clone(),
            discovery: v1beta4::Discovery {
                bootstrap_token: old.discovery.bootstrap_token.clone(),
                file: old.discovery.file.clone(),
                tls_bootstrap_token: old.discovery.tls_bootstrap_token.clone(),
            },
            control_plane: old.control_plane.clone(),
            skip_phases: old.skip_phases.clone(),
            patches: old.patches.clone(),
            timeouts,
        }
    }
}

/// A cluster, and the timeout that belongs to another kind in v1beta4.
pub(crate) fn cluster(
    old: &v1beta3::ClusterConfiguration,
) -> (v1beta4::ClusterConfiguration, Option<Duration>) {
    let new = v1beta4::ClusterConfiguration {
        etcd: v1beta4::Etcd {
            local: old.etcd.local.as_ref().map(local_etcd),
            external: old.etcd.external.as_ref().map(external_etcd),
        },
        networking: old.networking.clone(),
        kubernetes_version: old.kubernetes_version.clone(),
        control_plane_endpoint: old.control_plane_endpoint.clone(),
        api_server: v1beta4::APIServer {
            extra_args: args::from_map(&old.api_server.extra_args),
            extra_volumes: old.api_server.extra_volumes.clone(),
            extra_envs: Vec::new(),
            cert_sans: old.api_server.cert_sans.clone(),
        },
        controller_manager: component(&old.controller_manager),
        scheduler: component(&old.scheduler),
        dns: v1beta4::DNS {
            image_repository: old.dns.image_repository.clone(),
            image_tag: old.dns.image_tag.clone(),
            disabled: false,
        },
        proxy: v1beta4::Proxy::default(),
        certificates_dir: old.certificates_dir.clone(),
        image_repository: old.image_repository.clone(),
        feature_gates: old.feature_gates.clone(),
        cluster_name: old.cluster_name.clone(),
        encryption_algorithm: String::new(),
        certificate_validity_period: None,
        ca_certificate_validity_period: None,
    };
    (new, old.api_server.timeout_for_control_plane)
}

fn component(old: &v1beta3::ControlPlaneComponent) -> v1beta4::ControlPlaneComponent {
    v1beta4::ControlPlaneComponent {
        extra_args: args::from_map(&old.extra_args),
        extra_volumes: old.extra_volumes.clone(),
        extra_envs: Vec::new(),
    }
}

fn local_etcd(old: &v1beta3::LocalEtcd) -> v1beta4::LocalEtcd {
    v1beta4::LocalEtcd {
        image_repository: old.image_repository.clone(),
        image_tag: old.image_tag.clone(),
        data_dir: old.data_dir.clone(),
        extra_args: args::from_map(&old.extra_args),
        extra_envs: Vec::new(),
        server_cert_sans: old.server_cert_sans.clone(),
        peer_cert_sans: old.peer_cert_sans.clone(),
    }
}

fn external_etcd(old: &v1beta3::ExternalEtcd) -> v1beta4::ExternalEtcd {
    v1beta4::ExternalEtcd {
        endpoints: old.endpoints.clone(),
        http_endpoints: Vec::new(),
        ca_file: old.ca_file.clone(),
        cert_file: old.cert_file.clone(),
        key_file: old.key_file.clone(),
    }
}
