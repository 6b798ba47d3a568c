//! What `kubeadm init` and `kubeadm join` are told.

use super::{
    super::{
        field::{optional, pair},
        restore,
    },
    new, old,
};

pair!(old::Patches, new::Patches { directory });
pair!(
    old::APIEndpoint,
    new::APIEndpoint {
        advertise_address,
        bind_port
    }
);
pair!(old::NodeRegistrationOptions, new::NodeRegistrationOptions {
        name, cri_socket, kubelet_extra_args, ignore_preflight_errors, image_pull_policy
    }
    up(from, to, _context) {
        to.taints = from.taints.take();
        to.image_pull_serial = from.image_pull_serial;
    }
    down(from, to, _context) {
        to.taints = from.taints.take();
        to.image_pull_serial = from.image_pull_serial;
    }
);
pair!(old::BootstrapToken, new::BootstrapToken { token, description, usages, groups; ttl => ttl_seconds }
    up(from, to, _context) { to.expires = from.expires; }
    down(from, to, _context) { to.expires = from.expires; }
);
pair!(
    old::InitConfiguration,
    new::InitConfiguration {
        bootstrap_tokens,
        node_registration,
        local_api_endpoint,
        skip_phases,
        patches
    }
);
pair!(
    old::JoinControlPlane,
    new::JoinControlPlane { local_api_endpoint }
);
pair!(
    old::JoinConfiguration,
    new::JoinConfiguration {
        node_registration,
        ca_cert_path,
        discovery,
        control_plane,
        skip_phases,
        patches
    }
);
pair!(
    old::Discovery,
    new::Discovery {
        bootstrap_token,
        file,
        tls_bootstrap_token
    }
);
pair!(
    old::BootstrapTokenDiscovery,
    new::BootstrapTokenDiscovery {
        token,
        api_server_endpoint,
        ca_cert_hashes,
        unsafe_skip_ca_verification
    }
);
pair!(
    old::FileDiscovery,
    new::FileDiscovery {
        kube_config_path,
        kube_config
    }
);
pair!(
    old::FileDiscoveryKubeConfig,
    new::FileDiscoveryKubeConfig { cluster, user }
);
pair!(
    old::KubeConfigCluster,
    new::KubeConfigCluster {
        server,
        tls_server_name,
        insecure_skip_tls_verify,
        certificate_authority_data,
        proxy_url
    }
);
pair!(
    old::KubeConfigUser,
    new::KubeConfigUser {
        auth_provider,
        exec
    }
);
pair!(
    old::KubeConfigAuthProvider,
    new::KubeConfigAuthProvider { name, config }
);
pair!(
    old::KubeConfigAuthExec,
    new::KubeConfigAuthExec {
        command,
        args,
        env,
        api_version,
        provide_cluster_info
    }
);
pair!(
    old::KubeConfigAuthExecEnv,
    new::KubeConfigAuthExecEnv { name, value }
);

optional! {
    old::Patches, new::Patches;
    old::InitConfiguration, new::InitConfiguration;
    old::JoinConfiguration, new::JoinConfiguration;
    old::BootstrapTokenDiscovery, new::BootstrapTokenDiscovery;
    old::FileDiscovery, new::FileDiscovery;
    old::FileDiscoveryKubeConfig, new::FileDiscoveryKubeConfig;
    old::KubeConfigCluster, new::KubeConfigCluster;
    old::KubeConfigAuthProvider, new::KubeConfigAuthProvider;
    old::KubeConfigAuthExec, new::KubeConfigAuthExec;
}

/// Restores what was said to be false about the way to the cluster.
pub(super) fn restore_discovery(discovery: &mut new::Discovery, restored: Option<&new::Discovery>) {
    restore::intent(
        &mut discovery.bootstrap_token.unsafe_skip_ca_verification,
        restored.map(|was| &was.bootstrap_token.unsafe_skip_ca_verification),
    );
    let config = &mut discovery.file.kube_config;
    let was = restored.map(|was| &was.file.kube_config);
    restore::intent(
        &mut config.cluster.insecure_skip_tls_verify,
        was.map(|was| &was.cluster.insecure_skip_tls_verify),
    );
    restore::intent(
        &mut config.user.exec.provide_cluster_info,
        was.map(|was| &was.user.exec.provide_cluster_info),
    );
}
