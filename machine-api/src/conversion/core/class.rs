//! ClusterClass.

use super::{
    super::{
        Spoke,
        field::{Context, Convert, optional, pair, same},
        restore,
    },
    HealthCheck, Strategy, conditions, deprecated_conditions, new, old, timeouts_down, timeouts_up,
    undeprecated, v1beta2_conditions, variable,
};

same!(new::ClusterClassTemplateReference);

pair!(old::ClassNamingStrategy, new::ClassNamingSpec { template });
optional!(old::ClassNamingStrategy, new::ClassNamingSpec;);

/// A reference to a template keeps its version.
impl Convert<new::ClassTemplate> for old::LocalObjectTemplate {
    fn convert(self, _: &mut Context<'_>) -> new::ClassTemplate {
        let from = self.r#ref.unwrap_or_default();
        new::ClassTemplate {
            template_ref: new::ClusterClassTemplateReference {
                kind: from.kind,
                name: from.name,
                api_version: from.api_version,
            },
        }
    }
}

/// There is always a reference, if only to a namespace.
impl Convert<old::LocalObjectTemplate> for new::ClassTemplate {
    fn convert(self, context: &mut Context<'_>) -> old::LocalObjectTemplate {
        let from = self.template_ref;
        old::LocalObjectTemplate {
            r#ref: Some(context.reference(from.api_version, from.kind, from.name)),
        }
    }
}
optional!(old::LocalObjectTemplate, new::ClassTemplate;);

pair!(old::ControlPlaneClass, new::ControlPlaneClass {
        metadata, machine_infrastructure, taints, readiness_gates; naming_strategy => naming
    }
    up(from, to, context) {
        timeouts_up!(from, to.deletion, context);
        let template = old::LocalObjectTemplate { r#ref: from.r#ref.take() };
        to.template_ref = Convert::<new::ClassTemplate>::convert(template, context).template_ref;
        if let Some(check) = from.machine_health_check.take() {
            let check = HealthCheck::take(check, context);
            to.health_check.checks = check.checks;
            to.health_check.remediation = check.remediation;
        }
    }
    down(from, to, context) {
        timeouts_down!(from.deletion, to, context);
        let template = new::ClassTemplate { template_ref: std::mem::take(&mut from.template_ref) };
        to.r#ref = Convert::<old::LocalObjectTemplate>::convert(template, context).r#ref;
        let check = std::mem::take(&mut from.health_check);
        if check != new::ControlPlaneClassHealthCheck::default() {
            let parts = HealthCheck { checks: check.checks, remediation: check.remediation };
            to.machine_health_check = Some(parts.put(context));
        }
    }
);

pair!(old::MachineDeploymentClass, new::MachineDeploymentClass {
        class, failure_domain, taints, min_ready_seconds, readiness_gates; naming_strategy => naming
    }
    up(from, to, context) {
        timeouts_up!(from, to.deletion, context);
        let template = std::mem::take(&mut from.template);
        to.metadata = template.metadata.convert(context);
        to.bootstrap = template.bootstrap.convert(context);
        to.infrastructure = template.infrastructure.convert(context);
        let strategy = Strategy::take(&mut from.strategy);
        to.rollout.strategy = strategy.rollout;
        to.deletion.order = strategy.order;
        if let Some(check) = from.machine_health_check.take() {
            let check = HealthCheck::take(check, context);
            to.health_check.checks = check.checks;
            to.health_check.remediation.trigger_if = check.remediation.trigger_if;
            to.health_check.remediation.template_ref = check.remediation.template_ref;
        }
        to.health_check.remediation.max_in_flight = strategy.max_in_flight;
    }
    down(from, to, context) {
        timeouts_down!(from.deletion, to, context);
        to.template.metadata = std::mem::take(&mut from.metadata).convert(context);
        to.template.bootstrap = std::mem::take(&mut from.bootstrap).convert(context);
        to.template.infrastructure = std::mem::take(&mut from.infrastructure).convert(context);
        let mut check = std::mem::take(&mut from.health_check);
        let strategy = Strategy {
            rollout: std::mem::take(&mut from.rollout.strategy),
            order: std::mem::take(&mut from.deletion.order),
            max_in_flight: check.remediation.max_in_flight.take(),
        };
        to.strategy = strategy.put();
        if check != new::MachineDeploymentClassHealthCheck::default() {
            let parts = HealthCheck {
                checks: check.checks,
                remediation: new::MachineHealthCheckRemediation {
                    trigger_if: check.remediation.trigger_if,
                    template_ref: check.remediation.template_ref,
                },
            };
            to.machine_health_check = Some(parts.put(context));
        }
    }
);

pair!(old::MachinePoolClass, new::MachinePoolClass {
        class, failure_domains, taints, min_ready_seconds; naming_strategy => naming
    }
    up(from, to, context) {
        timeouts_up!(from, to.deletion, context);
        let template = std::mem::take(&mut from.template);
        to.metadata = template.metadata.convert(context);
        to.bootstrap = template.bootstrap.convert(context);
        to.infrastructure = template.infrastructure.convert(context);
    }
    down(from, to, context) {
        timeouts_down!(from.deletion, to, context);
        to.template.metadata = std::mem::take(&mut from.metadata).convert(context);
        to.template.bootstrap = std::mem::take(&mut from.bootstrap).convert(context);
        to.template.infrastructure = std::mem::take(&mut from.infrastructure).convert(context);
    }
);

pair!(
    old::WorkersClass,
    new::WorkersClass {
        machine_deployments,
        machine_pools
    }
);

pair!(
    old::PatchSelectorMatchMachineDeploymentClass,
    new::PatchSelectorMatchMachineDeploymentClass { names }
);
pair!(
    old::PatchSelectorMatchMachinePoolClass,
    new::PatchSelectorMatchMachinePoolClass { names }
);
pair!(
    old::PatchSelectorMatch,
    new::PatchSelectorMatch {
        control_plane,
        infrastructure_cluster,
        machine_deployment_class,
        machine_pool_class
    }
);
pair!(
    old::PatchSelector,
    new::PatchSelector {
        api_version,
        kind,
        match_resources
    }
);
pair!(
    old::JSONPatchValue,
    new::JSONPatchValue { variable, template }
);
pair!(
    old::JSONPatch,
    new::JSONPatch {
        op,
        path,
        value,
        value_from
    }
);
pair!(
    old::PatchDefinition,
    new::PatchDefinition {
        selector,
        json_patches
    }
);
pair!(old::ExternalPatchDefinition, new::ExternalPatchDefinition {
    discover_variables_extension, settings;
    generate_extension => generate_patches_extension, validate_extension => validate_topology_extension
});
pair!(
    old::ClusterClassPatch,
    new::ClusterClassPatch {
        name,
        description,
        enabled_if,
        definitions,
        external
    }
);

pair!(old::ClusterClassSpec, new::ClusterClassSpec {
        availability_gates, control_plane, workers, variables, patches, upgrade, kubernetes_versions
    }
    up(from, to, context) {
        let template = std::mem::take(&mut from.infrastructure);
        to.infrastructure.template_ref = Convert::<new::ClassTemplate>::convert(template, context).template_ref;
        to.infrastructure.naming = from.infrastructure_naming_strategy.take().convert(context);
    }
    down(from, to, context) {
        let template = new::ClassTemplate { template_ref: std::mem::take(&mut from.infrastructure.template_ref) };
        to.infrastructure = template.convert(context);
        to.infrastructure_naming_strategy = std::mem::take(&mut from.infrastructure.naming).convert(context);
    }
);

pair!(old::ClusterClassStatus, new::ClusterClassStatus { variables, observed_generation }
    up(from, to, _context) {
        to.conditions = conditions(&mut from.v1beta2);
        to.deprecated = deprecated_conditions(std::mem::take(&mut from.conditions));
    }
    down(from, to, _context) {
        to.conditions = undeprecated(&mut from.deprecated).conditions;
        to.v1beta2 = v1beta2_conditions(&mut from.conditions);
    }
);

impl Spoke for old::ClusterClass {
    type Hub = new::ClusterClass;

    fn up(mut self, context: &mut Context<'_>) -> new::ClusterClass {
        let restored = restore::take::<new::ClusterClass, _>(&mut self, context);
        let mut hub = new::ClusterClass {
            metadata: self.metadata,
            spec: self.spec.convert(context),
            status: self.status.convert(context),
        };
        let restored = restored.unwrap_or_default();
        for patch in &mut hub.spec.patches {
            restore_patch(patch, &restored.spec.patches);
        }
        variable::restore(&mut hub, &restored);
        hub
    }

    fn down(hub: new::ClusterClass, context: &mut Context<'_>) -> Self {
        let data = restore::data(&hub, context);
        let mut spoke = Self {
            metadata: hub.metadata,
            spec: hub.spec.convert(context),
            status: hub.status.convert(context),
        };
        restore::keep(&mut spoke, data);
        spoke
    }
}

/// Restores which places a patch does not match although it could: of the first patch of that name, if it has as many
/// definitions.
fn restore_patch(patch: &mut new::ClusterClassPatch, restored: &[new::ClusterClassPatch]) {
    let was = restored.iter().find(|was| was.name == patch.name);
    let was = was.filter(|was| was.definitions.len() == patch.definitions.len());
    for (index, definition) in patch.definitions.iter_mut().enumerate() {
        let was = was.and_then(|was| was.definitions.get(index));
        let was = was.map(|was| &was.selector.match_resources);
        let now = &mut definition.selector.match_resources;
        restore::intent(&mut now.control_plane, was.map(|was| &was.control_plane));
        restore::intent(
            &mut now.infrastructure_cluster,
            was.map(|was| &was.infrastructure_cluster),
        );
    }
}
