//! ExtensionConfig.

use super::{
    Spoke,
    core::{conditions, deprecated_conditions, undeprecated, v1beta2_conditions},
    field::{Context, Convert, optional, pair},
};
use crate::runtime::{v1alpha1 as old, v1beta2 as new};

pair!(old::ServiceReference, new::ServiceReference { namespace, name, path }
    up(from, to, _context) { to.port = from.port; }
    down(from, to, _context) { to.port = from.port; }
);
optional!(old::ServiceReference, new::ServiceReference;);
pair!(
    old::ClientConfig,
    new::ClientConfig {
        url,
        service,
        ca_bundle
    }
);
pair!(
    old::ExtensionConfigSpec,
    new::ExtensionConfigSpec {
        client_config,
        namespace_selector,
        settings
    }
);
pair!(
    old::GroupVersionHook,
    new::GroupVersionHook { api_version, hook }
);
pair!(old::ExtensionHandler, new::ExtensionHandler { name, request_hook }
    up(from, to, _context) {
        to.timeout_seconds = from.timeout_seconds.unwrap_or_default();
        to.failure_policy = from.failure_policy.take().unwrap_or_default();
    }
    down(from, to, _context) {
        to.timeout_seconds = (from.timeout_seconds != 0).then_some(from.timeout_seconds);
        let policy = std::mem::take(&mut from.failure_policy);
        to.failure_policy = (!policy.is_unset()).then_some(policy);
    }
);
pair!(old::ExtensionConfigStatus, new::ExtensionConfigStatus { handlers }
    up(from, to, _context) {
        to.conditions = conditions(&mut from.v1beta2);
        to.deprecated = deprecated_conditions(std::mem::take(&mut from.conditions));
    }
    down(from, to, _context) {
        to.conditions = undeprecated(&mut from.deprecated).conditions;
        to.v1beta2 = v1beta2_conditions(&mut from.conditions);
    }
);

impl Spoke for old::ExtensionConfig {
    type Hub = new::ExtensionConfig;

    fn up(self, context: &mut Context<'_>) -> new::ExtensionConfig {
        new::ExtensionConfig {
            metadata: self.metadata,
            spec: self.spec.convert(context),
            status: self.status.convert(context),
        }
    }

    fn down(hub: new::ExtensionConfig, context: &mut Context<'_>) -> Self {
        Self {
            metadata: hub.metadata,
            spec: hub.spec.convert(context),
            status: hub.status.convert(context),
        }
    }
}
