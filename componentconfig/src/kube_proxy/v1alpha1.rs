//! The types of `kubeproxy.config.k8s.io/v1alpha1`.
//!
//! They mirror `staging/src/k8s.io/kube-proxy/config/v1alpha1/types.go`: a plain field whose value is zero counts as unset,
//! an `Option` is unset only when it is `None`.

mod defaults;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    component_base::{ClientConnectionConfiguration, LoggingConfiguration},
    omit,
    scalar::Duration,
};

/// The configuration of kube-proxy. A default that is named is kube-proxy's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeProxyConfiguration {
    /// Feature gates by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub feature_gates: BTreeMap<String, bool>,
    /// How the API server is reached.
    pub client_connection: ClientConnectionConfiguration,
    /// How kube-proxy logs.
    pub logging: LoggingConfiguration,
    /// The name of the node. Empty: the host name.
    pub hostname_override: String,
    /// Which IP family is the primary one, and an address of the node for lack of a better. Default `0.0.0.0`, or
    /// `::` where the address of the node says so.
    pub bind_address: String,
    /// The address and port of the health endpoint. Default port 10256 on all addresses.
    pub healthz_bind_address: String,
    /// The address and port of the metrics endpoint. Default port 10249 on the loopback address.
    pub metrics_bind_address: String,
    /// Whether failing to bind a port ends kube-proxy.
    pub bind_address_hard_fail: bool,
    /// Whether profiles are served by the metrics endpoint.
    pub enable_profiling: bool,
    /// The previous minor version whose hidden metrics are shown.
    pub show_hidden_metrics_for_version: String,
    /// `iptables`, `ipvs` or `nftables` on Linux, `kernelspace` on Windows. Empty: the best of the platform.
    pub mode: String,
    /// Options of the mode `iptables`, which `ipvs` uses too.
    pub iptables: KubeProxyIPTablesConfiguration,
    /// Options of the mode `ipvs`.
    pub ipvs: KubeProxyIPVSConfiguration,
    /// Options of the mode `nftables`.
    pub nftables: KubeProxyNFTablesConfiguration,
    /// Options of the mode `kernelspace`.
    pub winkernel: KubeProxyWinkernelConfiguration,
    /// How local traffic is told: `ClusterCIDR`, `NodeCIDR`, `BridgeInterface` or `InterfaceNamePrefix`. Empty: by
    /// `clusterCIDR`.
    pub detect_local_mode: String,
    /// Options of the detection of local traffic.
    pub detect_local: DetectLocalConfiguration,
    /// The CIDR of Pods, or one of each IP family separated by a comma.
    #[serde(rename = "clusterCIDR")]
    pub cluster_cidr: String,
    /// The CIDRs of the node addresses that serve node ports, or only `primary`. `None`: those of the mode.
    pub node_port_addresses: Option<Vec<String>>,
    /// The OOM score of kube-proxy's process, -1000 to 1000. Default -999.
    pub oom_score_adj: Option<i32>,
    /// Options of connection tracking.
    pub conntrack: KubeProxyConntrackConfiguration,
    /// How often the configuration is refreshed from the API server. Default 15 minutes.
    pub config_sync_period: Duration,
    /// Without effect for years.
    pub port_range: String,
    /// Whether kube-proxy runs as a Windows service.
    #[serde(skip_serializing_if = "omit::zero")]
    pub windows_run_as_service: bool,
}

/// Options of the mode `iptables`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeProxyIPTablesConfiguration {
    /// The bit of the fwmark space that marks packets for SNAT, 0 to 31. Default 14.
    pub masquerade_bit: Option<i32>,
    /// Whether all traffic to Services is masqueraded.
    pub masquerade_all: bool,
    /// Whether node ports are served on the loopback address. Default true.
    pub localhost_node_ports: Option<bool>,
    /// The longest time between two synchronisations of rules. Default 30 seconds.
    pub sync_period: Duration,
    /// The least time between two synchronisations of rules. Default 1 second.
    pub min_sync_period: Duration,
}

/// Options of the mode `ipvs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeProxyIPVSConfiguration {
    /// The longest time between two synchronisations of rules. Default 30 seconds.
    pub sync_period: Duration,
    /// The least time between two synchronisations of rules.
    pub min_sync_period: Duration,
    /// The IPVS scheduler, such as `rr`.
    pub scheduler: String,
    /// CIDRs whose IPVS services are left alone when rules are cleaned.
    #[serde(rename = "excludeCIDRs")]
    pub exclude_cidrs: Option<Vec<String>>,
    /// Whether `arp_ignore` and `arp_announce` are set.
    #[serde(rename = "strictARP")]
    pub strict_arp: bool,
    /// The timeout of idle TCP sessions. Zero: that of the system.
    pub tcp_timeout: Duration,
    /// The timeout of TCP sessions after a FIN. Zero: that of the system.
    pub tcp_fin_timeout: Duration,
    /// The timeout of UDP. Zero: that of the system.
    pub udp_timeout: Duration,
}

/// Options of the mode `nftables`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeProxyNFTablesConfiguration {
    /// The bit of the fwmark space that marks packets for SNAT, 0 to 31. Default 14.
    pub masquerade_bit: Option<i32>,
    /// Whether all traffic to Services is masqueraded.
    pub masquerade_all: bool,
    /// The longest time between two synchronisations of rules. Default 30 seconds.
    pub sync_period: Duration,
    /// The least time between two synchronisations of rules. Default 1 second.
    pub min_sync_period: Duration,
}

/// Options of the mode `kernelspace`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeProxyWinkernelConfiguration {
    /// The name of the network. Empty: that of the environment.
    pub network_name: String,
    /// The source address of load balancing.
    pub source_vip: String,
    /// Whether direct server return is used.
    #[serde(rename = "enableDSR")]
    pub enable_dsr: bool,
    /// The endpoint of the node in the overlay network.
    pub root_hns_endpoint_name: String,
    /// Whether health checks to external addresses reach the node port.
    pub forward_health_check_vip: bool,
}

/// Options of the detection of local traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct DetectLocalConfiguration {
    /// The bridge whose traffic is local, for `BridgeInterface`.
    pub bridge_interface: String,
    /// The prefix of the interfaces whose traffic is local, for `InterfaceNamePrefix`.
    pub interface_name_prefix: String,
}

/// Options of connection tracking. A zero leaves the system's setting alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeProxyConntrackConfiguration {
    /// The most connections tracked for each core. Default 32768.
    pub max_per_core: Option<i32>,
    /// The least number of connections to reserve. Default 131072.
    pub min: Option<i32>,
    /// How long an idle TCP connection is kept. Default 24 hours.
    pub tcp_established_timeout: Option<Duration>,
    /// How long a connection in CLOSE_WAIT is kept. Default 1 hour.
    pub tcp_close_wait_timeout: Option<Duration>,
    /// Whether packets outside the window are not marked invalid.
    pub tcp_be_liberal: bool,
    /// How long a UDP entry without answer is kept.
    pub udp_timeout: Duration,
    /// How long a UDP stream is kept.
    pub udp_stream_timeout: Duration,
}

crate::kind::kinds!("kubeproxy.config.k8s.io", "v1alpha1": KubeProxyConfiguration);
