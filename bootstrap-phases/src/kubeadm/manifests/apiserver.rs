//! `kube-apiserver`.

use componentconfig::kubeadm::v1beta4::Arg;
use serde_json::{Value, json};

use super::{
    Component, PodInputs, env, join_host_port,
    pod::Parts,
    probe::{Probes, probe_host},
    volumes::Mounts,
};
use crate::kubeadm::arguments::{self, arg};

const DEFAULT_MODES: &str = "Node,RBAC";
const ETCD_CLIENT_PORT: u16 = 2379;
const ENDPOINT_ANNOTATION: &str = "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint";

pub(super) fn pod(inputs: &PodInputs<'_>) -> Value {
    let server = &inputs.cluster.api_server;
    let endpoint = inputs.endpoint;
    let mut mounts = Mounts::with_certificates(inputs);
    if let Some(etcd) = &inputs.cluster.etcd.external {
        mounts.add_etcd_certificates(etcd, &inputs.cluster.certificates_dir);
    }
    mounts.add_all(&server.extra_volumes);
    Parts {
        component: Component::ApiServer,
        image: inputs.image(Component::ApiServer),
        flags: arguments::to_command(defaults(inputs), &server.extra_args),
        probes: Probes {
            host: probe_host(&endpoint.advertise_address),
            port: endpoint.bind_port,
            scheme: "HTTPS",
            liveness: "/livez",
            readiness: Some("/readyz"),
            startup: "/livez",
            timeout: inputs.health_check_timeout,
        },
        requests: json!({"cpu": "250m"}),
        env: env::merge(&inputs.host.proxy, &server.extra_envs),
        mounts,
        annotation: Some((
            ENDPOINT_ANNOTATION,
            join_host_port(&endpoint.advertise_address, endpoint.bind_port),
        )),
    }
    .into_pod()
}

fn defaults(inputs: &PodInputs<'_>) -> Vec<Arg> {
    let networking = &inputs.cluster.networking;
    let issuer = format!("https://kubernetes.default.svc.{}", networking.dns_domain);
    let mut args = vec![
        arg("advertise-address", &inputs.endpoint.advertise_address),
        arg("allow-privileged", "true"),
        arg("client-ca-file", inputs.pki("ca.crt")),
        arg("enable-admission-plugins", "NodeRestriction"),
        arg("enable-bootstrap-token-auth", "true"),
        arg(
            "kubelet-client-certificate",
            inputs.pki("apiserver-kubelet-client.crt"),
        ),
        arg(
            "kubelet-client-key",
            inputs.pki("apiserver-kubelet-client.key"),
        ),
        arg(
            "kubelet-preferred-address-types",
            "InternalIP,ExternalIP,Hostname",
        ),
        arg(
            "proxy-client-cert-file",
            inputs.pki("front-proxy-client.crt"),
        ),
        arg(
            "proxy-client-key-file",
            inputs.pki("front-proxy-client.key"),
        ),
        arg("requestheader-allowed-names", "front-proxy-client"),
        arg(
            "requestheader-client-ca-file",
            inputs.pki("front-proxy-ca.crt"),
        ),
        arg("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
        arg("requestheader-group-headers", "X-Remote-Group"),
        arg("requestheader-username-headers", "X-Remote-User"),
        arg("secure-port", inputs.endpoint.bind_port.to_string()),
        arg("service-account-issuer", issuer),
        arg("service-account-key-file", inputs.pki("sa.pub")),
        arg("service-account-signing-key-file", inputs.pki("sa.key")),
        arg("service-cluster-ip-range", &networking.service_subnet),
        arg("tls-cert-file", inputs.pki("apiserver.crt")),
        arg("tls-private-key-file", inputs.pki("apiserver.key")),
    ];
    args.extend(etcd_args(inputs));
    // The two flags exclude each other.
    let given = &inputs.cluster.api_server.extra_args;
    if arguments::value(given, "authorization-config").is_none() {
        args.push(arg("authorization-mode", DEFAULT_MODES));
    }
    args
}

fn etcd_args(inputs: &PodInputs<'_>) -> Vec<Arg> {
    let etcd = &inputs.cluster.etcd;
    if let Some(external) = &etcd.external {
        let mut args = vec![arg("etcd-servers", external.endpoints.join(","))];
        if !external.ca_file.is_empty() {
            args.push(arg("etcd-cafile", &external.ca_file));
        }
        if !external.cert_file.is_empty() && !external.key_file.is_empty() {
            args.push(arg("etcd-certfile", &external.cert_file));
            args.push(arg("etcd-keyfile", &external.key_file));
        }
        return args;
    }
    let announced = etcd
        .local
        .as_ref()
        .and_then(|local| arguments::value(&local.extra_args, "advertise-client-urls"));
    let servers = announced.map_or_else(
        || {
            format!(
                "https://{}",
                join_host_port(inputs.localhost(), ETCD_CLIENT_PORT)
            )
        },
        str::to_owned,
    );
    vec![
        arg("etcd-servers", servers),
        arg("etcd-cafile", inputs.pki("etcd/ca.crt")),
        arg("etcd-certfile", inputs.pki("apiserver-etcd-client.crt")),
        arg("etcd-keyfile", inputs.pki("apiserver-etcd-client.key")),
    ]
}

/// What is odd about the user's `authorization-mode`: each unknown mode, and then the known ones if they are not the
/// default. The flag is passed on as it stands.
pub(super) fn authorization_remarks(args: &[Arg]) -> Vec<String> {
    const KNOWN: [&str; 6] = [
        "Node",
        "RBAC",
        "Webhook",
        "ABAC",
        "AlwaysAllow",
        "AlwaysDeny",
    ];
    let given = arguments::value(args, "authorization-mode").unwrap_or_default();
    if given.is_empty() || arguments::value(args, "authorization-config").is_some() {
        return Vec::new();
    }
    let (known, unknown): (Vec<&str>, Vec<&str>) =
        given.split(',').partition(|mode| KNOWN.contains(mode));
    let mut remarks: Vec<String> = unknown
        .into_iter()
        .map(|mode| format!("unknown authorization mode {mode:?} of the API server"))
        .collect();
    let known = known.join(",");
    if !known.is_empty() && known != DEFAULT_MODES {
        remarks.push(format!(
            "the API server authorizes by {known:?}; the default is {DEFAULT_MODES:?}"
        ));
    }
    remarks
}
