//! What completing a file for kubeadm has to know of the host.

use std::{
    fs::{self, File},
    io::Read,
    net::{Ipv4Addr, UdpSocket},
    path::Path,
};

use componentconfig::{
    DocumentSet,
    kubeadm::{Facts, HostAddress, token::Token},
};

/// The facts of this host, as far as they are found.
pub(crate) fn of_host(set: &DocumentSet) -> Facts {
    let hostname = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    Facts {
        hostname: hostname.map(|name| name.trim().to_owned()),
        address: address(),
        cri_sockets: Some(cri_sockets()),
        tokens: (0..4).filter_map(|_| token()).collect(),
        discovery_file_exists: discovery_file(set),
        ..Facts::default()
    }
}

/// Connecting a UDP socket picks a route and sends nothing.
fn address() -> HostAddress {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0));
    let routed = socket.and_then(|socket| {
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    });
    match routed {
        Ok(local) if !local.ip().is_loopback() => HostAddress::found(local.ip()),
        _ => HostAddress::NoRoute,
    }
}

fn cri_sockets() -> Vec<String> {
    let known = [
        "/var/run/containerd/containerd.sock",
        "/var/run/crio/crio.sock",
    ];
    let found = known.iter().filter(|socket| Path::new(socket).exists());
    found.map(|socket| format!("unix://{socket}")).collect()
}

fn token() -> Option<Token> {
    const DIGITS: &[u8; 32] = b"abcdefghijkmnopqrstuvwxyz2345678";
    let mut random = [0; 22];
    File::open("/dev/urandom")
        .ok()?
        .read_exact(&mut random)
        .ok()?;
    let digit = |byte: &u8| DIGITS.get(usize::from(byte % 32)).copied().map(char::from);
    let text: String = random.iter().filter_map(digit).collect();
    let (id, secret) = text.split_at_checked(6)?;
    Token::new(id, secret).ok()
}

fn discovery_file(set: &DocumentSet) -> Option<bool> {
    let document = set.by_kind("JoinConfiguration")?;
    let path = "discovery.file.kubeConfigPath".parse().ok()?;
    let file = document.root().find(&path)?.as_str()?;
    Some(Path::new(file.trim_start_matches("file://")).exists())
}
