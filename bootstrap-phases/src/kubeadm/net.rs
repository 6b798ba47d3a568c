//! Addresses, names and endpoints, read the way kubeadm reads them.
//!
//! Follows `cmd/kubeadm/app/util/endpoint.go`, `cmd/kubeadm/app/constants` (service addresses) and
//! `k8s.io/utils/net` (addresses with leading zeros, as old configurations have them).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::PhaseError;

/// A value that is no address, name, endpoint or subnet. The field is that of the configuration it comes from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: invalid value {value:?}: {why}")]
#[non_exhaustive]
pub struct NetError {
    /// Path of the configuration field.
    pub field: &'static str,
    /// The value.
    pub value: String,
    /// What is wrong with it.
    pub why: String,
}

impl NetError {
    fn new(field: &'static str, value: &str, why: impl Into<String>) -> Self {
        Self {
            field,
            value: value.to_owned(),
            why: why.into(),
        }
    }
}

impl From<NetError> for PhaseError {
    fn from(error: NetError) -> Self {
        let message = format!("invalid value {:?}: {}", error.value, error.why);
        Self::invalid("config.address", message).field(error.field)
    }
}

/// The endpoint of the API server on this node: `localAPIEndpoint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalEndpoint {
    /// `advertiseAddress`.
    pub address: IpAddr,
    /// `bindPort`.
    pub port: u16,
}

impl LocalEndpoint {
    /// Reads the two fields of a `localAPIEndpoint`.
    ///
    /// # Errors
    /// The address is none, or the port is not between 1 and 65535.
    pub fn parse(advertise_address: &str, bind_port: i32) -> Result<Self, NetError> {
        let port = u16::try_from(bind_port)
            .ok()
            .filter(|&port| port > 0)
            .ok_or_else(|| {
                NetError::new("localAPIEndpoint.bindPort", &bind_port.to_string(), PORT)
            })?;
        let address = advertised_address(advertise_address)?;
        Ok(Self { address, port })
    }

    /// As a URL: `https://10.0.0.1:6443`.
    pub fn url(&self) -> String {
        format!(
            "https://{}",
            join_host_port(&self.address.to_string(), self.port)
        )
    }
}

/// The URL under which the cluster's API is reached from anywhere: `controlPlaneEndpoint`, with the local port if it names
/// none, or else the local endpoint. Follows `GetControlPlaneEndpoint`.
///
/// # Errors
/// The endpoint is neither an address nor a name, or its port is not between 1 and 65535.
pub fn control_plane_url(endpoint: &str, local: &LocalEndpoint) -> Result<String, NetError> {
    if endpoint.is_empty() {
        return Ok(local.url());
    }
    let (host, port) = host_port("controlPlaneEndpoint", endpoint)?;
    Ok(format!(
        "https://{}",
        join_host_port(host, port.unwrap_or(local.port))
    ))
}

/// The address of a `localAPIEndpoint`.
///
/// # Errors
/// It is no address.
pub fn advertised_address(text: &str) -> Result<IpAddr, NetError> {
    parse_ip(text).ok_or_else(|| {
        NetError::new(
            "localAPIEndpoint.advertiseAddress",
            text,
            "must be an IP address",
        )
    })
}

/// Splits `host`, `host:port`, `[v6]:port` or a bare IPv6 address. The host must be an address or a DNS name in lower case.
/// Follows `ParseHostPort`.
///
/// # Errors
/// What is wrong with the host or the port, for this field.
pub fn host_port<'a>(
    field: &'static str,
    text: &'a str,
) -> Result<(&'a str, Option<u16>), NetError> {
    let (host, port) = split_host_port(text).unwrap_or((text, ""));
    let port = match port {
        "" => None,
        port => Some(parse_port(port).ok_or_else(|| NetError::new(field, text, PORT))?),
    };
    if parse_ip(host).is_some() || is_dns_subdomain(host) {
        return Ok((host, port));
    }
    let why = format!("host {host:?} must be an IP address or an RFC 1123 DNS name");
    Err(NetError::new(field, text, why))
}

/// Reads an address. IPv4 numbers may have leading zeros and are decimal all the same; an IPv4 address inside an IPv6 one
/// comes out as IPv4. Follows `ParseIPSloppy`.
pub fn parse_ip(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text
            .parse::<Ipv6Addr>()
            .ok()
            .map(|ip| IpAddr::V6(ip).to_canonical());
    }
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts
            .next()
            .filter(|part| part.bytes().all(|b| b.is_ascii_digit()))?;
        *octet = part.parse().ok()?;
    }
    parts
        .next()
        .is_none()
        .then(|| Ipv4Addr::from(octets).into())
}

/// The address with this number in the service subnet; of two subnets, in the first. Number 1 is the API server's, 10 DNS's.
///
/// # Errors
/// A subnet is none, or has no such address.
pub fn service_address(subnets: &str, index: u32) -> Result<IpAddr, NetError> {
    const FIELD: &str = "networking.serviceSubnet";
    let parsed = subnets
        .split(',')
        .map(|subnet| {
            parse_net(subnet)
                .ok_or_else(|| NetError::new(FIELD, subnet, "must be a subnet in CIDR notation"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let small = || NetError::new(FIELD, subnets, format!("has no address number {index}"));
    let subnet = parsed.first().ok_or_else(small)?;
    let address = match subnet.network() {
        IpAddr::V4(ip) => ip
            .to_bits()
            .checked_add(index)
            .map(|bits| Ipv4Addr::from(bits).into()),
        IpAddr::V6(ip) => ip
            .to_bits()
            .checked_add(index.into())
            .map(|bits| Ipv6Addr::from(bits).into()),
    };
    address
        .filter(|address| subnet.contains(address))
        .ok_or_else(small)
}

/// Whether a text is a DNS name in lower case, RFC 1123: what Kubernetes calls a DNS-1123 subdomain.
pub fn is_dns_subdomain(text: &str) -> bool {
    let label = |label: &str| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !label.is_empty()
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// Whether a text is `*.` and a DNS name.
pub fn is_wildcard_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.strip_prefix("*.").is_some_and(is_dns_subdomain)
}

const PORT: &str = "the port must be a number between 1 and 65535";

fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|&port| digits && port > 0)
}

fn parse_net(text: &str) -> Option<IpNet> {
    let (address, length) = text.split_once('/')?;
    let length = Some(length).filter(|length| length.bytes().all(|b| b.is_ascii_digit()))?;
    IpNet::new(parse_ip(address)?, length.parse().ok()?).ok()
}

/// Follows Go's `net.SplitHostPort`; nothing where that has an error.
fn split_host_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    let brackets = |text: &str| text.contains(['[', ']']);
    (!brackets(host) && !brackets(port)).then_some((host, port))
}

fn join_host_port(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports() {
        let good = [
            ("a:1", "a", Some(1)),
            ("a", "a", None),
            ("a:", "a", None),
            ("1.2.3.4", "1.2.3.4", None),
            ("[::1]:2", "::1", Some(2)),
            ("::1", "::1", None),
            ("10.0.0.01", "10.0.0.01", None),
        ];
        for (text, host, port) in good {
            assert_eq!(host_port("x", text), Ok((host, port)), "{text}");
        }
        for text in [
            "a:b", "a:70000", "a:0", "a:+1", "", ":1", "a_b:1", "A:1", "a:1:2", "*.x:1", "[::1",
            "[a]b:1",
        ] {
            assert!(host_port("x", text).is_err(), "{text}");
        }
    }

    #[test]
    fn urls_of_the_control_plane() {
        let v4 = LocalEndpoint::parse("10.1.1.1", 6443).unwrap();
        let v6 = LocalEndpoint::parse("fd00::2", 6443).unwrap();
        let url = |endpoint, local| control_plane_url(endpoint, local).unwrap();
        assert_eq!(url("", &v4), "https://10.1.1.1:6443");
        assert_eq!(url("lb.example", &v4), "https://lb.example:6443");
        assert_eq!(url("lb.example:443", &v4), "https://lb.example:443");
        assert_eq!(url("fd00::1", &v6), "https://[fd00::1]:6443");
        assert_eq!(url("[fd00::1]:7", &v6), "https://[fd00::1]:7");
        assert_eq!(url("10.0.0.01", &v4), "https://10.0.0.01:6443");
        let error = control_plane_url("lb:0", &v4).unwrap_err().to_string();
        assert_eq!(
            error,
            "controlPlaneEndpoint: invalid value \"lb:0\": the port must be a number between 1 and 65535"
        );
        assert!(LocalEndpoint::parse("x", 6443).is_err());
        assert!(LocalEndpoint::parse("10.1.1.1", 0).is_err());
    }

    #[test]
    fn addresses_of_services() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        for (subnets, first) in [
            ("10.96.0.0/12", "10.96.0.1"),
            ("10.96.0.7/12", "10.96.0.1"),
            ("fd00::/112,10.0.0.0/16", "fd00::1"),
            ("192.168.1.128/25", "192.168.1.129"),
        ] {
            assert_eq!(service_address(subnets, 1), Ok(ip(first)));
        }
        assert_eq!(service_address("fd00::/112", 10), Ok(ip("fd00::a")));
        for subnets in [
            "",
            "x",
            "10.0.0.0/32",
            "255.255.255.255/32",
            "10.0.0.0/16,x",
            "10.0.0.0/+8",
        ] {
            assert!(service_address(subnets, 1).is_err(), "{subnets}");
        }
        assert!(service_address("10.0.0.0/30", 10).is_err());
    }

    #[test]
    fn sloppy_addresses() {
        assert_eq!(parse_ip("010.000.0.08"), Some(IpAddr::from([10, 0, 0, 8])));
        assert_eq!(
            parse_ip("::ffff:10.0.0.1"),
            Some(IpAddr::from([10, 0, 0, 1]))
        );
        for text in [
            "",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.256",
            "1.2.3.+4",
            "1..2.3",
            "::1%eth0",
        ] {
            assert_eq!(parse_ip(text), None, "{text}");
        }
    }
}
