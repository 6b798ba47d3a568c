//! KubeadmControlPlane and KubeadmControlPlaneTemplate.

use componentconfig::scalar::Duration;

use super::{
    Spoke,
    core::{deprecated, replicas_from, replicas_to, timeouts_down, timeouts_up, undeprecated},
    field::{Context, Convert, optional, pair, same},
    kubeadm::{spec_down, spec_up},
    restore,
};
use crate::{
    controlplane::{v1beta1 as old, v1beta2 as new},
    core::v1beta2::MachineNamingSpec,
};

same!(new::KubeadmControlPlaneRolloutStrategyType);

pair!(old::MachineNamingStrategy, MachineNamingSpec { template });
pair!(old::RemediationStrategy, new::KubeadmControlPlaneRemediationSpec {
        ; min_healthy_period => min_healthy_period_seconds, retry_period => retry_period_seconds
    }
    up(from, to, _context) { to.max_retry = from.max_retry; }
    down(from, to, _context) { to.max_retry = from.max_retry; }
);
pair!(old::LastRemediationStatus, new::LastRemediationStatus { machine, retry_count }
    up(from, to, _context) { to.time = from.timestamp; }
    down(from, to, _context) { to.timestamp = from.time; }
);
optional! {
    old::MachineNamingStrategy, MachineNamingSpec;
    old::RemediationStrategy, new::KubeadmControlPlaneRemediationSpec;
    old::LastRemediationStatus, new::LastRemediationStatus;
}

pair!(old::KubeadmControlPlaneMachineTemplate, new::KubeadmControlPlaneMachineTemplate { metadata }
    up(from, to, context) {
        timeouts_up!(from, to.spec.deletion, context);
        to.spec.infrastructure_ref = std::mem::take(&mut from.infrastructure_ref).convert(context);
        to.spec.readiness_gates = std::mem::take(&mut from.readiness_gates).convert(context);
        to.spec.taints = std::mem::take(&mut from.taints);
    }
    down(from, to, context) {
        timeouts_down!(from.spec.deletion, to, context);
        to.infrastructure_ref = std::mem::take(&mut from.spec.infrastructure_ref).convert(context);
        to.readiness_gates = std::mem::take(&mut from.spec.readiness_gates).convert(context);
        to.taints = std::mem::take(&mut from.spec.taints);
    }
);
pair!(old::KubeadmControlPlaneTemplateMachineTemplate, new::KubeadmControlPlaneTemplateMachineTemplate { metadata }
    up(from, to, context) {
        timeouts_up!(from, to.spec.deletion, context);
        to.spec.taints = std::mem::take(&mut from.taints);
    }
    down(from, to, context) {
        timeouts_down!(from.spec.deletion, to, context);
        to.taints = std::mem::take(&mut from.spec.taints);
    }
);
optional!(old::KubeadmControlPlaneTemplateMachineTemplate, new::KubeadmControlPlaneTemplateMachineTemplate;);

/// When machines are replaced: three fields of v1beta1.
macro_rules! rollout_up {
    ($from:expr) => {{
        let strategy = $from.rollout_strategy.take().unwrap_or_default();
        new::KubeadmControlPlaneRolloutSpec {
            before: new::KubeadmControlPlaneRolloutBeforeSpec {
                certificates_expiry_days: $from
                    .rollout_before
                    .take()
                    .and_then(|before| before.certificates_expiry_days)
                    .unwrap_or_default(),
            },
            after: $from.rollout_after,
            strategy: new::KubeadmControlPlaneRolloutStrategy {
                r#type: strategy.r#type,
                rolling_update: new::KubeadmControlPlaneRolloutStrategyRollingUpdate {
                    max_surge: strategy.rolling_update.and_then(|bounds| bounds.max_surge),
                },
            },
        }
    }};
}

/// The way back of [`rollout_up`].
macro_rules! rollout_down {
    ($from:expr, $to:expr) => {
        let rollout = std::mem::take(&mut $from.rollout);
        $to.rollout_after = rollout.after;
        let days = rollout.before.certificates_expiry_days;
        $to.rollout_before = (days != 0).then_some(old::RolloutBefore {
            certificates_expiry_days: Some(days),
        });
        $to.rollout_strategy = rollout_strategy(rollout.strategy);
    };
}

fn rollout_strategy(
    strategy: new::KubeadmControlPlaneRolloutStrategy,
) -> Option<old::RolloutStrategy> {
    (strategy != new::KubeadmControlPlaneRolloutStrategy::default()).then(|| old::RolloutStrategy {
        r#type: strategy.r#type,
        rolling_update: strategy
            .rolling_update
            .max_surge
            .map(|surge| old::RollingUpdate {
                max_surge: Some(surge),
            }),
    })
}

/// Restores an explicit zero as the wait before the next try. A strategy that says nothing is no strategy.
fn restore_retry(
    now: &mut new::KubeadmControlPlaneRemediationSpec,
    was: Option<&new::KubeadmControlPlaneRemediationSpec>,
    period: Option<Duration>,
) {
    // What is less than a second is not zero, though it is written as one.
    if period.is_some_and(|period| period.is_zero()) {
        restore::intent(
            &mut now.retry_period_seconds,
            was.map(|was| &was.retry_period_seconds),
        );
    }
}

impl Spoke for old::KubeadmControlPlane {
    type Hub = new::KubeadmControlPlane;

    fn up(mut self, context: &mut Context<'_>) -> new::KubeadmControlPlane {
        let restored = restore::take::<new::KubeadmControlPlane, _>(&mut self, context);
        let was = restored.as_ref().map(|was| &was.spec);
        let mut spec = self.spec;
        let period = spec
            .remediation_strategy
            .as_ref()
            .map(|strategy| strategy.retry_period);
        let mut hub = new::KubeadmControlPlane {
            metadata: self.metadata,
            spec: new::KubeadmControlPlaneSpec {
                replicas: spec.replicas,
                version: spec.version,
                machine_template: spec.machine_template.convert(context),
                kubeadm_config_spec: spec_up(
                    spec.kubeadm_config_spec,
                    was.map(|was| &was.kubeadm_config_spec),
                    context,
                ),
                rollout: rollout_up!(spec),
                remediation: spec.remediation_strategy.convert(context),
                machine_naming: spec.machine_naming_strategy.convert(context),
            },
            status: self.status.convert(context),
        };
        restore_retry(
            &mut hub.spec.remediation,
            was.map(|was| &was.remediation),
            period,
        );
        restore::intent(
            &mut hub.status.initialization.control_plane_initialized,
            restored
                .as_ref()
                .map(|was| &was.status.initialization.control_plane_initialized),
        );
        hub
    }

    fn down(hub: new::KubeadmControlPlane, context: &mut Context<'_>) -> Self {
        let data = restore::data(&hub, context);
        let mut spec = hub.spec;
        let mut spoke = Self {
            metadata: hub.metadata,
            status: hub.status.convert(context),
            ..Self::default()
        };
        rollout_down!(spec, spoke.spec);
        spoke.spec.replicas = spec.replicas;
        spoke.spec.version = spec.version;
        spoke.spec.machine_template = spec.machine_template.convert(context);
        spoke.spec.kubeadm_config_spec = spec_down(spec.kubeadm_config_spec, context);
        spoke.spec.remediation_strategy = spec.remediation.convert(context);
        spoke.spec.machine_naming_strategy = spec.machine_naming.convert(context);
        restore::keep(&mut spoke, data);
        spoke
    }
}

pair!(old::KubeadmControlPlaneStatus, new::KubeadmControlPlaneStatus {
        selector, replicas, version, observed_generation, versions, last_remediation
    }
    up(from, to, _context) {
        replicas_from!(from, to);
        to.initialization.control_plane_initialized = Some(from.initialized);
        to.deprecated = Some(deprecated(new::KubeadmControlPlaneV1Beta1DeprecatedStatus {
            conditions: std::mem::take(&mut from.conditions),
            failure_reason: std::mem::take(&mut from.failure_reason),
            failure_message: from.failure_message.take(),
            updated_replicas: from.updated_replicas,
            ready_replicas: from.ready_replicas,
            unavailable_replicas: from.unavailable_replicas,
        }));
    }
    down(from, to, _context) {
        to.v1beta2 = replicas_to!(from);
        let status = undeprecated(&mut from.deprecated);
        to.conditions = status.conditions;
        to.failure_reason = status.failure_reason;
        to.failure_message = status.failure_message;
        to.updated_replicas = status.updated_replicas;
        to.ready_replicas = status.ready_replicas;
        to.unavailable_replicas = status.unavailable_replicas;
        to.ready = status.ready_replicas > 0;
        to.initialized = from.initialization.control_plane_initialized.unwrap_or_default();
    }
);

impl Spoke for old::KubeadmControlPlaneTemplate {
    type Hub = new::KubeadmControlPlaneTemplate;

    fn up(mut self, context: &mut Context<'_>) -> new::KubeadmControlPlaneTemplate {
        let restored = restore::take::<new::KubeadmControlPlaneTemplate, _>(&mut self, context);
        let was = restored.as_ref().map(|was| &was.spec.template.spec);
        let mut spec = self.spec.template.spec;
        let period = spec
            .remediation_strategy
            .as_ref()
            .map(|strategy| strategy.retry_period);
        if let Some(strategy) = &mut spec.rollout_strategy
            && strategy.r#type.is_unset()
        {
            strategy.r#type = new::KubeadmControlPlaneRolloutStrategyType::RollingUpdate;
        }
        let mut resource = new::KubeadmControlPlaneTemplateResourceSpec {
            machine_template: spec.machine_template.convert(context),
            kubeadm_config_spec: spec_up(
                spec.kubeadm_config_spec,
                was.map(|was| &was.kubeadm_config_spec),
                context,
            ),
            rollout: rollout_up!(spec),
            remediation: spec.remediation_strategy.convert(context),
            machine_naming: spec.machine_naming_strategy.convert(context),
        };
        restore_retry(
            &mut resource.remediation,
            was.map(|was| &was.remediation),
            period,
        );
        new::KubeadmControlPlaneTemplate {
            metadata: self.metadata,
            spec: new::KubeadmControlPlaneTemplateSpec {
                template: new::KubeadmControlPlaneTemplateResource {
                    metadata: self.spec.template.metadata.convert(context),
                    spec: resource,
                },
            },
        }
    }

    fn down(hub: new::KubeadmControlPlaneTemplate, context: &mut Context<'_>) -> Self {
        let data = restore::data(&hub, context);
        let mut spec = hub.spec.template.spec;
        let mut resource = old::KubeadmControlPlaneTemplateResourceSpec::default();
        rollout_down!(spec, resource);
        // There is always one, if only an empty one.
        resource.machine_template = Some(spec.machine_template.convert(context));
        resource.kubeadm_config_spec = spec_down(spec.kubeadm_config_spec, context);
        resource.remediation_strategy = spec.remediation.convert(context);
        resource.machine_naming_strategy = spec.machine_naming.convert(context);
        let mut spoke = Self {
            metadata: hub.metadata,
            spec: old::KubeadmControlPlaneTemplateSpec {
                template: old::KubeadmControlPlaneTemplateResource {
                    metadata: hub.spec.template.metadata.convert(context),
                    spec: resource,
                },
            },
        };
        restore::keep(&mut spoke, data);
        spoke
    }
}
