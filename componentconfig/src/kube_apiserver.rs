//! The kinds that the API server reads from files of its own: `apiserver.config.k8s.io`, `apiserver.k8s.io`,
//! `audit.k8s.io` and those of its admission plugins.

pub mod admission;
pub mod admission_policy;
pub mod audit;
pub mod authentication;
pub mod authorization;
pub mod egress_selector;
pub mod encryption;
pub mod event_rate_limit;
mod expression;
pub mod pod_security;
pub mod pod_toleration_restriction;
pub mod resource_quota;
pub mod tracing;
pub mod webhook_admission;

use crate::Registry;

/// Adds the kinds of the API server.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .with::<admission::v1::AdmissionConfiguration>()
        .with_older::<admission::v1alpha1::AdmissionConfiguration>()
        .with::<admission_policy::v1::MutatingAdmissionPolicyConfiguration>()
        .with::<admission_policy::v1::ValidatingAdmissionPolicyConfiguration>()
        .with::<audit::v1::Event>()
        .with::<audit::v1::EventList>()
        .with::<audit::v1::Policy>()
        .with::<audit::v1::PolicyList>()
        .with::<authentication::v1::AuthenticationConfiguration>()
        .with_older::<authentication::v1beta1::AuthenticationConfiguration>()
        .with_older::<authentication::v1alpha1::AuthenticationConfiguration>()
        .with::<authorization::v1::AuthorizationConfiguration>()
        .with_older::<authorization::v1beta1::AuthorizationConfiguration>()
        .with_older::<authorization::v1alpha1::AuthorizationConfiguration>()
        .with::<egress_selector::v1beta1::EgressSelectorConfiguration>()
        .with_older::<egress_selector::v1alpha1::EgressSelectorConfiguration>()
        .with::<encryption::v1::EncryptionConfiguration>()
        .with_older::<encryption::alias::EncryptionConfig>()
        .with::<event_rate_limit::v1alpha1::Configuration>()
        .with::<pod_security::v1::PodSecurityConfiguration>()
        .with_older::<pod_security::v1beta1::PodSecurityConfiguration>()
        .with_older::<pod_security::v1alpha1::PodSecurityConfiguration>()
        .with::<pod_toleration_restriction::v1alpha1::Configuration>()
        .with::<resource_quota::v1::ResourceQuotaConfiguration>()
        .with_older::<resource_quota::v1beta1::Configuration>()
        .with_older::<resource_quota::v1alpha1::Configuration>()
        .with::<tracing::v1::TracingConfiguration>()
        .with_older::<tracing::v1beta1::TracingConfiguration>()
        .with_older::<tracing::v1alpha1::TracingConfiguration>()
        .with::<webhook_admission::v1::WebhookAdmissionConfiguration>()
}
