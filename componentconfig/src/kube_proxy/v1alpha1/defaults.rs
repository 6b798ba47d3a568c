//! The defaults of kube-proxy. Follows `pkg/proxy/apis/config/v1alpha1/defaults.go`.

use super::{
    KubeProxyConfiguration, KubeProxyConntrackConfiguration, KubeProxyIPTablesConfiguration,
    KubeProxyIPVSConfiguration, KubeProxyNFTablesConfiguration,
};
use crate::{
    check::{host, ip},
    defaults,
    defaults::Unset,
    scalar::Duration,
};

const HEALTHZ_PORT: &str = "10256";
const METRICS_PORT: &str = "10249";

defaults! {
    KubeProxyConfiguration: fill_defaults {
        bind_address: &str = "0.0.0.0",
        oom_score_adj: i32 = -999,
        config_sync_period: Duration = Duration::from_mins(15),
    }
}

defaults! {
    KubeProxyIPTablesConfiguration: fill_defaults {
        masquerade_bit: i32 = 14,
        localhost_node_ports: bool = true,
        sync_period: Duration = Duration::from_secs(30),
        min_sync_period: Duration = Duration::from_secs(1),
    }
}

defaults! {
    KubeProxyIPVSConfiguration: fill_defaults { sync_period: Duration = Duration::from_secs(30) }
}

defaults! {
    KubeProxyNFTablesConfiguration: fill_defaults {
        masquerade_bit: i32 = 14,
        sync_period: Duration = Duration::from_secs(30),
        min_sync_period: Duration = Duration::from_secs(1),
    }
}

defaults! {
    KubeProxyConntrackConfiguration: fill_defaults {
        max_per_core: i32 = 32 * 1024,
        min: i32 = 128 * 1024,
        tcp_established_timeout: Duration = Duration::from_hours(24),
        tcp_close_wait_timeout: Duration = Duration::from_hours(1),
    }
}

impl KubeProxyConfiguration {
    /// Fills in what is unset, as kube-proxy does when it starts. Setting defaults twice is the same as once.
    pub fn set_defaults(&mut self) {
        self.fill_defaults();
        let ipv4 = ip::parse(&self.bind_address).is_some_and(|ip| ip.is_ipv4());
        let (any, loopback) = if ipv4 {
            ("0.0.0.0", "127.0.0.1")
        } else {
            ("::", "::1")
        };
        address(&mut self.healthz_bind_address, any, HEALTHZ_PORT);
        address(&mut self.metrics_bind_address, loopback, METRICS_PORT);
        self.iptables.fill_defaults();
        self.ipvs.fill_defaults();
        self.nftables.fill_defaults();
        self.conntrack.fill_defaults();
        let client = &mut self.client_connection;
        client
            .content_type
            .fill("application/vnd.kubernetes.protobuf");
        client.qps.fill(5.0);
        client.burst.fill(10);
        self.logging.set_defaults();
    }
}

/// An address to bind: unset, all of it is filled in; an IP address alone gets the port.
fn address(field: &mut String, default: &str, port: &str) {
    let without_port = host::split(field).is_err() && ip::parse(field).is_some();
    if field.is_empty() {
        *field = host::join(default, port);
    } else if without_port {
        *field = host::join(field, port);
    }
}
