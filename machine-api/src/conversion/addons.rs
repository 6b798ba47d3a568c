//! ClusterResourceSet and ClusterResourceSetBinding.

use super::{
    Spoke,
    core::{conditions, deprecated_conditions, undeprecated, v1beta2_conditions},
    field::{Context, Convert, pair, same},
};
use crate::addons::{v1beta1 as old, v1beta2 as new};

same!(new::ClusterResourceSetStrategy);

pair!(old::ResourceRef, new::ResourceRef { name, kind });
pair!(
    old::ClusterResourceSetSpec,
    new::ClusterResourceSetSpec {
        cluster_selector,
        resources,
        strategy
    }
);
pair!(old::ClusterResourceSetStatus, new::ClusterResourceSetStatus { observed_generation }
    up(from, to, _context) {
        to.conditions = conditions(&mut from.v1beta2);
        to.deprecated = deprecated_conditions(std::mem::take(&mut from.conditions));
    }
    down(from, to, _context) {
        to.conditions = undeprecated(&mut from.deprecated).conditions;
        to.v1beta2 = v1beta2_conditions(&mut from.conditions);
    }
);

impl Spoke for old::ClusterResourceSet {
    type Hub = new::ClusterResourceSet;

    fn up(self, context: &mut Context<'_>) -> new::ClusterResourceSet {
        new::ClusterResourceSet {
            metadata: self.metadata,
            spec: self.spec.convert(context),
            status: self.status.convert(context),
        }
    }

    fn down(hub: new::ClusterResourceSet, context: &mut Context<'_>) -> Self {
        Self {
            metadata: hub.metadata,
            spec: hub.spec.convert(context),
            status: hub.status.convert(context),
        }
    }
}

pair!(old::ResourceBinding, new::ResourceBinding { name, kind, hash, applied }
    up(from, to, _context) { to.last_applied_time = from.last_applied_time; }
    down(from, to, _context) { to.last_applied_time = from.last_applied_time; }
);
pair!(
    old::ResourceSetBinding,
    new::ResourceSetBinding {
        cluster_resource_set_name,
        resources
    }
);
pair!(
    old::ClusterResourceSetBindingSpec,
    new::ClusterResourceSetBindingSpec {
        bindings,
        cluster_name
    }
);

impl Spoke for old::ClusterResourceSetBinding {
    type Hub = new::ClusterResourceSetBinding;

    fn up(self, context: &mut Context<'_>) -> new::ClusterResourceSetBinding {
        new::ClusterResourceSetBinding {
            metadata: self.metadata,
            spec: self.spec.convert(context),
        }
    }

    fn down(hub: new::ClusterResourceSetBinding, context: &mut Context<'_>) -> Self {
        Self {
            metadata: hub.metadata,
            spec: hub.spec.convert(context),
        }
    }
}
