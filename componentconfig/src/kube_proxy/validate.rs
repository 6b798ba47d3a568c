//! What is wrong with a complete configuration of kube-proxy on Linux.
//!
//! Follows `pkg/proxy/apis/config/validation/validation.go`, with the paths of the document and not those of Go's structs.

use super::v1alpha1::{
    KubeProxyConfiguration, KubeProxyConntrackConfiguration, KubeProxyIPVSConfiguration,
};
use crate::{
    check::{
        host,
        ip::{self, Network},
        metrics,
    },
    field::{Errors, Path},
    gates::Gates,
    scalar::Duration,
};

impl KubeProxyConfiguration {
    /// Everything that is wrong with it. It has to be complete: see [`set_defaults`](Self::set_defaults).
    pub fn validate(&self) -> Errors {
        let mut errors = Errors::new();
        let gates = Gates::new(&self.feature_gates);
        for (_, why) in gates.errors() {
            errors.invalid(&Path::new("featureGates"), "", why);
        }
        self.modes(&mut errors);
        self.conntrack
            .validate(&Path::new("conntrack"), &mut errors);
        if self.client_connection.burst < 0 {
            let path = Path::new("clientConnection").child("burst");
            errors.invalid(
                &path,
                self.client_connection.burst,
                "must be greater than or equal to 0",
            );
        }
        if let Some(score) = self
            .oom_score_adj
            .filter(|score| !(-1000..=1000).contains(score))
        {
            errors.invalid(
                &Path::new("oomScoreAdj"),
                score,
                "must be within the range [-1000, 1000]",
            );
        }
        if self.config_sync_period <= Duration::ZERO {
            let path = Path::new("configSyncPeriod");
            errors.invalid(
                &path,
                self.config_sync_period.to_string(),
                "must be greater than 0",
            );
        }
        self.addresses(&mut errors);
        self.local_traffic(&mut errors);
        let version = &self.show_hidden_metrics_for_version;
        metrics::hidden_version(
            version,
            &Path::new("showHiddenMetricsForVersion"),
            &mut errors,
        );
        self.logging
            .validate(gates, &Path::new("logging"), &mut errors);
        errors
    }

    fn modes(&self, errors: &mut Errors) {
        let mode = self.mode.as_str();
        if !matches!(mode, "" | "iptables" | "ipvs" | "nftables") {
            let detail = "must be iptables, ipvs, nftables or blank (blank means the best-available proxy [currently \
                          iptables])";
            errors.invalid(&Path::new("mode"), mode, detail);
        }
        let iptables = Path::new("iptables");
        masquerade_bit(self.iptables.masquerade_bit, &iptables, errors);
        match mode {
            "ipvs" => {
                let path = Path::new("ipvs");
                periods(
                    self.ipvs.sync_period,
                    self.ipvs.min_sync_period,
                    &path,
                    errors,
                );
                self.ipvs.validate(&path, errors);
            }
            "nftables" => {
                let (path, nftables) = (Path::new("nftables"), &self.nftables);
                masquerade_bit(nftables.masquerade_bit, &path, errors);
                periods(
                    nftables.sync_period,
                    nftables.min_sync_period,
                    &path,
                    errors,
                );
            }
            _ => periods(
                self.iptables.sync_period,
                self.iptables.min_sync_period,
                &iptables,
                errors,
            ),
        }
    }

    fn addresses(&self, errors: &mut Errors) {
        let address = self.bind_address.as_str();
        if ip::parse(address).is_none() {
            let detail = "not a valid textual representation of an IP address";
            errors.invalid(&Path::new("bindAddress"), address, detail);
        }
        for (name, address) in [
            ("healthzBindAddress", &self.healthz_bind_address),
            ("metricsBindAddress", &self.metrics_bind_address),
        ] {
            host_and_port(address, &Path::new(name), errors);
        }
        let (path, cidrs) = (Path::new("clusterCIDR"), self.cluster_cidr.as_str());
        if !cidrs.is_empty() && !is_one_or_dual(cidrs) {
            let detail = "must be a valid CIDR, or one of each IP family (e.g. 10.100.0.0/16,fde4:8dba:82e1::/48)";
            errors.invalid(&path, cidrs, detail);
        }
        let (path, addresses) = (
            Path::new("nodePortAddresses"),
            self.node_port_addresses.as_deref(),
        );
        let addresses = addresses.unwrap_or_default();
        for address in addresses {
            if address == "primary" && addresses.len() > 1 {
                errors.invalid(
                    &path,
                    address.as_str(),
                    "can't use both 'primary' and CIDRs",
                );
            } else if address != "primary" && Network::parse(address).is_none() {
                errors.invalid(&path, address.as_str(), "must be a valid CIDR");
            }
        }
    }

    fn local_traffic(&self, errors: &mut Errors) {
        const MODES: [&str; 5] = [
            "",
            "BridgeInterface",
            "ClusterCIDR",
            "InterfaceNamePrefix",
            "NodeCIDR",
        ];
        let mode = self.detect_local_mode.as_str();
        if !MODES.contains(&mode) {
            errors.not_supported(&Path::new("detectLocalMode"), mode, &MODES);
        }
        let (path, local) = (Path::new("detectLocal"), &self.detect_local);
        for (wanted, name, interface) in [
            (
                "BridgeInterface",
                "bridgeInterface",
                &local.bridge_interface,
            ),
            (
                "InterfaceNamePrefix",
                "interfaceNamePrefix",
                &local.interface_name_prefix,
            ),
        ] {
            if mode == wanted && interface.is_empty() {
                errors.invalid(&path.child(name), "", "must not be empty");
            }
        }
    }
}

fn masquerade_bit(bit: Option<i32>, path: &Path, errors: &mut Errors) {
    if let Some(bit) = bit.filter(|bit| !(0..=31).contains(bit)) {
        errors.invalid(
            &path.child("masqueradeBit"),
            bit,
            "must be within the range [0, 31]",
        );
    }
}

fn periods(sync: Duration, min_sync: Duration, path: &Path, errors: &mut Errors) {
    let field = path.child("syncPeriod");
    if sync <= Duration::ZERO {
        errors.invalid(&field, sync.to_string(), "must be greater than 0");
    }
    if min_sync < Duration::ZERO {
        let detail = "must be greater than or equal to 0";
        errors.invalid(&path.child("minSyncPeriod"), min_sync.to_string(), detail);
    }
    if min_sync > sync {
        errors.invalid(
            &field,
            sync.to_string(),
            format!("must be greater than or equal to minSyncPeriod {min_sync}"),
        );
    }
}

fn not_negative(period: Duration, path: &Path, errors: &mut Errors) {
    if period < Duration::ZERO {
        errors.invalid(
            path,
            period.to_string(),
            "must be greater than or equal to 0",
        );
    }
}

/// The IPVS schedulers.
const SCHEDULERS: [&str; 12] = [
    "", "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "dh", "sed", "nq", "mh",
];

impl KubeProxyIPVSConfiguration {
    fn validate(&self, path: &Path, errors: &mut Errors) {
        for (name, timeout) in [
            ("tcpTimeout", self.tcp_timeout),
            ("tcpFinTimeout", self.tcp_fin_timeout),
            ("udpTimeout", self.udp_timeout),
        ] {
            not_negative(timeout, &path.child(name), errors);
        }
        let scheduler = self.scheduler.as_str();
        if !SCHEDULERS.contains(&scheduler) {
            errors.not_supported(&path.child("scheduler"), scheduler, &SCHEDULERS);
        }
        let excluded = self.exclude_cidrs.iter().flatten();
        for cidr in excluded.filter(|cidr| Network::parse(cidr).is_none()) {
            errors.invalid(
                &path.child("excludeCIDRs"),
                cidr.as_str(),
                "must be a valid CIDR",
            );
        }
    }
}

impl KubeProxyConntrackConfiguration {
    fn validate(&self, path: &Path, errors: &mut Errors) {
        for (name, number) in [("maxPerCore", self.max_per_core), ("min", self.min)] {
            if let Some(number) = number.filter(|number| *number < 0) {
                errors.invalid(
                    &path.child(name),
                    number,
                    "must be greater than or equal to 0",
                );
            }
        }
        for (name, timeout) in [
            ("tcpEstablishedTimeout", self.tcp_established_timeout),
            ("tcpCloseWaitTimeout", self.tcp_close_wait_timeout),
            ("udpTimeout", Some(self.udp_timeout)),
            ("udpStreamTimeout", Some(self.udp_stream_timeout)),
        ] {
            not_negative(timeout.unwrap_or_default(), &path.child(name), errors);
        }
    }
}

fn host_and_port(address: &str, path: &Path, errors: &mut Errors) {
    match host::split(address) {
        Err(_) => errors.invalid(path, address, "must be IP:port"),
        Ok((host, port)) => {
            if ip::parse(host).is_none() {
                errors.invalid(path, host, "must be a valid IP");
            }
            if !host::is_port(port) {
                errors.invalid(path, port, "must be a valid port");
            }
        }
    }
}

fn is_one_or_dual(cidrs: &str) -> bool {
    match Network::parse_list(cidrs).as_deref() {
        Some([_]) => true,
        Some([one, other]) => one.is_ipv6() != other.is_ipv6(),
        _ => false,
    }
}
