//! The types of Pod Security, `pod-security.admission.config.k8s.io/v1`.
//!
//! They mirror `staging/src/k8s.io/pod-security-admission/admission/api/v1/types.go`.

use serde::{Deserialize, Serialize};

/// The Pod Security standards of namespaces that say nothing themselves, and who is exempt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PodSecurityConfiguration {
    /// The levels of namespaces that say nothing.
    pub defaults: PodSecurityDefaults,
    /// What is never checked.
    pub exemptions: PodSecurityExemptions,
}

/// Levels, and the versions of Kubernetes whose rules they mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PodSecurityDefaults {
    /// The level below which Pods are refused: `privileged`, `baseline` or `restricted`. Default `privileged`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub enforce: String,
    /// The version for `enforce`: `latest` or `v1.x`. Default `latest`.
    #[serde(rename = "enforce-version", skip_serializing_if = "String::is_empty")]
    pub enforce_version: String,
    /// The level below which Pods are noted in the audit log. Default `privileged`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub audit: String,
    /// The version for `audit`. Default `latest`.
    #[serde(rename = "audit-version", skip_serializing_if = "String::is_empty")]
    pub audit_version: String,
    /// The level below which users are warned. Default `privileged`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub warn: String,
    /// The version for `warn`. Default `latest`.
    #[serde(rename = "warn-version", skip_serializing_if = "String::is_empty")]
    pub warn_version: String,
}

/// What is never checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct PodSecurityExemptions {
    /// Requests of these users.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub usernames: Vec<String>,
    /// Pods in these namespaces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// Pods of these runtime classes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runtime_classes: Vec<String>,
}

crate::kind::kinds!("pod-security.admission.config.k8s.io", "v1": PodSecurityConfiguration);
