//! The type of Pod Security in `pod-security.admission.config.k8s.io/v1alpha1`, the same as that of v1.

use serde::{Deserialize, Serialize};

pub use super::v1::{PodSecurityDefaults, PodSecurityExemptions};

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

crate::kind::kinds!("pod-security.admission.config.k8s.io", "v1alpha1": PodSecurityConfiguration);
