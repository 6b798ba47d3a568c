//! The alternative names of serving certificates.
//!
//! Follows `GetAPIServerAltNames`, `GetEtcdAltNames` and `GetEtcdPeerAltNames` in `cmd/kubeadm/app/util/pkiutil`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use componentconfig::kubeadm::v1beta4::{ClusterConfiguration, InitConfiguration};

use super::AltNames;
use crate::Note;
use crate::kubeadm::net::{self, NetError};

/// The API server's: the node, the `kubernetes` service by all its names, the cluster's endpoint, and what the user adds.
pub(super) fn api_server(
    init: &InitConfiguration,
    cluster: &ClusterConfiguration,
    notes: &mut Vec<Note>,
) -> Result<AltNames, NetError> {
    let networking = &cluster.networking;
    let service = format!("kubernetes.default.svc.{}", networking.dns_domain);
    let advertised = net::advertised_address(&init.local_api_endpoint.advertise_address)?;
    let mut names = AltNames {
        dns: [
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            &service,
        ]
        .map(str::to_owned)
        .to_vec(),
        ips: vec![
            net::service_address(&networking.service_subnet, 1)?,
            advertised,
        ],
    };
    names.dns.push(init.node_registration.name.clone());
    if !cluster.control_plane_endpoint.is_empty() {
        let (host, _) = net::host_port("controlPlaneEndpoint", &cluster.control_plane_endpoint)?;
        match net::parse_ip(host) {
            Some(ip) => names.ips.push(ip),
            None => names.dns.push(host.to_owned()),
        }
    }
    add(
        &mut names,
        &cluster.api_server.cert_sans,
        "apiserver",
        notes,
    );
    Ok(names)
}

/// The local etcd's, as server or as peer: the node and this host, and what the user adds.
pub(super) fn etcd(
    init: &InitConfiguration,
    added: &[String],
    certificate: &str,
    notes: &mut Vec<Note>,
) -> Result<AltNames, NetError> {
    let advertised = net::advertised_address(&init.local_api_endpoint.advertise_address)?;
    let mut names = AltNames {
        dns: vec![init.node_registration.name.clone(), "localhost".to_owned()],
        ips: vec![
            advertised,
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::LOCALHOST),
        ],
    };
    add(&mut names, added, certificate, notes);
    Ok(names)
}

/// Adds addresses and names in lower case; anything else is left out with a warning.
fn add(names: &mut AltNames, added: &[String], certificate: &str, notes: &mut Vec<Note>) {
    for name in added {
        let lower = name.to_lowercase();
        if let Some(ip) = net::parse_ip(name) {
            names.ips.push(ip);
        } else if net::is_dns_subdomain(&lower) || net::is_wildcard_dns_subdomain(&lower) {
            names.dns.push(lower);
        } else {
            let text = format!(
                "{name:?} is left out of the names of {certificate}: neither an IP address nor a DNS name"
            );
            notes.push(Note::warning("pki.name-left-out", text));
        }
    }
}
