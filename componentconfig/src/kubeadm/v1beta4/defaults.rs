//! The defaults that need nothing but the document. Follows `cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go` and
//! `cmd/kubeadm/app/apis/bootstraptoken/v1/defaults.go`.

use super::{
    APIEndpoint, BootstrapToken, ClusterConfiguration, Discovery, Etcd, FileDiscovery,
    InitConfiguration, JoinConfiguration, LocalEtcd, Networking, NodeRegistrationOptions,
    ResetConfiguration, Timeouts, UpgradeApplyConfiguration, UpgradeConfiguration,
    UpgradeNodeConfiguration, UpgradePlanConfiguration,
};
use crate::{
    check::url,
    core::EnvVar,
    defaults,
    defaults::Unset,
    kubeadm::constants::{
        CA_CERTIFICATE_VALIDITY_PERIOD, CERTIFICATE_VALIDITY_PERIOD, DEFAULT_BIND_PORT,
        DEFAULT_CA_CERT_PATH, DEFAULT_CERTIFICATES_DIR, DEFAULT_CLUSTER_NAME, DEFAULT_DNS_DOMAIN,
        DEFAULT_ENCRYPTION_ALGORITHM, DEFAULT_ETCD_DATA_DIR, DEFAULT_IMAGE_PULL_POLICY,
        DEFAULT_IMAGE_REPOSITORY, DEFAULT_KUBERNETES_VERSION, DEFAULT_SERVICE_SUBNET,
        DEFAULT_TOKEN_GROUP, DEFAULT_TOKEN_TTL, TOKEN_USAGES,
    },
    scalar::Duration,
};

defaults! {
    ClusterConfiguration: fill_defaults {
        kubernetes_version: &str = DEFAULT_KUBERNETES_VERSION,
        certificates_dir: &str = DEFAULT_CERTIFICATES_DIR,
        image_repository: &str = DEFAULT_IMAGE_REPOSITORY,
        cluster_name: &str = DEFAULT_CLUSTER_NAME,
        encryption_algorithm: &str = DEFAULT_ENCRYPTION_ALGORITHM,
        certificate_validity_period: Duration = CERTIFICATE_VALIDITY_PERIOD,
        ca_certificate_validity_period: Duration = CA_CERTIFICATE_VALIDITY_PERIOD,
    }
}

defaults! {
    Networking: fill_defaults {
        service_subnet: &str = DEFAULT_SERVICE_SUBNET,
        dns_domain: &str = DEFAULT_DNS_DOMAIN,
    }
}

defaults! {
    LocalEtcd: fill_defaults { data_dir: &str = DEFAULT_ETCD_DATA_DIR }
}

defaults! {
    JoinConfiguration: fill_defaults { ca_cert_path: &str = DEFAULT_CA_CERT_PATH }
}

defaults! {
    ResetConfiguration: fill_defaults { certificates_dir: &str = DEFAULT_CERTIFICATES_DIR }
}

defaults! {
    UpgradeApplyConfiguration: fill_defaults {
        etcd_upgrade: bool = true,
        certificate_renewal: bool = true,
        image_pull_serial: bool = true,
        image_pull_policy: &str = DEFAULT_IMAGE_PULL_POLICY,
    }
}

defaults! {
    UpgradeNodeConfiguration: fill_defaults {
        etcd_upgrade: bool = true,
        certificate_renewal: bool = true,
        image_pull_serial: bool = true,
        image_pull_policy: &str = DEFAULT_IMAGE_PULL_POLICY,
    }
}

defaults! {
    UpgradePlanConfiguration: fill_defaults { etcd_upgrade: bool = true }
}

defaults! {
    APIEndpoint: set_defaults { bind_port: i32 = DEFAULT_BIND_PORT }
}

defaults! {
    NodeRegistrationOptions: set_defaults {
        image_pull_policy: &str = DEFAULT_IMAGE_PULL_POLICY,
        image_pull_serial: bool = true,
    }
}

defaults! {
    Timeouts: fill_defaults {
        control_plane_component_health_check: Duration = Duration::from_mins(4),
        kubelet_health_check: Duration = Duration::from_mins(4),
        kubernetes_api_call: Duration = Duration::from_mins(1),
        etcd_api_call: Duration = Duration::from_mins(2),
        tls_bootstrap: Duration = Duration::from_mins(5),
        discovery: Duration = Duration::from_mins(5),
        upgrade_manifests: Duration = Duration::from_mins(5),
    }
}

impl InitConfiguration {
    /// Fills in what is unset. Setting defaults twice is the same as once.
    pub fn set_defaults(&mut self) {
        if self.bootstrap_tokens.is_empty() {
            self.bootstrap_tokens.push(BootstrapToken::default());
        }
        self.bootstrap_tokens
            .iter_mut()
            .for_each(BootstrapToken::set_defaults);
        self.local_api_endpoint.set_defaults();
        self.node_registration.set_defaults();
        self.timeouts.get_or_insert_default().set_defaults();
    }
}

impl ClusterConfiguration {
    /// Fills in what is unset. Setting defaults twice is the same as once.
    pub fn set_defaults(&mut self) {
        self.fill_defaults();
        self.networking.fill_defaults();
        self.etcd.set_defaults();
        let local = self.etcd.local.as_mut().map(|local| &mut local.extra_envs);
        [
            &mut self.api_server.extra_envs,
            &mut self.controller_manager.extra_envs,
            &mut self.scheduler.extra_envs,
        ]
        .into_iter()
        .chain(local)
        .flatten()
        .for_each(env);
    }
}

impl Etcd {
    fn set_defaults(&mut self) {
        if self.external.is_none() {
            self.local.get_or_insert_default();
        }
        if let Some(local) = &mut self.local {
            local.fill_defaults();
        }
        if let Some(external) = &mut self.external
            && external.http_endpoints.is_empty()
        {
            external.http_endpoints.clone_from(&external.endpoints);
        }
    }
}

impl JoinConfiguration {
    /// Fills in what is unset. Setting defaults twice is the same as once.
    pub fn set_defaults(&mut self) {
        self.fill_defaults();
        if let Some(control_plane) = &mut self.control_plane {
            control_plane.local_api_endpoint.set_defaults();
        }
        self.discovery.set_defaults();
        self.node_registration.set_defaults();
        self.timeouts.get_or_insert_default().set_defaults();
    }
}

impl Discovery {
    fn set_defaults(&mut self) {
        if let Some(bootstrap_token) = &self.bootstrap_token
            && self.tls_bootstrap_token.is_empty()
        {
            self.tls_bootstrap_token = bootstrap_token.token.clone();
        }
        if let Some(file) = &mut self.file {
            file.set_defaults();
        }
    }
}

impl FileDiscovery {
    /// A file URL becomes its path.
    fn set_defaults(&mut self) {
        if let Ok(url) = url::parse(&self.kube_config_path)
            && url.scheme == "file"
        {
            self.kube_config_path = url.path;
        }
    }
}

impl ResetConfiguration {
    /// Fills in what is unset. Setting defaults twice is the same as once.
    pub fn set_defaults(&mut self) {
        self.fill_defaults();
        self.timeouts.get_or_insert_default().set_defaults();
    }
}

impl UpgradeConfiguration {
    /// Fills in what is unset. Setting defaults twice is the same as once.
    pub fn set_defaults(&mut self) {
        self.apply.fill_defaults();
        self.node.fill_defaults();
        self.plan.fill_defaults();
        self.timeouts.get_or_insert_default().set_defaults();
    }
}

impl BootstrapToken {
    /// Fills in what is unset, other than the token itself.
    ///
    /// A time to live is filled in only where no expiry is set, and groups only for a token that authenticates.
    /// Upstream fills in both always, and then refuses the outcome.
    pub fn set_defaults(&mut self) {
        if self.ttl.is_none() && self.expires.is_none() {
            self.ttl = Some(DEFAULT_TOKEN_TTL);
        }
        if self.usages.is_empty() {
            self.usages = TOKEN_USAGES.map(str::to_owned).into();
        }
        let only_signs = self.usages.iter().all(|usage| usage == "signing");
        if self.groups.is_empty() && !only_signs {
            self.groups.push(DEFAULT_TOKEN_GROUP.to_owned());
        }
    }
}

impl Timeouts {
    /// Fills in what is unset.
    pub fn set_defaults(&mut self) {
        self.fill_defaults();
    }
}

/// The defaults of core v1, as its own defaulting sets them.
fn env(variable: &mut EnvVar) {
    let Some(source) = &mut variable.value_from else {
        return;
    };
    if let Some(field) = &mut source.field_ref {
        field.api_version.fill("v1");
    }
    if let Some(key) = &mut source.file_key_ref {
        key.optional.get_or_insert(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{EnvVarSource, FileKeySelector, ObjectFieldSelector};

    #[test]
    fn references_in_variables_take_the_defaults_of_core() {
        let mut cluster = ClusterConfiguration::default();
        cluster.scheduler.extra_envs = vec![EnvVar {
            value_from: Some(EnvVarSource {
                field_ref: Some(ObjectFieldSelector::default()),
                file_key_ref: Some(FileKeySelector::default()),
                ..EnvVarSource::default()
            }),
            ..EnvVar::default()
        }];
        cluster.set_defaults();
        let source = cluster.scheduler.extra_envs[0].value_from.as_ref().unwrap();
        assert_eq!(source.field_ref.as_ref().unwrap().api_version, "v1");
        assert_eq!(source.file_key_ref.as_ref().unwrap().optional, Some(false));
    }

    #[test]
    fn an_expiry_needs_no_time_to_live() {
        let mut token = BootstrapToken {
            expires: crate::core::Time::from_unix(0),
            ..BootstrapToken::default()
        };
        token.set_defaults();
        assert_eq!(token.ttl, None);
        assert_eq!(token.groups, [DEFAULT_TOKEN_GROUP]);
    }

    #[test]
    fn a_token_that_only_signs_has_no_groups() {
        for (usages, groups) in [
            (vec!["signing"], 0),
            (vec!["sign"], 1),
            (vec!["authentication"], 1),
        ] {
            let mut token = BootstrapToken {
                usages: usages.into_iter().map(str::to_owned).collect(),
                ..BootstrapToken::default()
            };
            token.set_defaults();
            assert_eq!(token.groups.len(), groups, "{:?}", token.usages);
        }
    }

    #[test]
    fn file_urls_become_paths() {
        let mut file = FileDiscovery {
            kube_config_path: "file:///a%20b".to_owned(),
        };
        file.set_defaults();
        assert_eq!(file.kube_config_path, "/a b");
    }
}
