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
    field::{Errors, FieldError, Path},
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
        let (path, addresses) = (
            Path::new("nodePortAddresses"),
            self.node_port_addresses.as_deref(),
        );
        let addresses = addresses.unwrap_or_default();
        for (index, address) in addresses.iter().enumerate() {
            let detail = match address.as_str() {
                "primary" if addresses.len() > 1 => "can't use both 'primary' and CIDRs",
                "primary" => continue,
                cidr if Network::parse(cidr).is_none() => "must be a valid CIDR",
                _ => continue,
            };
            let error = FieldError::invalid(path.clone(), address.as_str(), detail);
            errors.push(error.pointing_at(path.index(index)));
        }
    }

    /// What kube-proxy does not refuse, and stumbles over later.
    pub(super) fn odd(&self) -> Errors {
        let mut errors = Errors::new();
        if self.detect_local_mode != CLUSTER_CIDR {
            self.cluster_cidr(&mut errors);
        }
        let scheduler = self.ipvs.scheduler.as_str();
        if self.mode == "ipvs" && !SCHEDULERS.contains(&scheduler) {
            let path = Path::new("ipvs").child("scheduler");
            errors.not_supported(&path, scheduler, &SCHEDULERS);
        }
        errors
    }

    fn cluster_cidr(&self, errors: &mut Errors) {
        let cidrs = self.cluster_cidr.as_str();
        if !cidrs.is_empty() && !is_one_or_dual(cidrs) {
            let detail = "must be a valid CIDR, or one of each IP family (e.g. 10.100.0.0/16,fde4:8dba:82e1::/48)";
            errors.invalid(&Path::new("clusterCIDR"), cidrs, detail);
        }
    }

    fn local_traffic(&self, errors: &mut Errors) {
        const MODES: [&str; 5] = [
            "",
            "BridgeInterface",
            CLUSTER_CIDR,
            "InterfaceNamePrefix",
            "NodeCIDR",
        ];
        let mode = self.detect_local_mode.as_str();
        if !MODES.contains(&mode) {
            errors.not_supported(&Path::new("detectLocalMode"), mode, &MODES);
        }
        if mode == CLUSTER_CIDR {
            self.cluster_cidr(errors);
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
                let error = FieldError::invalid(path.child(name), "", "must not be empty");
                errors.push(error.pointing_at(Path::new("detectLocalMode")));
            }
        }
    }
}

/// How traffic of this node is known: by where it comes from.
const CLUSTER_CIDR: &str = "ClusterCIDR";

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
        let (path, excluded) = (path.child("excludeCIDRs"), self.exclude_cidrs.iter());
        for (index, cidr) in excluded.flatten().enumerate() {
            if Network::parse(cidr).is_none() {
                let error =
                    FieldError::invalid(path.clone(), cidr.as_str(), "must be a valid CIDR");
                errors.push(error.pointing_at(path.index(index)));
            }
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

#[cfg(test)]
#[cfg(feature = "yaml")]
mod tests {
    use crate::{Report, kube_proxy, yaml};

    fn said(text: &str) -> String {
        let kind = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";
        let document = yaml::parse("p", &format!("{kind}{text}")).unwrap();
        match kube_proxy::load(&document) {
            Ok((_, warnings)) => Report::from(warnings).to_string(),
            Err(report) => report.to_string(),
        }
    }

    #[test]
    fn an_error_points_to_the_item() {
        assert_eq!(
            said("nodePortAddresses:\n- 10.0.0.0/8\n- 10.0.0.1\n"),
            "p:5:3: nodePortAddresses: Invalid value: \"10.0.0.1\": must be a valid CIDR",
        );
        assert_eq!(
            said("mode: ipvs\nipvs:\n  excludeCIDRs:\n  - fd00::/8\n  - x\n"),
            "p:7:5: ipvs.excludeCIDRs: Invalid value: \"x\": must be a valid CIDR",
        );
        assert_eq!(
            said("detectLocalMode: BridgeInterface\n"),
            "p:3:1: detectLocal.bridgeInterface: Invalid value: \"\": must not be empty",
        );
    }

    #[test]
    fn the_networks_of_the_cluster_are_refused_where_they_are_used() {
        let wrong = "clusterCIDR: 10.0.0.0/8,11.0.0.0/8\n";
        let detail = "clusterCIDR: Invalid value: \"10.0.0.0/8,11.0.0.0/8\": must be a valid CIDR, or one of each IP \
                      family (e.g. 10.100.0.0/16,fde4:8dba:82e1::/48)";
        assert_eq!(said(wrong), format!("p:3:1: warning: {detail}"));
        let used = format!("detectLocalMode: ClusterCIDR\n{wrong}");
        assert_eq!(said(&used), format!("p:4:1: {detail}"));
        assert_eq!(said("clusterCIDR: 10.0.0.0/8,fd00::/48\n"), "");
    }

    #[test]
    fn the_scheduler_is_for_the_kernel_to_know() {
        let odd = said("mode: ipvs\nipvs: {scheduler: fast}\n");
        assert!(
            odd.starts_with("p:4:8: warning: ipvs.scheduler: Unsupported value: \"fast\""),
            "{odd}"
        );
        assert_eq!(said("mode: ipvs\nipvs: {scheduler: rr}\n"), "");
        assert_eq!(said("ipvs: {scheduler: fast}\n"), "");
    }
}
