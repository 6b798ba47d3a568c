//! The DNS records of multi-cluster services.
//!
//! Follows `keps/sig-multicluster/1645-multi-cluster-services-api/specification.md`, version 1.0.0 of the schema. TTLs,
//! weights and priorities are for the server to choose. There are no reverse records, and none that would single out
//! one cluster of a service.

use std::{
    collections::BTreeSet,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use serde::{Deserialize, Serialize};

use super::{Protocol, ServiceKey, ServicePort};
use crate::{
    id::ClusterId,
    name::{Fault, LABEL_MAX, SUBDOMAIN_MAX},
    rule::{Explain, Rule},
};

/// The zone of multi-cluster services.
pub const ZONE: &str = "clusterset.local";

/// A resource record, without time to live and class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DnsRecord {
    /// The name that is asked for, without the dot at the end.
    pub name: String,
    /// The answer.
    #[serde(flatten)]
    pub data: RecordData,
}

/// What a [`DnsRecord`] says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "type", rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum RecordData {
    /// An IPv4 address.
    A {
        /// The address.
        address: Ipv4Addr,
    },
    /// An IPv6 address.
    Aaaa {
        /// The address.
        address: Ipv6Addr,
    },
    /// A port and the name of who listens there.
    Srv {
        /// The port.
        port: u16,
        /// The name, without the dot at the end.
        target: String,
    },
    /// A text.
    Txt {
        /// The text.
        text: String,
    },
}

impl From<IpAddr> for RecordData {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::A { address },
            IpAddr::V6(address) => Self::Aaaa { address },
        }
    }
}

impl fmt::Display for DnsRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. IN ", self.name)?;
        match &self.data {
            RecordData::A { address } => write!(f, "A {address}"),
            RecordData::Aaaa { address } => write!(f, "AAAA {address}"),
            RecordData::Srv { port, target } => write!(f, "SRV {port} {target}."),
            RecordData::Txt { text } => write!(f, "TXT {text:?}"),
        }
    }
}

/// What stands behind the name of a service in one cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backends<'a> {
    /// The addresses of its import.
    ClusterSetIp(&'a [IpAddr]),
    /// Its endpoints in all clusters.
    Headless(&'a [Endpoint]),
}

/// One endpoint of a headless service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Endpoint {
    /// The cluster that it is in.
    pub cluster: ClusterId,
    /// Its host name; without one it goes by its addresses, as in `10-0-0-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Whether it takes traffic.
    pub ready: bool,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// The records of a service, and those that cannot be. A name that is in no record does not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Records {
    /// The records, by name.
    pub records: BTreeSet<DnsRecord>,
    /// What has no record because its name would be too long.
    pub omitted: BTreeSet<Omission>,
}

/// The record that says which version of the schema is served.
pub fn schema_version() -> DnsRecord {
    DnsRecord {
        name: format!("dns-version.{ZONE}"),
        data: RecordData::Txt {
            text: "1.0.0".to_owned(),
        },
    }
}

/// The records of a service with these `ports`.
///
/// ```
/// use cluster_id::mcs::{ServiceKey, dns::{Backends, records}};
///
/// let key: ServiceKey = "test/myservice".parse()?;
/// let found = records(&key, &[], Backends::ClusterSetIp(&["10.42.42.42".parse()?]));
/// let text: Vec<_> = found.records.iter().map(ToString::to_string).collect();
/// assert_eq!(text, ["myservice.test.svc.clusterset.local. IN A 10.42.42.42"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn records(key: &ServiceKey, ports: &[ServicePort], backends: Backends<'_>) -> Records {
    let service = format!("{}.{}.svc.{ZONE}", key.name(), key.namespace());
    let mut found = Records::default();
    match backends {
        Backends::ClusterSetIp(addresses) => {
            for address in addresses {
                found.add(&service, (*address).into());
            }
            if !addresses.is_empty() {
                found.add_ports(&service, ports, &service);
            }
        }
        Backends::Headless(endpoints) => {
            for endpoint in endpoints.iter().filter(|endpoint| endpoint.ready) {
                for address in &endpoint.addresses {
                    let host = endpoint.name(*address);
                    let host = format!("{host}.{}.{service}", endpoint.cluster);
                    found.add(&service, (*address).into());
                    found.add(&host, (*address).into());
                    found.add_ports(&service, ports, &host);
                }
            }
        }
    }
    found
}

impl Endpoint {
    fn name(&self, address: IpAddr) -> String {
        if let Some(hostname) = self.hostname.as_ref().filter(|name| !name.is_empty()) {
            return hostname.clone();
        }
        match address {
            IpAddr::V4(address) => address.to_string().replace('.', "-"),
            // Written out, because a name cannot begin or end with what `::` would become.
            IpAddr::V6(address) => {
                let groups = address.segments().map(|group| format!("{group:x}"));
                groups.join("-")
            }
        }
    }
}

impl Records {
    /// A record for every port that has a name.
    fn add_ports(&mut self, service: &str, ports: &[ServicePort], target: &str) {
        for port in ports.iter().filter(|port| !port.name.is_empty()) {
            let protocol = match port.protocol {
                Protocol::Tcp => "tcp",
                Protocol::Udp => "udp",
                Protocol::Sctp => "sctp",
            };
            let data = RecordData::Srv {
                port: port.port,
                target: target.to_owned(),
            };
            self.add(&format!("_{}._{protocol}.{service}", port.name), data);
        }
    }

    fn add(&mut self, name: &str, data: RecordData) {
        let target = match &data {
            RecordData::Srv { target, .. } => Some(target.as_str()),
            _ => None,
        };
        for name in [Some(name), target].into_iter().flatten() {
            if let Some(fault) = too_long(name) {
                let name = name.to_owned();
                self.omitted.insert(Omission { name, fault });
                return;
            }
        }
        let name = name.to_owned();
        self.records.insert(DnsRecord { name, data });
    }
}

fn too_long(name: &str) -> Option<Fault> {
    let over = |length: usize, max: usize| (length > max).then_some(Fault::TooLong { length, max });
    over(name.len(), SUBDOMAIN_MAX).or_else(|| {
        name.split('.')
            .find_map(|label| over(label.len(), LABEL_MAX))
    })
}

/// A name that DNS cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Omission {
    /// The name.
    pub name: String,
    /// What is wrong with it.
    pub fault: Fault,
}

impl Explain for Omission {
    fn rule(&self) -> Rule {
        Rule::DnsLength
    }

    fn evidence(&self) -> String {
        match self.fault {
            Fault::TooLong { length, max } if max == LABEL_MAX => {
                format!(
                    "a label of {} has {length} bytes, at most {max} fit",
                    self.name
                )
            }
            fault => format!("{} is no name: {fault}", self.name),
        }
    }

    fn remedy(&self) -> String {
        "take a shorter host name, service, port name or cluster ID".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key() -> ServiceKey {
        ServiceKey::new("n", "s").unwrap()
    }

    fn endpoint(value: serde_json::Value) -> Endpoint {
        serde_json::from_value(value).unwrap()
    }

    fn names(found: &Records) -> Vec<&str> {
        found
            .records
            .iter()
            .map(|record| record.name.as_str())
            .collect()
    }

    #[test]
    fn endpoints_without_a_host_name_go_by_their_addresses() {
        let endpoint = endpoint(
            json!({"cluster": "c", "ready": true, "addresses": ["10.0.0.1", "2001:db8::"]}),
        );
        let found = records(&key(), &[], Backends::Headless(&[endpoint]));
        assert_eq!(
            names(&found),
            [
                "10-0-0-1.c.s.n.svc.clusterset.local",
                "2001-db8-0-0-0-0-0-0.c.s.n.svc.clusterset.local",
                "s.n.svc.clusterset.local",
                "s.n.svc.clusterset.local",
            ]
        );
    }

    #[test]
    fn nothing_behind_it_is_nothing_at_all() {
        let port = serde_json::from_value(json!({"name": "http", "port": 80})).unwrap();
        for backends in [Backends::ClusterSetIp(&[]), Backends::Headless(&[])] {
            assert_eq!(
                records(&key(), std::slice::from_ref(&port), backends),
                Records::default()
            );
        }
    }

    #[test]
    fn names_that_do_not_fit_are_left_out_and_said() {
        let id = "a".repeat(64);
        let endpoint = endpoint(
            json!({"cluster": id, "hostname": "h", "ready": true, "addresses": ["10.0.0.1"]}),
        );
        let port = serde_json::from_value(json!({"name": "http", "port": 80})).unwrap();
        let found = records(&key(), &[port], Backends::Headless(&[endpoint]));
        assert_eq!(names(&found), ["s.n.svc.clusterset.local"]);
        let omission = found.omitted.first().unwrap();
        assert_eq!(
            omission.evidence(),
            format!("a label of h.{id}.s.n.svc.clusterset.local has 64 bytes, at most 63 fit")
        );
        assert_eq!(found.omitted.len(), 1);
    }

    #[test]
    fn the_schema_has_a_version() {
        assert_eq!(
            schema_version().to_string(),
            "dns-version.clusterset.local. IN TXT \"1.0.0\""
        );
        assert_eq!(
            serde_json::to_value(schema_version()).unwrap(),
            json!({"name": "dns-version.clusterset.local", "type": "TXT", "text": "1.0.0"})
        );
    }
}
