//! The types of the egress selector, `apiserver.k8s.io/v1beta1`.
//!
//! They mirror `staging/src/k8s.io/apiserver/pkg/apis/apiserver/v1beta1/types.go`.

use serde::{Deserialize, Serialize};

/// Through which proxies the API server connects to what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct EgressSelectorConfiguration {
    /// One item for each sort of connection.
    pub egress_selections: Option<Vec<EgressSelection>>,
}

/// A way to connect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Connection {
    /// `Direct`, `HTTPConnect` or `GRPC`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub proxy_protocol: String,
    /// How the proxy is reached. Unset for `Direct`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
}

/// The way of one sort of connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct EgressSelection {
    /// The sort: `controlplane`, `cluster` or `etcd`.
    pub name: String,
    /// The way.
    pub connection: Connection,
}

/// A proxy behind a TCP port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct TCPTransport {
    /// Its URL, `http://` or `https://`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// The certificates, for `https`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_config: Option<TLSConfig>,
}

/// Certificates for a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct TLSConfig {
    /// The file of the authorities that vouch for the proxy. Empty: those of the system.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ca_bundle: String,
    /// The file of the client's key.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_key: String,
    /// The file of the client's certificate.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_cert: String,
    /// The name expected in the proxy's certificate. Empty: that of the URL.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tls_server_name: String,
}

/// How a proxy is reached: one of the fields is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Transport {
    /// By TCP. Not for `GRPC`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp: Option<TCPTransport>,
    /// By a Unix socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uds: Option<UDSTransport>,
}

/// A proxy behind a Unix socket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct UDSTransport {
    /// The path of the socket.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uds_name: String,
}

crate::kind::kinds!("apiserver.k8s.io", "v1beta1": EgressSelectorConfiguration);
