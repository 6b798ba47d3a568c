//! What a certificate should say, as plain data.

use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How far certificates are dated back, so that a clock which runs a little behind accepts them.
/// Follows `CertificateBackdate` in `cmd/kubeadm/app/constants`.
pub const BACKDATE: Duration = Duration::from_secs(5 * 60);

/// What a certificate should say. Plain data: no key, no issuer, no randomness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertSpec {
    /// Common name of the subject. Must not be empty.
    pub common_name: String,
    /// Organizations of the subject; for a client of Kubernetes, its groups. All are kept.
    pub organizations: Vec<String>,
    /// Extended key usages, in this order. A leaf needs at least one, an authority has none.
    pub usages: Vec<Usage>,
    /// Subject alternative names of type DNS. The certificate has them sorted, each once.
    pub dns_names: Vec<String>,
    /// Subject alternative names of type IP address. The certificate has them in this order, each once.
    pub ip_addresses: Vec<IpAddr>,
    /// From when until when it is valid.
    pub validity: Validity,
    /// Whether this is a certificate authority.
    pub ca: bool,
}

impl CertSpec {
    /// A leaf without organizations and alternative names.
    pub fn leaf(common_name: impl Into<String>, usages: &[Usage], validity: Validity) -> Self {
        Self {
            common_name: common_name.into(),
            organizations: Vec::new(),
            usages: usages.to_vec(),
            dns_names: Vec::new(),
            ip_addresses: Vec::new(),
            validity,
            ca: false,
        }
    }

    /// An authority. Its common name is its alternative name too, as kubeadm does it.
    pub fn authority(common_name: impl Into<String>, validity: Validity) -> Self {
        let common_name = common_name.into();
        Self {
            dns_names: vec![common_name.clone()],
            ca: true,
            ..Self::leaf(common_name, &[], validity)
        }
    }

    /// With these organizations.
    #[must_use]
    pub fn organizations(mut self, names: &[&str]) -> Self {
        self.organizations = names.iter().map(|&name| name.to_owned()).collect();
        self
    }

    /// With these alternative names.
    #[must_use]
    pub fn names(mut self, names: AltNames) -> Self {
        self.dns_names = names.dns;
        self.ip_addresses = names.ips;
        self
    }

    /// As it will read in the certificate: DNS names sorted, no name twice.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        self.dns_names.sort();
        self.dns_names.dedup();
        let mut seen = Vec::new();
        for ip in self.ip_addresses.drain(..).map(|ip| ip.to_canonical()) {
            if !seen.contains(&ip) {
                seen.push(ip);
            }
        }
        self.ip_addresses = seen;
        self
    }
}

/// Subject alternative names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AltNames {
    /// DNS names, which may begin with `*.`.
    pub dns: Vec<String>,
    /// IP addresses.
    pub ips: Vec<IpAddr>,
}

/// An extended key usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Usage {
    /// The certificate identifies a TLS server.
    ServerAuth,
    /// The certificate identifies a TLS client.
    ClientAuth,
}

/// From when until when a certificate is valid, both included. Whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    not_before: SystemTime,
    not_after: SystemTime,
}

impl Validity {
    /// Between two times. Fractions of a second are cut off.
    pub fn between(not_before: SystemTime, not_after: SystemTime) -> Self {
        Self {
            not_before: whole_seconds(not_before),
            not_after: whole_seconds(not_after),
        }
    }

    /// As kubeadm dates what it makes: valid for `period` from `start`, and dated back by [`BACKDATE`]. `start` is when the
    /// run began, so that everything one run makes has the same dates.
    pub fn starting(start: SystemTime, period: Duration) -> Self {
        let start = whole_seconds(start);
        Self::between(
            start.checked_sub(BACKDATE).unwrap_or(start),
            start.checked_add(period).unwrap_or(start),
        )
    }

    /// First moment of validity.
    pub fn not_before(self) -> SystemTime {
        self.not_before
    }

    /// Last moment of validity.
    pub fn not_after(self) -> SystemTime {
        self.not_after
    }
}

fn whole_seconds(time: SystemTime) -> SystemTime {
    time.duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| UNIX_EPOCH.checked_add(Duration::from_secs(since.as_secs())))
        .unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn dated_back_five_minutes_and_valid_for_the_period_from_the_start() {
        let start = at(1_000_000) + Duration::from_millis(900);
        let validity = Validity::starting(start, Duration::from_secs(3600));
        assert_eq!(validity.not_before(), at(999_700));
        assert_eq!(validity.not_after(), at(1_003_600));
    }

    #[test]
    fn normalized_sorts_dns_names_and_drops_what_is_double() {
        let names = AltNames {
            dns: vec!["b".into(), "a".into(), "b".into()],
            ips: ["10.0.0.1", "::1", "::ffff:10.0.0.1"]
                .map(|ip| ip.parse().unwrap())
                .to_vec(),
        };
        let spec = CertSpec::leaf("x", &[Usage::ServerAuth], Validity::between(at(0), at(1)))
            .names(names)
            .normalized();
        assert_eq!(spec.dns_names, ["a", "b"]);
        let ips: [IpAddr; 2] = ["10.0.0.1", "::1"].map(|ip| ip.parse().unwrap());
        assert_eq!(spec.ip_addresses, ips);
    }
}
