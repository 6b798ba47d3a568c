//! `etcd` (`cmd/kubeadm/app/phases/etcd/local.go`).

use componentconfig::kubeadm::v1beta4::{Arg, LocalEtcd};
use serde_json::{Value, json};

use super::{
    Component, PodInputs, env, join_host_port, pod::Parts, probe::Probes, volumes::Mounts,
};
use crate::kubeadm::arguments::{self, arg};

const CLIENT_PORT: u16 = 2379;
const PEER_PORT: u16 = 2380;
const METRICS_PORT: i32 = 2381;
const CLIENT_URLS_ANNOTATION: &str = "kubeadm.kubernetes.io/etcd.advertise-client-urls";

pub(super) fn pod(inputs: &PodInputs<'_>) -> Value {
    let unset = LocalEtcd::default();
    let local = inputs.cluster.etcd.local.as_ref().unwrap_or(&unset);
    let mut mounts = Mounts::default();
    mounts.add_folder("etcd-data", &local.data_dir, false);
    let certificates = format!("{}/etcd", inputs.cluster.certificates_dir);
    mounts.add_folder("etcd-certs", &certificates, false);
    let metrics = arguments::value(&local.extra_args, "listen-metrics-urls")
        .and_then(|urls| Endpoint::parse(urls.split(',').next().unwrap_or_default()))
        .unwrap_or_default();
    Parts {
        component: Component::Etcd,
        image: inputs.images().etcd(),
        flags: arguments::to_command(defaults(inputs, local), &local.extra_args),
        probes: Probes {
            host: metrics
                .host
                .unwrap_or_else(|| inputs.localhost().to_owned()),
            port: metrics.port.unwrap_or(METRICS_PORT),
            scheme: if metrics.https { "HTTPS" } else { "HTTP" },
            liveness: "/livez",
            readiness: Some("/readyz"),
            startup: "/readyz",
            timeout: inputs.health_check_timeout,
        },
        requests: json!({"cpu": "100m", "memory": "100Mi"}),
        env: env::merge(&[], &local.extra_envs),
        mounts: mounts.in_order(&["etcd-data", "etcd-certs"]),
        annotation: Some((CLIENT_URLS_ANNOTATION, url(inputs, CLIENT_PORT))),
    }
    .into_pod()
}

fn defaults(inputs: &PodInputs<'_>, local: &LocalEtcd) -> Vec<Arg> {
    let name = inputs.node_name;
    let client_url = url(inputs, CLIENT_PORT);
    let peer_url = url(inputs, PEER_PORT);
    let localhost = inputs.localhost();
    let local_url = format!("https://{}", join_host_port(localhost, CLIENT_PORT));
    let metrics_url = format!("http://{}", join_host_port(localhost, METRICS_PORT));
    let others = inputs
        .etcd_members
        .iter()
        .map(|(name, url)| format!("{name}={url}"));
    let cluster: Vec<String> = others.chain([format!("{name}={peer_url}")]).collect();
    let joins = !inputs.etcd_members.is_empty();
    let state = joins.then(|| arg("initial-cluster-state", "existing"));
    let mut args = vec![
        arg("advertise-client-urls", &client_url),
        arg("cert-file", inputs.pki("etcd/server.crt")),
        arg("client-cert-auth", "true"),
        arg("data-dir", &local.data_dir),
        arg("feature-gates", "InitialCorruptCheck=true"),
        arg("initial-advertise-peer-urls", &peer_url),
        arg("initial-cluster", cluster.join(",")),
        arg("key-file", inputs.pki("etcd/server.key")),
        arg("listen-client-urls", format!("{local_url},{client_url}")),
        arg("listen-metrics-urls", metrics_url),
        arg("listen-peer-urls", &peer_url),
        arg("name", name),
        arg("peer-cert-file", inputs.pki("etcd/peer.crt")),
        arg("peer-client-cert-auth", "true"),
        arg("peer-key-file", inputs.pki("etcd/peer.key")),
        arg("peer-trusted-ca-file", inputs.pki("etcd/ca.crt")),
        arg("snapshot-count", "10000"),
        arg("trusted-ca-file", inputs.pki("etcd/ca.crt")),
        arg("watch-progress-notify-interval", "5s"),
    ];
    args.extend(state);
    args.sort_by(|a, b| a.name.cmp(&b.name));
    args
}

fn url(inputs: &PodInputs<'_>, port: u16) -> String {
    let address = &inputs.endpoint.advertise_address;
    format!("https://{}", join_host_port(address, port))
}

/// What a probe needs of a URL; what the URL leaves open is `None`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Endpoint {
    https: bool,
    host: Option<String>,
    port: Option<i32>,
}

impl Endpoint {
    /// Reads a URL; `None` if it is none, such as `localhost` or `10.0.0.1:2381`.
    fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme_is_valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (_, address) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (host, port) = match address.strip_prefix('[') {
            Some(address) => address.split_once(']')?,
            None => address.split_at(address.find(':').unwrap_or(address.len())),
        };
        let digits = port.strip_prefix(':').unwrap_or(port);
        let port_is_valid = (port.is_empty() || port.starts_with(':'))
            && digits.chars().all(|c| c.is_ascii_digit());
        (scheme_is_valid && port_is_valid).then(|| Self {
            https: scheme.eq_ignore_ascii_case("https"),
            host: (!host.is_empty()).then(|| host.to_owned()),
            port: digits
                .parse()
                .ok()
                .filter(|port| (1..=65_535).contains(port)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_url_is_found() {
        let found = |url| {
            Endpoint::parse(url).map(|e| (e.https, e.host.unwrap_or_default(), e.port.unwrap_or(0)))
        };
        let endpoint = |https, host: &str, port| Some((https, host.to_owned(), port));
        assert_eq!(
            found("https://a.example:1/x?y"),
            endpoint(true, "a.example", 1)
        );
        assert_eq!(
            found("HTTP://u:p@[fd00::1]:2381"),
            endpoint(false, "fd00::1", 2381)
        );
        assert_eq!(found("http://"), endpoint(false, "", 0));
        assert_eq!(found("http://:70000"), endpoint(false, "", 0));
        for no_url in [
            "",
            "localhost",
            "10.0.0.1:2381",
            "http://a:b",
            "http://[::1",
            "1x://a",
        ] {
            assert_eq!(found(no_url), None, "{no_url}");
        }
    }
}
