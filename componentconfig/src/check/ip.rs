//! IP addresses and networks as `k8s.io/utils/net` reads them: with leading zeros, which later parsers refuse.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Reads an address. An IPv4 address that is written as an IPv6 one is an IPv4 address.
pub(crate) fn parse(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return ipv6(text).map(|ip| IpAddr::V6(ip).to_canonical());
    }
    ipv4(text).map(IpAddr::V4)
}

/// Whether it is neither unspecified, on the loopback, link-local, multicast nor broadcast.
pub(crate) const fn is_global_unicast(address: IpAddr) -> bool {
    let special = match address {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !special && !address.is_unspecified() && !address.is_loopback() && !address.is_multicast()
}

fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *octet = without_zeros(part).parse().ok()?;
    }
    parts.next().is_none().then(|| octets.into())
}

fn ipv6(text: &str) -> Option<Ipv6Addr> {
    let (head, tail) = text.rsplit_once(':')?;
    let tail = if tail.contains('.') {
        ipv4(tail)?.to_string()
    } else {
        without_zeros(tail).to_owned()
    };
    let head: Vec<&str> = head.split(':').map(without_zeros).collect();
    format!("{}:{tail}", head.join(":")).parse().ok()
}

/// A number without its leading zeros; nothing stays nothing.
fn without_zeros(digits: &str) -> &str {
    let trimmed = digits.trim_start_matches('0');
    match (trimmed, digits.len()) {
        ("", 1..) => "0",
        _ => trimmed,
    }
}

/// An IP network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    ones: u8,
}

impl Network {
    /// Reads `address/prefix length`; what the address has beyond the prefix is dropped.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, ones) = text.split_once('/')?;
        let address = parse(address)?;
        if ones.is_empty() || !ones.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let ones: u8 = without_zeros(ones).parse().ok()?;
        let network = Self { address, ones };
        let address = network.masked()?;
        Some(Self { address, ones })
    }

    /// Reads networks that are separated by commas.
    pub(crate) fn parse_list(text: &str) -> Option<Vec<Self>> {
        text.split(',').map(Self::parse).collect()
    }

    /// The address of the network itself.
    pub(crate) const fn address(self) -> IpAddr {
        self.address
    }

    pub(crate) const fn is_ipv6(self) -> bool {
        self.address.is_ipv6()
    }

    /// The length of the prefix.
    pub(crate) const fn ones(self) -> u8 {
        self.ones
    }

    /// The length of an address.
    pub(crate) const fn bits(self) -> u8 {
        if self.is_ipv6() { 128 } else { 32 }
    }

    /// How many bits are not of the prefix.
    pub(crate) const fn host_bits(self) -> u8 {
        self.bits() - self.ones
    }

    /// How many addresses there are, as upstream counts: 0 for networks of half the space and more, and never more
    /// than a signed integer of 64 bits holds.
    pub(crate) const fn size(self) -> i64 {
        let host_bits = self.host_bits();
        if host_bits >= self.bits() - 1 {
            return 0;
        }
        if host_bits >= 63 {
            return i64::MAX;
        }
        1 << host_bits
    }

    pub(crate) fn contains(self, address: IpAddr) -> bool {
        let other = Self {
            address,
            ones: self.ones,
        };
        address.is_ipv6() == self.is_ipv6() && other.masked() == Some(self.address)
    }

    /// The address at `index`, counted from the address of the network.
    pub(crate) fn nth(self, index: u8) -> Option<IpAddr> {
        let address = match self.address {
            IpAddr::V4(ip) => IpAddr::V4(u32::from(ip).checked_add(index.into())?.into()),
            IpAddr::V6(ip) => IpAddr::V6(u128::from(ip).checked_add(index.into())?.into()),
        };
        self.contains(address).then_some(address)
    }

    fn masked(self) -> Option<IpAddr> {
        let shift = self.bits().checked_sub(self.ones)?;
        Some(match self.address {
            IpAddr::V4(ip) => {
                let mask = u32::MAX.checked_shl(shift.into()).unwrap_or(0);
                IpAddr::V4((u32::from(ip) & mask).into())
            }
            IpAddr::V6(ip) => {
                let mask = u128::MAX.checked_shl(shift.into()).unwrap_or(0);
                IpAddr::V6((u128::from(ip) & mask).into())
            }
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.ones)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, ip) in [
            ("10.0.0.1", Some("10.0.0.1")),
            ("010.000.0000.1", Some("10.0.0.1")),
            ("::", Some("::")),
            ("::1", Some("::1")),
            ("fd00::00001", Some("fd00::1")),
            ("::ffff:1.2.3.4", Some("1.2.3.4")),
            ("1:2:3:4:5:6:1.2.3.04", Some("1:2:3:4:5:6:102:304")),
            ("1::", Some("1::")),
            ("", None),
            ("1.2.3", None),
            ("1.2.3.4.5", None),
            ("1.2.3.256", None),
            ("1.2.3.-4", None),
            ("1.2..4", None),
            ("fe80::1%eth0", None),
            ("12345::", None),
            (":", None),
            (":::", None),
            ("host", None),
        ] {
            assert_eq!(
                parse(text).map(|ip| ip.to_string()).as_deref(),
                ip,
                "{text}"
            );
        }
    }

    #[test]
    fn unicast() {
        for good in ["10.0.0.1", "8.8.8.8", "fd00::1"] {
            assert!(is_global_unicast(good.parse().unwrap()), "{good}");
        }
        for bad in [
            "0.0.0.0",
            "::",
            "127.0.0.2",
            "::1",
            "169.254.1.1",
            "fe80::1",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
        ] {
            assert!(!is_global_unicast(bad.parse().unwrap()), "{bad}");
        }
    }

    #[test]
    fn networks() {
        let network = Network::parse("10.96.3.4/012").unwrap();
        assert_eq!(network.to_string(), "10.96.0.0/12");
        assert_eq!(network.nth(10).unwrap().to_string(), "10.96.0.10");
        assert_eq!((network.size(), network.host_bits()), (1 << 20, 20));
        assert!(network.contains("10.111.255.255".parse().unwrap()));
        assert!(!network.contains("10.112.0.0".parse().unwrap()));
        assert!(!network.contains("::a60:1".parse().unwrap()));
        assert_eq!(Network::parse("10.0.0.0/29").unwrap().nth(10), None);
        for bad in [
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "::/129",
            "/8",
            "x/8",
        ] {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
        for (text, size) in [
            ("0.0.0.0/0", 0),
            ("0.0.0.0/1", 0),
            ("0.0.0.0/2", 1 << 30),
            ("::/0", 0),
            ("::/64", i64::MAX),
            ("::/66", 1 << 62),
            ("::/128", 1),
        ] {
            assert_eq!(Network::parse(text).unwrap().size(), size, "{text}");
        }
        assert_eq!(Network::parse_list("10.0.0.0/8,fd00::/8").unwrap().len(), 2);
        assert_eq!(Network::parse_list("10.0.0.0/8,"), None);
        assert_eq!(Network::parse_list("10.0.0.0/8, fd00::/8"), None);
    }
}
