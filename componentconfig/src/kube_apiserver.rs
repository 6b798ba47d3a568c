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
        .builtin::<admission::v1::AdmissionConfiguration>()
        .builtin_older::<admission::v1alpha1::AdmissionConfiguration>()
        .builtin::<admission_policy::v1::MutatingAdmissionPolicyConfiguration>()
        .builtin::<admission_policy::v1::ValidatingAdmissionPolicyConfiguration>()
        .builtin::<audit::v1::Event>()
        .builtin::<audit::v1::EventList>()
        .builtin::<audit::v1::Policy>()
        .builtin::<audit::v1::PolicyList>()
        .builtin::<authentication::v1::AuthenticationConfiguration>()
        .builtin_older::<authentication::v1beta1::AuthenticationConfiguration>()
        .builtin_older::<authentication::v1alpha1::AuthenticationConfiguration>()
        .builtin::<authorization::v1::AuthorizationConfiguration>()
        .builtin_older::<authorization::v1beta1::AuthorizationConfiguration>()
        .builtin_older::<authorization::v1alpha1::AuthorizationConfiguration>()
        .builtin::<egress_selector::v1beta1::EgressSelectorConfiguration>()
        .builtin_older::<egress_selector::v1alpha1::EgressSelectorConfiguration>()
        .builtin::<encryption::v1::EncryptionConfiguration>()
        .builtin_older::<encryption::alias::EncryptionConfig>()
        .builtin::<event_rate_limit::v1alpha1::Configuration>()
        .builtin::<pod_security::v1::PodSecurityConfiguration>()
        .builtin_older::<pod_security::v1beta1::PodSecurityConfiguration>()
        .builtin_older::<pod_security::v1alpha1::PodSecurityConfiguration>()
        .builtin::<pod_toleration_restriction::v1alpha1::Configuration>()
        .builtin::<resource_quota::v1::ResourceQuotaConfiguration>()
        .builtin_older::<resource_quota::v1beta1::Configuration>()
        .builtin_older::<resource_quota::v1alpha1::Configuration>()
        .builtin::<tracing::v1::TracingConfiguration>()
        .builtin_older::<tracing::v1beta1::TracingConfiguration>()
        .builtin_older::<tracing::v1alpha1::TracingConfiguration>()
        .builtin::<webhook_admission::v1::WebhookAdmissionConfiguration>()
}
