//! What kubeadm finds out about its host and the world, handed in as data.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use semver::Version;

use super::{constants::KUBEADM_VERSION, token::Token};

/// What defaults depend on beside the documents. Nothing in here is looked up by this crate.
///
/// What is not known (`None`, or [`HostAddress::Unknown`]) is not filled in: the field stays unset, is not validated,
/// and is listed in the outcome. So a file can be checked anywhere, with `Facts::default()`.
///
/// ```
/// use componentconfig::kubeadm::{Facts, HostAddress};
///
/// let facts = Facts {
///     hostname: Some("cp-1".to_owned()),
///     address: HostAddress::found("192.0.2.10".parse().unwrap()),
///     cri_sockets: Some(vec!["unix:///run/containerd/containerd.sock".to_owned()]),
///     ..Facts::default()
/// };
/// assert_eq!(facts.kubeadm_version.minor, 36);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The name of the host, for `nodeRegistration.name`.
    pub hostname: Option<String>,
    /// The addresses of the interface with the default route, for `localAPIEndpoint.advertiseAddress`.
    pub address: HostAddress,
    /// A global unicast address on the loopback interface, which an advertise address on the loopback stands for.
    pub loopback_address: Option<IpAddr>,
    /// The endpoints of container runtimes found on the host, for `criSocket`. None found: containerd's is taken.
    pub cri_sockets: Option<Vec<String>>,
    /// Random tokens for those bootstrap tokens that have none, taken in order.
    pub tokens: Vec<Token>,
    /// What release labels stand for, such as `stable-1` or `ci/latest`. A label that is not here falls back to the
    /// version of kubeadm, with a warning, as without a network.
    pub releases: BTreeMap<String, String>,
    /// The version of kubeadm: it decides which versions of the control plane are accepted.
    pub kubeadm_version: Version,
    /// Whether the service `systemd-resolved` is active, which decides about `resolvConf` of the kubelet.
    pub systemd_resolved: bool,
    /// Whether the file that `discovery.file.kubeConfigPath` names exists.
    pub discovery_file_exists: Option<bool>,
}

/// What is known about the addresses of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostAddress {
    /// Nothing.
    #[default]
    Unknown,
    /// There is no default route.
    NoRoute,
    /// No interface has a global unicast address.
    NoAddress,
    /// Those of the interface with the default route; at least one is there.
    Found {
        /// Its IPv4 address.
        ipv4: Option<Ipv4Addr>,
        /// Its IPv6 address.
        ipv6: Option<Ipv6Addr>,
    },
}

impl HostAddress {
    /// A single address.
    pub const fn found(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(ip) => Self::Found {
                ipv4: Some(ip),
                ipv6: None,
            },
            IpAddr::V6(ip) => Self::Found {
                ipv4: None,
                ipv6: Some(ip),
            },
        }
    }
}

/// Nothing known, and the version of kubeadm that this crate follows.
impl Default for Facts {
    fn default() -> Self {
        Self {
            hostname: None,
            address: HostAddress::Unknown,
            loopback_address: None,
            cri_sockets: None,
            tokens: Vec::new(),
            releases: BTreeMap::new(),
            kubeadm_version: KUBEADM_VERSION.parse().unwrap_or(Version::new(1, 36, 0)),
            systemd_resolved: false,
            discovery_file_exists: None,
        }
    }
}
