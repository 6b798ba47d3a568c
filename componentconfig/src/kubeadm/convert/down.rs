//! From v1beta4 to v1beta3. What has no place there is left out; [`super::loss`] finds it.

use super::{args, v1beta3, v1beta4};

pub(super) fn init(new: &v1beta4::InitConfiguration) -> v1beta3::InitConfiguration {
    v1beta3::InitConfiguration {
        bootstrap_tokens: new.bootstrap_tokens.clone(),
        node_registration: node_registration(&new.node_registration),
        local_api_endpoint: new.local_api_endpoint.clone(),
        certificate_key: new.certificate_key.clone(),
        skip_phases: new.skip_phases.clone(),
        patches: new.patches.clone(),
    }
}

fn node_registration(new: &v1beta4::NodeRegistrationOptions) -> v1beta3::NodeRegistrationOptions {
    v1beta3::NodeRegistrationOptions {
        name: new.name.clone(),
        cri_socket: new.cri_socket.clone(),
        taints: new.taints.clone(),
        kubelet_extra_args: args::to_map(&new.kubelet_extra_args),
        ignore_preflight_errors: new.ignore_preflight_errors.clone(),
        image_pull_policy: new.image_pull_policy.clone(),
    }
}

pub(super) fn join(new: &v1beta4::JoinConfiguration) -> v1beta3::JoinConfiguration {
    let timeouts = new.timeouts.as_ref();
    v1beta3::JoinConfiguration {
        node_registration: node_registration(&new.node_registration),
        ca_cert_path: new.ca_cert_path.clone(),
        discovery: v1beta3::Discovery {
            bootstrap_token: new.discovery.bootstrap_token.clone(),
            file: new.discovery.file.clone(),
            tls_bootstrap_token: new.discovery.tls_bootstrap_token.clone(),
            timeout: timeouts.and_then(|timeouts| timeouts.discovery),
        },
        control_plane: new.control_plane.clone(),
        skip_phases: new.skip_phases.clone(),
        patches: new.patches.clone(),
    }
}

pub(super) fn cluster(new: &v1beta4::ClusterConfiguration) -> v1beta3::ClusterConfiguration {
    v1beta3::ClusterConfiguration {
        etcd: v1beta3::Etcd {
            local: new.etcd.local.as_ref().map(local_etcd),
            external: new.etcd.external.as_ref().map(external_etcd),
        },
        networking: new.networking.clone(),
        kubernetes_version: new.kubernetes_version.clone(),
        control_plane_endpoint: new.control_plane_endpoint.clone(),
        api_server: v1beta3::APIServer {
            extra_args: args::to_map(&new.api_server.extra_args),
            extra_volumes: new.api_server.extra_volumes.clone(),
            cert_sans: new.api_server.cert_sans.clone(),
            timeout_for_control_plane: None,
        },
        controller_manager: component(&new.controller_manager),
        scheduler: component(&new.scheduler),
        dns: v1beta3::DNS {
            image_repository: new.dns.image_repository.clone(),
            image_tag: new.dns.image_tag.clone(),
        },
        certificates_dir: new.certificates_dir.clone(),
        image_repository: new.image_repository.clone(),
        feature_gates: new.feature_gates.clone(),
        cluster_name: new.cluster_name.clone(),
    }
}

fn component(new: &v1beta4::ControlPlaneComponent) -> v1beta3::ControlPlaneComponent {
    v1beta3::ControlPlaneComponent {
        extra_args: args::to_map(&new.extra_args),
        extra_volumes: new.extra_volumes.clone(),
    }
}

fn local_etcd(new: &v1beta4::LocalEtcd) -> v1beta3::LocalEtcd {
    v1beta3::LocalEtcd {
        image_repository: new.image_repository.clone(),
        image_tag: new.image_tag.clone(),
        data_dir: new.data_dir.clone(),
        extra_args: args::to_map(&new.extra_args),
        server_cert_sans: new.server_cert_sans.clone(),
        peer_cert_sans: new.peer_cert_sans.clone(),
    }
}

fn external_etcd(new: &v1beta4::ExternalEtcd) -> v1beta3::ExternalEtcd {
    v1beta3::ExternalEtcd {
        endpoints: new.endpoints.clone(),
        ca_file: new.ca_file.clone(),
        cert_file: new.cert_file.clone(),
        key_file: new.key_file.clone(),
    }
}
