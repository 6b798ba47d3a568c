//! The defaults of kube-proxy. Follows `pkg/proxy/apis/config/v1alpha1/defaults.go`.

use super::{
    KubeProxyConfiguration, KubeProxyConntrackConfiguration, KubeProxyIPTablesConfiguration,
};
use crate::{
    check::{host, ip},
    scalar::Duration,
};

const HEALTHZ_PORT: &str = "10256";
const METRICS_PORT: &str = "10249";

impl KubeProxyConfiguration {
    /// Fills in what is unset, as kube-proxy does when it starts. Setting defaults twice is the same as once.
    pub fn set_defaults(&mut self) {
        text(&mut self.bind_address, "0.0.0.0");
        let ipv4 = ip::parse(&self.bind_address).is_some_and(|ip| ip.is_ipv4());
        let (any, loopback) = if ipv4 {
            ("0.0.0.0", "127.0.0.1")
        } else {
            ("::", "::1")
        };
        address(&mut self.healthz_bind_address, any, HEALTHZ_PORT);
        address(&mut self.metrics_bind_address, loopback, METRICS_PORT);
        self.oom_score_adj.get_or_insert(-999);
        self.iptables.set_defaults();
        time(&mut self.ipvs.sync_period, Duration::from_secs(30));
        let nftables = &mut self.nftables;
        nftables.masquerade_bit.get_or_insert(14);
        time(&mut nftables.sync_period, Duration::from_secs(30));
        time(&mut nftables.min_sync_period, Duration::from_secs(1));
        self.conntrack.set_defaults();
        time(&mut self.config_sync_period, Duration::from_mins(15));
        let client = &mut self.client_connection;
        text(
            &mut client.content_type,
            "application/vnd.kubernetes.protobuf",
        );
        if client.qps == 0.0 {
            client.qps = 5.0;
        }
        if client.burst == 0 {
            client.burst = 10;
        }
        self.logging.set_defaults();
    }
}

impl KubeProxyIPTablesConfiguration {
    fn set_defaults(&mut self) {
        self.masquerade_bit.get_or_insert(14);
        self.localhost_node_ports.get_or_insert(true);
        time(&mut self.sync_period, Duration::from_secs(30));
        time(&mut self.min_sync_period, Duration::from_secs(1));
    }
}

impl KubeProxyConntrackConfiguration {
    fn set_defaults(&mut self) {
        self.max_per_core.get_or_insert(32 * 1024);
        self.min.get_or_insert(128 * 1024);
        self.tcp_established_timeout
            .get_or_insert(Duration::from_hours(24));
        self.tcp_close_wait_timeout
            .get_or_insert(Duration::from_hours(1));
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

fn text(field: &mut String, default: &str) {
    if field.is_empty() {
        default.clone_into(field);
    }
}

fn time(field: &mut Duration, default: Duration) {
    if field.is_zero() {
        *field = default;
    }
}
