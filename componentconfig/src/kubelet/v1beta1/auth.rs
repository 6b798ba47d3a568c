//! Authentication and authorization of the kubelet's server.

use serde::{Deserialize, Serialize};

use crate::scalar::Duration;

/// Who a request to the kubelet's server comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeletAuthentication {
    /// By client certificate.
    pub x509: KubeletX509Authentication,
    /// By token, reviewed by the API server.
    pub webhook: KubeletWebhookAuthentication,
    /// Requests that nobody authenticated.
    pub anonymous: KubeletAnonymousAuthentication,
}

/// Authentication by client certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeletX509Authentication {
    /// The authorities whose certificates are trusted. Empty: no such authentication.
    #[serde(rename = "clientCAFile", skip_serializing_if = "String::is_empty")]
    pub client_ca_file: String,
}

/// Authentication by token, reviewed by the API server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeletWebhookAuthentication {
    /// Whether tokens are reviewed. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// How long an answer is kept. Default 2 minutes.
    #[serde(rename = "cacheTTL")]
    pub cache_ttl: Duration,
}

/// Requests that nobody authenticated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeletAnonymousAuthentication {
    /// Whether they pass as `system:anonymous`. Default false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// What a request to the kubelet's server may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeletAuthorization {
    /// `AlwaysAllow` or `Webhook`. Default `Webhook`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mode: String,
    /// Review by the API server.
    pub webhook: KubeletWebhookAuthorization,
}

/// Authorization by review of the API server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KubeletWebhookAuthorization {
    /// How long a yes is kept. Default 5 minutes.
    #[serde(rename = "cacheAuthorizedTTL")]
    pub cache_authorized_ttl: Duration,
    /// How long a no is kept. Default 30 seconds.
    #[serde(rename = "cacheUnauthorizedTTL")]
    pub cache_unauthorized_ttl: Duration,
}
