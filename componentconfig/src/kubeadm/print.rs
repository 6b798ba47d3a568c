//! The defaults that `kubeadm config print` shows, with made-up values for what has to come from the host.
//!
//! Follows `DefaultedStatic...` of `cmd/kubeadm/app/util/config` and `cmd/kubeadm/app/cmd/config.go`.

use std::str::FromStr;

use super::{
    components,
    constants::{DEFAULT_CRI_SOCKET, PRINTED_KUBERNETES_VERSION},
    findings::Findings,
    kinds::{KUBE_PROXY, KUBELET},
    load::{Component, Init},
    token::{BootstrapToken, Token},
    v1beta4::{
        APIEndpoint, BootstrapTokenDiscovery, ClusterConfiguration, InitConfiguration,
        JoinConfiguration, NodeRegistrationOptions, ResetConfiguration, UpgradeConfiguration,
    },
};
use crate::{Class, Diagnostic, Report, secret::Secret};

/// The id and the secret of the token that is shown in place of a random one.
const PLACEHOLDER: (&str, &str) = ("abcdef", "0123456789abcdef");

/// A component whose configuration can be shown along with the defaults of `init`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrintedComponent {
    /// `KubeProxyConfiguration`.
    KubeProxy,
    /// `KubeletConfiguration`.
    Kubelet,
}

/// Reads the kind of the configuration.
impl FromStr for PrintedComponent {
    type Err = Report;

    fn from_str(kind: &str) -> Result<Self, Report> {
        match kind {
            KUBE_PROXY => Ok(Self::KubeProxy),
            KUBELET => Ok(Self::Kubelet),
            _ => {
                let message = format!(
                    "--component-configs needs to contain some of [{KUBE_PROXY} {KUBELET}]"
                );
                Err(Diagnostic::error(Class::Usage, message).into())
            }
        }
    }
}

/// The defaults of `kubeadm init`: `kubeadm config print init-defaults`.
///
/// ```
/// use componentconfig::kubeadm;
///
/// let init = kubeadm::init_defaults();
/// assert_eq!(init.cluster.networking.service_subnet, "10.96.0.0/12");
/// assert_eq!(init.kubelet.config.cluster_dns.as_deref(), Some(&["10.96.0.10".to_owned()][..]));
/// ```
pub fn init_defaults() -> Init {
    let mut init = InitConfiguration {
        local_api_endpoint: APIEndpoint {
            advertise_address: "1.2.3.4".to_owned(),
            ..APIEndpoint::default()
        },
        bootstrap_tokens: vec![BootstrapToken {
            token: Token::new(PLACEHOLDER.0, PLACEHOLDER.1).ok(),
            ..BootstrapToken::default()
        }],
        node_registration: node("node"),
        ..InitConfiguration::default()
    };
    init.set_defaults();
    let mut cluster = ClusterConfiguration {
        kubernetes_version: PRINTED_KUBERNETES_VERSION.to_owned(),
        ..ClusterConfiguration::default()
    };
    cluster.set_defaults();
    let (mut kubelet, mut kube_proxy) = (Component::default(), Component::default());
    let mut findings = Findings::default();
    components::kubelet(
        &mut kubelet.config,
        &cluster,
        false,
        &mut findings.of(KUBELET),
    );
    components::kube_proxy(
        &mut kube_proxy.config,
        &cluster,
        &init.local_api_endpoint,
        &mut findings.of(KUBE_PROXY),
    );
    Init {
        init,
        cluster,
        kubelet,
        kube_proxy,
        ci: None,
    }
}

/// The defaults of `kubeadm join` on a host of that name: `kubeadm config print join-defaults`.
pub fn join_defaults(hostname: &str) -> JoinConfiguration {
    let mut join = JoinConfiguration {
        node_registration: node(hostname),
        ..JoinConfiguration::default()
    };
    join.discovery.bootstrap_token = Some(BootstrapTokenDiscovery {
        token: Secret::from(format!("{}.{}", PLACEHOLDER.0, PLACEHOLDER.1)),
        api_server_endpoint: "kube-apiserver:6443".to_owned(),
        unsafe_skip_ca_verification: true,
        ..BootstrapTokenDiscovery::default()
    });
    join.set_defaults();
    join
}

/// The defaults of `kubeadm reset`: `kubeadm config print reset-defaults`.
pub fn reset_defaults() -> ResetConfiguration {
    let mut reset = ResetConfiguration {
        cri_socket: DEFAULT_CRI_SOCKET.to_owned(),
        ..ResetConfiguration::default()
    };
    reset.set_defaults();
    reset
}

/// The defaults of the `kubeadm upgrade` commands: `kubeadm config print upgrade-defaults`.
pub fn upgrade_defaults() -> UpgradeConfiguration {
    let mut upgrade = UpgradeConfiguration::default();
    upgrade.set_defaults();
    upgrade
}

fn node(name: &str) -> NodeRegistrationOptions {
    NodeRegistrationOptions {
        name: name.to_owned(),
        cri_socket: DEFAULT_CRI_SOCKET.to_owned(),
        ..NodeRegistrationOptions::default()
    }
}
