//! Machine, MachineHealthCheck and MachineDrainRule.

use super::{
    super::{
        Spoke,
        field::{Context, Convert, pair},
        restore,
    },
    HealthCheck, conditions, deprecated_conditions, deprecated_failures, new, old, timeouts_down,
    timeouts_up, undeprecated, v1beta2_conditions,
};
use crate::meta::ObjectReference;

pair!(old::Bootstrap, new::Bootstrap { config_ref }
    up(from, to, _context) {
        to.data_secret_name = from.data_secret_name.take();
    }
    down(from, to, _context) {
        to.data_secret_name = from.data_secret_name.take();
    }
);

pair!(old::MachineSpec, new::MachineSpec {
        cluster_name, bootstrap, infrastructure_ref, version, provider_id, failure_domain, readiness_gates, taints
    }
    up(from, to, context) {
        timeouts_up!(from, to.deletion, context);
    }
    down(from, to, context) {
        timeouts_down!(from.deletion, to, context);
    }
);

pair!(old::MachineStatus, new::MachineStatus {
        node_info, last_updated, addresses, phase, certificates_expiry_date, observed_generation, deletion
    }
    up(from, to, _context) {
        to.node_ref.name = from.node_ref.take().unwrap_or_default().name;
        to.conditions = conditions(&mut from.v1beta2);
        to.initialization.bootstrap_data_secret_created = Some(from.bootstrap_ready);
        to.initialization.infrastructure_provisioned = Some(from.infrastructure_ready);
        to.deprecated = deprecated_failures(new::FailureStatus {
            conditions: std::mem::take(&mut from.conditions),
            failure_reason: from.failure_reason.take(),
            failure_message: from.failure_message.take(),
        });
    }
    down(from, to, _context) {
        // The phase is younger than v1beta1.
        if from.phase == new::MachinePhase::Updating {
            from.phase = new::MachinePhase::Running;
        }
        let node = std::mem::take(&mut from.node_ref.name);
        to.node_ref = (!node.is_empty()).then(|| ObjectReference {
            api_version: "v1".to_owned(),
            kind: "Node".to_owned(),
            name: node,
            ..ObjectReference::default()
        });
        let failures = undeprecated(&mut from.deprecated);
        to.conditions = failures.conditions;
        to.failure_reason = failures.failure_reason;
        to.failure_message = failures.failure_message;
        to.bootstrap_ready = from.initialization.bootstrap_data_secret_created.unwrap_or_default();
        to.infrastructure_ready = from.initialization.infrastructure_provisioned.unwrap_or_default();
        to.v1beta2 = v1beta2_conditions(&mut from.conditions);
    }
);

/// Restores how far provisioning came.
pub(super) fn restore_initialization(
    initialization: &mut new::MachineInitializationStatus,
    was: Option<&new::MachineInitializationStatus>,
) {
    restore::intent(
        &mut initialization.bootstrap_data_secret_created,
        was.map(|was| &was.bootstrap_data_secret_created),
    );
    restore::intent(
        &mut initialization.infrastructure_provisioned,
        was.map(|was| &was.infrastructure_provisioned),
    );
}

impl Spoke for old::Machine {
    type Hub = new::Machine;

    fn up(mut self, context: &mut Context<'_>) -> new::Machine {
        let restored = restore::take::<new::Machine, _>(&mut self, context);
        let mut hub = new::Machine {
            metadata: self.metadata,
            spec: self.spec.convert(context),
            status: self.status.convert(context),
        };
        let was = restored.as_ref().map(|hub| &hub.status.initialization);
        restore_initialization(&mut hub.status.initialization, was);
        if let Some(restored) = restored {
            hub.spec.min_ready_seconds = restored.spec.min_ready_seconds;
            hub.status.phase = restored.status.phase;
            hub.status.failure_domain = restored.status.failure_domain;
        }
        hub
    }

    fn down(hub: new::Machine, context: &mut Context<'_>) -> Self {
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

pair!(old::MachineHealthCheckSpec, new::MachineHealthCheckSpec { cluster_name, selector }
    up(from, to, context) {
        let check = HealthCheck::take(old::MachineHealthCheckClass {
            unhealthy_conditions: std::mem::take(&mut from.unhealthy_conditions),
            unhealthy_machine_conditions: std::mem::take(&mut from.unhealthy_machine_conditions),
            max_unhealthy: from.max_unhealthy.take(),
            unhealthy_range: from.unhealthy_range.take(),
            node_startup_timeout: from.node_startup_timeout.take(),
            remediation_template: from.remediation_template.take(),
        }, context);
        to.checks = check.checks;
        to.remediation = check.remediation;
    }
    down(from, to, context) {
        let parts = HealthCheck {
            checks: std::mem::take(&mut from.checks),
            remediation: std::mem::take(&mut from.remediation),
        };
        let check = parts.put(context);
        to.unhealthy_conditions = check.unhealthy_conditions;
        to.unhealthy_machine_conditions = check.unhealthy_machine_conditions;
        to.max_unhealthy = check.max_unhealthy;
        to.unhealthy_range = check.unhealthy_range;
        to.node_startup_timeout = check.node_startup_timeout;
        to.remediation_template = check.remediation_template;
    }
);

pair!(old::MachineHealthCheckStatus, new::MachineHealthCheckStatus {
        expected_machines, current_healthy, remediations_allowed, observed_generation, targets
    }
    up(from, to, _context) {
        to.conditions = conditions(&mut from.v1beta2);
        to.deprecated = deprecated_conditions(std::mem::take(&mut from.conditions));
    }
    down(from, to, _context) {
        to.conditions = undeprecated(&mut from.deprecated).conditions;
        to.v1beta2 = v1beta2_conditions(&mut from.conditions);
    }
);

impl Spoke for old::MachineHealthCheck {
    type Hub = new::MachineHealthCheck;

    fn up(mut self, context: &mut Context<'_>) -> new::MachineHealthCheck {
        let restored = restore::take::<new::MachineHealthCheck, _>(&mut self, context);
        let mut hub = new::MachineHealthCheck {
            metadata: self.metadata,
            spec: self.spec.convert(context),
            status: self.status.convert(context),
        };
        let was = restored.as_ref().map(|hub| &hub.status);
        let status = &mut hub.status;
        restore::intent(
            &mut status.expected_machines,
            was.map(|was| &was.expected_machines),
        );
        restore::intent(
            &mut status.current_healthy,
            was.map(|was| &was.current_healthy),
        );
        restore::intent(
            &mut status.remediations_allowed,
            was.map(|was| &was.remediations_allowed),
        );
        hub
    }

    fn down(hub: new::MachineHealthCheck, context: &mut Context<'_>) -> Self {
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

pair!(
    old::MachineDrainRuleDrainConfig,
    new::MachineDrainRuleDrainConfig { behavior, order }
);
pair!(
    old::MachineDrainRuleSpec,
    new::MachineDrainRuleSpec {
        drain,
        machines,
        pods
    }
);

impl Spoke for old::MachineDrainRule {
    type Hub = new::MachineDrainRule;

    fn up(self, context: &mut Context<'_>) -> new::MachineDrainRule {
        new::MachineDrainRule {
            metadata: self.metadata,
            spec: self.spec.convert(context),
        }
    }

    fn down(hub: new::MachineDrainRule, context: &mut Context<'_>) -> Self {
        Self {
            metadata: hub.metadata,
            spec: hub.spec.convert(context),
        }
    }
}
