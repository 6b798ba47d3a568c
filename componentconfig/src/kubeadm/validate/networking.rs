//! The networks of a cluster.

use crate::{
    Class,
    check::{dns, ip::Network},
    field::Path,
    kubeadm::{
        findings::Scope,
        v1beta4::{Arg, ClusterConfiguration},
    },
};

/// The DNS service has the tenth address.
const MIN_SERVICE_ADDRESSES: i64 = 10;
const MIN_POD_ADDRESSES: i64 = 14;
/// The API server keeps a bit for each address of the Services.
const MAX_SERVICE_BITS: u8 = 20;
/// The controller manager keeps a bit for each node's subnet of Pods.
const MAX_NODE_BITS: i64 = 16;

pub(super) fn networking(cluster: &ClusterConfiguration, path: &Path, scope: &mut Scope<'_>) {
    let networking = &cluster.networking;
    for wrong in dns::subdomain(&networking.dns_domain) {
        scope.invalid(
            &path.child("dnsDomain"),
            networking.dns_domain.as_str(),
            wrong,
        );
    }
    let services = path.child("serviceSubnet");
    for network in subnets(
        &networking.service_subnet,
        MIN_SERVICE_ADDRESSES,
        &services,
        scope,
    ) {
        service_subnet_size(network, &services, scope);
    }
    let pods = path.child("podSubnet");
    let networks = subnets(&networking.pod_subnet, MIN_POD_ADDRESSES, &pods, scope);
    let args = &cluster.controller_manager.extra_args;
    if last(args, "allocate-node-cidrs") == Some("false") {
        return;
    }
    for network in networks {
        node_mask(network, args, &pods, scope);
    }
}

/// Checks subnets that are separated by commas; gives those that can be read.
fn subnets(text: &str, min_addresses: i64, path: &Path, scope: &mut Scope<'_>) -> Vec<Network> {
    if text.is_empty() {
        return Vec::new();
    }
    let Some(networks) = Network::parse_list(text) else {
        scope.invalid(path, text, "couldn't parse subnet");
        return Vec::new();
    };
    let dual_stack = match networks.as_slice() {
        [_] => true,
        [one, other] => one.is_ipv6() != other.is_ipv6(),
        _ => false,
    };
    if !dual_stack {
        let detail = "expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for dual-stack networking";
        scope.invalid(path, text, detail);
    }
    for network in &networks {
        let size = network.size();
        if size < min_addresses {
            let detail = format!(
                "subnet with {size} address(es) is too small, the minimum is {min_addresses}"
            );
            scope.invalid(path, network.to_string(), detail);
        }
        site_local(*network, path, scope);
    }
    networks
}

fn site_local(network: Network, path: &Path, scope: &mut Scope<'_>) {
    let Some(deprecated) = Network::parse("fec0::/10") else {
        return;
    };
    if deprecated.contains(network.address()) || network.contains(deprecated.address()) {
        let message = format!(
            "the subnet {network} contains IPv6 site-local addresses that belong to fec0::/10 which has been \
             deprecated by rfc3879"
        );
        scope.warn(Class::Other, path, message);
    }
}

fn service_subnet_size(network: Network, path: &Path, scope: &mut Scope<'_>) {
    if network.host_bits() > MAX_SERVICE_BITS {
        let bits = network.bits();
        let detail = format!(
            "specified service subnet is too large; for {bits}-bit addresses, the mask must be >= {}",
            bits - MAX_SERVICE_BITS
        );
        scope.invalid(path, network.to_string(), detail);
    }
}

/// The subnet of Pods has to hold the subnets of some nodes, and not of too many.
fn node_mask(network: Network, args: &[Arg], path: &Path, scope: &mut Scope<'_>) {
    let (flag, default) = if network.is_ipv6() {
        ("node-cidr-mask-size-ipv6", 64)
    } else {
        ("node-cidr-mask-size-ipv4", 24)
    };
    let given = last(args, flag).filter(|value| !value.is_empty());
    let node: i64 = match given.map_or(Ok(default), str::parse) {
        Ok(node) => node,
        Err(why) => {
            let detail = format!(
                "could not parse the value of the kube-controller-manager flag {flag} as an integer: {why}"
            );
            scope.invalid(path, network.to_string(), detail);
            return;
        }
    };
    let mask = i64::from(network.ones());
    if mask > node {
        let detail = format!(
            "the size of pod subnet with mask {mask} is smaller than the size of node subnet with mask {node}"
        );
        scope.invalid(path, network.to_string(), detail);
    } else if node.saturating_sub(mask) > MAX_NODE_BITS {
        let detail = format!(
            "pod subnet mask ({mask}) and node-mask ({node}) difference is greater than {MAX_NODE_BITS}"
        );
        scope.invalid(path, network.to_string(), detail);
    }
}

/// The last value that a flag is given.
fn last<'a>(args: &'a [Arg], name: &str) -> Option<&'a str> {
    let arg = args.iter().rev().find(|arg| arg.name == name)?;
    Some(&arg.value)
}
