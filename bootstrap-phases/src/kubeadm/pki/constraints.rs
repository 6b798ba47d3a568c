//! Name constraints: which names an authority may certify.
//!
//! DNS names and IP addresses are looked at, as Go's `crypto/x509` does it. Constraints on mail addresses and URIs say nothing
//! about the names of a cluster's certificates; those on directory names make the extension one that is not understood.

use std::net::IpAddr;

use der::Decode as _;
use x509_cert::ext::pkix::NameConstraints;
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::name::GeneralName;

/// What an authority permits and excludes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NameLimits {
    permitted: Vec<Subtree>,
    excluded: Vec<Subtree>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Subtree {
    /// A domain with all below it; with a dot in front, only what is below it; empty, every name.
    Dns(String),
    /// A network: address and mask, 4 or 16 bytes each.
    Ip(Vec<u8>, Vec<u8>),
}

impl NameLimits {
    /// Reads the extension; nothing if it limits names of a kind that is not understood here.
    pub(super) fn from_der(value: &[u8]) -> der::Result<Option<Self>> {
        let constraints = NameConstraints::from_der(value)?;
        let subtrees = |list: Option<Vec<GeneralSubtree>>| -> der::Result<Option<Vec<Subtree>>> {
            let mut out = Vec::new();
            for subtree in list.unwrap_or_default() {
                match subtree.base {
                    GeneralName::DnsName(name) => out.push(Subtree::Dns(name.to_string())),
                    GeneralName::IpAddress(bytes) => out.push(network(bytes.as_bytes())?),
                    GeneralName::Rfc822Name(_) | GeneralName::UniformResourceIdentifier(_) => {}
                    _ => return Ok(None),
                }
            }
            Ok(Some(out))
        };
        let permitted = subtrees(constraints.permitted_subtrees)?;
        let excluded = subtrees(constraints.excluded_subtrees)?;
        Ok(permitted.zip(excluded).map(|(permitted, excluded)| Self {
            permitted,
            excluded,
        }))
    }

    /// The first of the names that is not allowed.
    pub(super) fn forbidden(&self, dns: &[String], ips: &[IpAddr]) -> Option<String> {
        let dns = dns.iter().map(|name| Name::Dns(name));
        let ips = ips.iter().map(|ip| Name::Ip(*ip));
        dns.chain(ips)
            .find(|name| !self.allows(name))
            .map(|name| match name {
                Name::Dns(name) => name.to_owned(),
                Name::Ip(ip) => ip.to_string(),
            })
    }

    /// A kind of name that no permitted subtree is of is permitted as a whole.
    fn allows(&self, name: &Name<'_>) -> bool {
        let mut of_kind = self
            .permitted
            .iter()
            .filter(|subtree| subtree.is_of_kind(name))
            .peekable();
        let permitted = of_kind.peek().is_none() || of_kind.any(|subtree| subtree.holds(name));
        permitted && !self.excluded.iter().any(|subtree| subtree.holds(name))
    }
}

enum Name<'a> {
    Dns(&'a str),
    Ip(IpAddr),
}

impl Subtree {
    fn is_of_kind(&self, name: &Name<'_>) -> bool {
        matches!(
            (self, name),
            (Self::Dns(_), Name::Dns(_)) | (Self::Ip(..), Name::Ip(_))
        )
    }

    fn holds(&self, name: &Name<'_>) -> bool {
        match (self, name) {
            (Self::Dns(domain), Name::Dns(name)) => domain_holds(domain, name),
            (Self::Ip(address, mask), Name::Ip(ip)) => match ip {
                IpAddr::V4(ip) => network_holds(address, mask, &ip.octets()),
                IpAddr::V6(ip) => network_holds(address, mask, &ip.octets()),
            },
            _ => false,
        }
    }
}

fn domain_holds(domain: &str, name: &str) -> bool {
    let below = domain.starts_with('.');
    let domain = domain.trim_start_matches('.');
    if domain.is_empty() {
        return true;
    }
    let (name, domain) = (name.to_ascii_lowercase(), domain.to_ascii_lowercase());
    match name.strip_suffix(&domain) {
        Some("") => !below,
        Some(rest) => rest.ends_with('.'),
        None => false,
    }
}

fn network_holds(address: &[u8], mask: &[u8], ip: &[u8]) -> bool {
    let bits = address.iter().zip(mask).zip(ip);
    ip.len() == address.len()
        && bits
            .into_iter()
            .all(|((address, mask), ip)| address & mask == ip & mask)
}

fn network(bytes: &[u8]) -> der::Result<Subtree> {
    let wrong = || {
        der::Error::from(der::ErrorKind::Value {
            tag: der::Tag::OctetString,
        })
    };
    if !matches!(bytes.len(), 8 | 32) {
        return Err(wrong());
    }
    let (address, mask) = bytes.split_at_checked(bytes.len() / 2).ok_or_else(wrong)?;
    Ok(Subtree::Ip(address.to_vec(), mask.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains() {
        for (domain, name, holds) in [
            ("example.com", "example.com", true),
            ("example.com", "A.Example.com", true),
            ("example.com", "badexample.com", false),
            (".example.com", "example.com", false),
            (".example.com", "a.example.com", true),
            ("", "anything", true),
            ("a.example.com", "example.com", false),
        ] {
            assert_eq!(domain_holds(domain, name), holds, "{domain} {name}");
        }
    }

    #[test]
    fn kinds_are_limited_each_on_its_own() {
        let ips = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| text.parse().unwrap())
                .collect::<Vec<_>>()
        };
        let limits = NameLimits {
            permitted: vec![
                Subtree::Dns("svc".to_owned()),
                network(&[10, 0, 0, 0, 255, 0, 0, 0]).unwrap(),
            ],
            excluded: vec![Subtree::Dns("bad.svc".to_owned())],
        };
        assert_eq!(
            limits.forbidden(&["a.svc".to_owned()], &ips(&["10.9.9.9"])),
            None
        );
        assert_eq!(
            limits.forbidden(&["a.bad.svc".to_owned()], &[]),
            Some("a.bad.svc".to_owned())
        );
        assert_eq!(
            limits.forbidden(&[], &ips(&["10.0.0.1", "11.0.0.1"])),
            Some("11.0.0.1".to_owned())
        );
        assert_eq!(
            limits.forbidden(&[], &ips(&["fd00::1"])),
            Some("fd00::1".to_owned())
        );
        assert_eq!(
            NameLimits::default().forbidden(&["x".to_owned()], &ips(&["::1"])),
            None
        );
        assert!(network(&[10, 0, 0]).is_err());
    }
}
