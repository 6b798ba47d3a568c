//! The part of a Service that an export carries.

use serde::{Deserialize, Serialize};

use super::ImportType;

/// The `spec` of a core/v1 Service, as far as it matters to other clusters. Reads the `spec` of a Service as it is;
/// what does not matter is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// How the service is exposed.
    #[serde(rename = "type")]
    pub service_type: ServiceType,
    /// The first cluster IP; `None` (the word) for a headless service.
    #[serde(rename = "clusterIP", skip_serializing_if = "Option::is_none")]
    pub cluster_ip: Option<String>,
    /// The ports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ServicePort>,
    /// Whether a client keeps its backend.
    pub session_affinity: SessionAffinity,
    /// For how long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_affinity_config: Option<SessionAffinityConfig>,
    /// Which backends traffic from inside the cluster goes to; unset means `Cluster`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internal_traffic_policy: Option<InternalTrafficPolicy>,
    /// Which backends are preferred, such as `PreferClose`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic_distribution: Option<String>,
    /// The IP families, the preferred one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ip_families: Vec<IpFamily>,
}

impl ServiceSpec {
    /// What the service is imported as; `None` if a service of its type cannot be exported.
    pub fn import_type(&self) -> Option<ImportType> {
        match self.service_type {
            ServiceType::ExternalName => None,
            _ if self.cluster_ip.as_deref() == Some("None") => Some(ImportType::Headless),
            _ => Some(ImportType::ClusterSetIp),
        }
    }
}

/// How a Service is exposed.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum ServiceType {
    /// Within its cluster.
    #[default]
    ClusterIP,
    /// On a port of each node.
    NodePort,
    /// By a load balancer.
    LoadBalancer,
    /// As a DNS alias, which cannot be exported.
    ExternalName,
}

/// One port of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePort {
    /// Its name; empty for the only port of a service that has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its protocol.
    #[serde(default)]
    pub protocol: Protocol,
    /// What is spoken over it, as a hint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_protocol: Option<String>,
    /// Its number.
    pub port: u16,
}

impl ServicePort {
    /// The hint, where none and an empty one are the same.
    pub(super) fn app_protocol(&self) -> &str {
        self.app_protocol.as_deref().unwrap_or_default()
    }

    /// What tells two ports of a service apart on the wire.
    pub(super) fn socket(&self) -> (Protocol, u16) {
        (self.protocol, self.port)
    }
}

/// The protocol of a port.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// Whether a client keeps its backend.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum SessionAffinity {
    /// No.
    #[default]
    None,
    /// By its address.
    #[serde(rename = "ClientIP")]
    ClientIp,
}

/// For how long a client keeps its backend.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionAffinityConfig {
    /// For affinity by address.
    #[serde(rename = "clientIP", default, skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<ClientIpConfig>,
}

/// How long affinity by address lasts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientIpConfig {
    /// In seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i32>,
}

/// Which backends traffic from inside the cluster goes to.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum InternalTrafficPolicy {
    /// All.
    #[default]
    Cluster,
    /// Those on the node of the client.
    Local,
}

/// A family of IP addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum IpFamily {
    /// IPv4.
    IPv4,
    /// IPv6.
    IPv6,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_service_is_read_as_it_is() {
        let spec: ServiceSpec = serde_json::from_value(json!({
            "type": "NodePort", "clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.10"], "selector": {"app": "web"},
            "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "web", "nodePort": 30080}],
            "sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}},
            "ipFamilies": ["IPv6", "IPv4"], "ipFamilyPolicy": "PreferDualStack", "internalTrafficPolicy": "Local",
        }))
        .unwrap();
        assert_eq!(spec.import_type(), Some(ImportType::ClusterSetIp));
        assert_eq!(
            serde_json::to_value(&spec).unwrap(),
            json!({
                "type": "NodePort", "clusterIP": "10.96.0.10",
                "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
                "sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}},
                "ipFamilies": ["IPv6", "IPv4"], "internalTrafficPolicy": "Local",
            })
        );
    }

    #[test]
    fn types_of_services() {
        let imported = |spec: serde_json::Value| {
            serde_json::from_value::<ServiceSpec>(spec)
                .unwrap()
                .import_type()
        };
        assert_eq!(imported(json!({})), Some(ImportType::ClusterSetIp));
        assert_eq!(
            imported(json!({"clusterIP": "None"})),
            Some(ImportType::Headless)
        );
        assert_eq!(
            imported(json!({"type": "ExternalName", "externalName": "x"})),
            None
        );
    }
}
