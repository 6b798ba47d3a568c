//! What the configuration may need to know of this host.

use std::{
    env, fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

/// The name of the host, as the kernel has it.
pub(crate) fn hostname() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The IPv4 and IPv6 addresses that the default route leaves from.
///
/// Connecting a UDP socket picks a route and sends nothing.
pub(crate) fn default_route_addresses() -> (Option<Ipv4Addr>, Option<Ipv6Addr>) {
    let local = |bind: IpAddr, peer: IpAddr| {
        let socket = UdpSocket::bind(SocketAddr::new(bind, 0)).ok()?;
        socket.connect(SocketAddr::new(peer, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    let documentation = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    let v4 = local(
        Ipv4Addr::UNSPECIFIED.into(),
        Ipv4Addr::new(192, 0, 2, 1).into(),
    );
    let v6 = local(Ipv6Addr::UNSPECIFIED.into(), documentation.into());
    let v4 = v4.and_then(|ip| {
        if let IpAddr::V4(ip) = ip {
            Some(ip)
        } else {
            None
        }
    });
    let v6 = v6.and_then(|ip| {
        if let IpAddr::V6(ip) = ip {
            Some(ip)
        } else {
            None
        }
    });
    (
        v4.filter(|ip| !ip.is_loopback()),
        v6.filter(|ip| !ip.is_loopback()),
    )
}

/// The environment of this process; the names and values that are UTF-8.
pub(crate) fn environment() -> Vec<(String, String)> {
    env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
