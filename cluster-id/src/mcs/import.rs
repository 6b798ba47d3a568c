//! What every cluster imports.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{
    ApiVersion, Condition, InternalTrafficPolicy, IpFamily, ServicePort, SessionAffinity,
    SessionAffinityConfig,
};
use crate::{id::ClusterId, meta::ObjectMeta};

/// A service of the ClusterSet as one cluster sees it. Only controllers write it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceImport {
    /// The version of the API that the object is written in.
    pub api_version: ApiVersion,
    /// Always `ServiceImport`.
    pub kind: ServiceImportKind,
    /// Name and namespace are those of the exported services.
    #[serde(default)]
    pub metadata: ObjectMeta,
    /// What the exports have in common.
    pub spec: ServiceImportSpec,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ServiceImportStatus>,
}

/// The kind of a [`ServiceImport`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ServiceImportKind {
    /// `ServiceImport`.
    #[default]
    ServiceImport,
}

/// The `spec` of a [`ServiceImport`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceImportSpec {
    /// The ports: no two with one name, nor with one protocol and number.
    pub ports: Vec<ServicePort>,
    /// The addresses in the importing cluster, in the order of the families: at most two, none for a headless service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ips: Vec<IpAddr>,
    /// Whether it has addresses of its own.
    #[serde(rename = "type")]
    pub import_type: ImportType,
    /// Whether a client keeps its backend.
    #[serde(default)]
    pub session_affinity: SessionAffinity,
    /// For how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_affinity_config: Option<SessionAffinityConfig>,
    /// The IP families by which all backends can be reached, the preferred one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ip_families: Vec<IpFamily>,
    /// Which backends traffic from inside a cluster goes to; unset means `Cluster`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internal_traffic_policy: Option<InternalTrafficPolicy>,
    /// Which backends are preferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic_distribution: Option<String>,
}

/// Whether an imported service has addresses of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ImportType {
    /// It has, one of each family.
    #[serde(rename = "ClusterSetIP")]
    ClusterSetIp,
    /// It has none; its backends are addressed directly.
    Headless,
}

/// The `status` of a [`ServiceImport`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceImportStatus {
    /// The exporting clusters, the oldest export first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<ClusterStatus>,
    /// The conditions, one of a type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

/// One exporting cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterStatus {
    /// Its ID.
    pub cluster: ClusterId,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_read_is_written() {
        let value = json!({
            "apiVersion": "multicluster.x-k8s.io/v1beta1", "kind": "ServiceImport",
            "metadata": {"name": "web", "namespace": "test"},
            "spec": {"ports": [{"port": 53, "protocol": "UDP"}], "ips": ["10.42.42.42", "2001:db8::1"],
                "type": "ClusterSetIP", "sessionAffinity": "None", "ipFamilies": ["IPv4", "IPv6"]},
            "status": {"clusters": [{"cluster": "eu"}]},
        });
        let read: ServiceImport = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), value);
    }
}
