//! What kubeadm fills into the configurations of the kubelet and of kube-proxy: from the cluster, not their own defaults.
//!
//! Follows `cmd/kubeadm/app/componentconfigs/kubelet.go` and `.../kubeproxy.go`.

use std::fmt;

use super::{
    constants::{DEFAULT_CLUSTER_DNS_IP, KUBE_PROXY_KUBECONFIG, MANIFESTS_DIR},
    findings::Scope,
    v1beta4::{APIEndpoint, ClusterConfiguration},
};
use crate::{
    Class,
    check::{
        file,
        ip::{self, Network},
    },
    field::Path,
    kube_proxy::v1alpha1::KubeProxyConfiguration,
    kubelet::v1beta1::KubeletConfiguration,
};

const RESOLVED_CONF: &str = "/run/systemd/resolve/resolv.conf";

/// Completes a configuration of the kubelet.
pub(crate) fn kubelet(
    kubelet: &mut KubeletConfiguration,
    cluster: &ClusterConfiguration,
    systemd_resolved: bool,
    scope: &mut Scope<'_>,
) {
    let mut fill = Recommended {
        kind: "KubeletConfiguration",
        scope,
    };
    fill.text("staticPodPath", &mut kubelet.static_pod_path, MANIFESTS_DIR);
    fill.list(
        "clusterDNS",
        &mut kubelet.cluster_dns,
        &cluster_dns(cluster),
    );
    let domain = &cluster.networking.dns_domain;
    if !domain.is_empty() {
        fill.text("clusterDomain", &mut kubelet.cluster_domain, domain);
    }
    let ca = file::join(&cluster.certificates_dir, "ca.crt");
    let authentication = &mut kubelet.authentication;
    fill.text(
        "authentication.x509.clientCAFile",
        &mut authentication.x509.client_ca_file,
        &ca,
    );
    fill.value(
        "authentication.anonymous.enabled",
        &mut authentication.anonymous.enabled,
        false,
    );
    fill.text(
        "authorization.mode",
        &mut kubelet.authorization.mode,
        "Webhook",
    );
    fill.value(
        "authentication.webhook.enabled",
        &mut authentication.webhook.enabled,
        true,
    );
    fill.text(
        "healthzBindAddress",
        &mut kubelet.healthz_bind_address,
        "127.0.0.1",
    );
    fill.value("healthzPort", &mut kubelet.healthz_port, 10248);
    if kubelet.read_only_port != 0 {
        fill.warn("readOnlyPort", &0, &kubelet.read_only_port);
    }
    // A user's `false` cannot be told from an unset field upstream, so it is always on.
    kubelet.rotate_certificates = true;
    if kubelet.cgroup_driver.is_empty() {
        "systemd".clone_into(&mut kubelet.cgroup_driver);
    }
    if systemd_resolved {
        fill.value(
            "resolvConf",
            &mut kubelet.resolv_conf,
            RESOLVED_CONF.to_owned(),
        );
    }
}

/// The tenth address of the (first) subnet of Services.
fn cluster_dns(cluster: &ClusterConfiguration) -> String {
    let networks = Network::parse_list(&cluster.networking.service_subnet);
    let first = networks.and_then(|networks| networks.first().copied());
    first.and_then(|network| network.nth(10)).map_or_else(
        || DEFAULT_CLUSTER_DNS_IP.to_owned(),
        |address| address.to_string(),
    )
}

/// Completes a configuration of kube-proxy. Nothing is said about `bindAddress` where the address of the API server is
/// not known.
pub(crate) fn kube_proxy(
    kube_proxy: &mut KubeProxyConfiguration,
    cluster: &ClusterConfiguration,
    endpoint: &APIEndpoint,
    scope: &mut Scope<'_>,
) {
    let mut fill = Recommended {
        kind: "KubeProxyConfiguration",
        scope,
    };
    if let Some(address) = ip::parse(&endpoint.advertise_address) {
        let any = if address.is_ipv4() { "0.0.0.0" } else { "::" };
        fill.text("bindAddress", &mut kube_proxy.bind_address, any);
    }
    let pods = &cluster.networking.pod_subnet;
    if !pods.is_empty() {
        fill.text("clusterCIDR", &mut kube_proxy.cluster_cidr, pods);
    }
    let kubeconfig = &mut kube_proxy.client_connection.kubeconfig;
    fill.text(
        "clientConnection.kubeconfig",
        kubeconfig,
        KUBE_PROXY_KUBECONFIG,
    );
}

/// Fills in values, and warns where the user chose others.
struct Recommended<'a, 'b> {
    kind: &'static str,
    scope: &'a mut Scope<'b>,
}

impl Recommended<'_, '_> {
    fn text(&mut self, path: &'static str, field: &mut String, wanted: &str) {
        if field.is_empty() {
            wanted.clone_into(field);
        } else if field != wanted {
            self.warn(path, &wanted, field);
        }
    }

    fn value<T: Clone + PartialEq + fmt::Display>(
        &mut self,
        path: &'static str,
        field: &mut Option<T>,
        wanted: T,
    ) {
        match field {
            None => *field = Some(wanted),
            Some(given) if *given != wanted => self.warn(path, &wanted, given),
            Some(_) => {}
        }
    }

    fn list(&mut self, path: &'static str, field: &mut Option<Vec<String>>, wanted: &str) {
        match field.as_deref() {
            None => *field = Some(vec![wanted.to_owned()]),
            Some([only]) if only == wanted => {}
            Some(given) => {
                let given = format!("[{}]", given.join(" "));
                self.warn(path, &format!("[{wanted}]"), &given);
            }
        }
    }

    fn warn(&mut self, path: &'static str, wanted: &dyn fmt::Display, given: &dyn fmt::Display) {
        let kind = self.kind;
        let message = format!(
            "the recommended value for \"{path}\" in \"{kind}\" is: {wanted}; the provided value is: {given}"
        );
        let path = path
            .split('.')
            .fold(Path::root(), |path, name| path.child(name));
        self.scope.warn(Class::RecommendedValue, &path, message);
    }
}
