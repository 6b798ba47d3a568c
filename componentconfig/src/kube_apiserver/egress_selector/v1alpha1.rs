//! The type of the egress selector in `apiserver.k8s.io/v1alpha1`, the same as that of v1beta1.

use serde::{Deserialize, Serialize};

pub use super::v1beta1::{
    Connection, EgressSelection, TCPTransport, TLSConfig, Transport, UDSTransport,
};

/// Through which proxies the API server connects to what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct EgressSelectorConfiguration {
    /// One item for each sort of connection.
    pub egress_selections: Option<Vec<EgressSelection>>,
}

crate::kind::kinds!("apiserver.k8s.io", "v1alpha1": EgressSelectorConfiguration);
