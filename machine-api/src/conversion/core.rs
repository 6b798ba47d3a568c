//! Cluster API's own kinds.

mod class;
mod cluster;
mod machine;
mod sets;
mod topology;
mod variable;

use componentconfig::scalar::Duration;

use super::field::{Context, Convert, optional, pair, same};
use crate::core::{
    v1beta1 as old,
    v1beta2::{self as new, DeprecatedStatus, FailureStatus, V1Beta1Conditions},
};

same!(
    new::ClusterControlPlaneStatus,
    new::ClusterPhase,
    new::ConditionPolarity,
    new::ControlPlaneTopologyRolloutSpec,
    new::ClusterClassUpgrade,
    new::FieldValueErrorReason,
    new::MachineAddressType,
    new::MachineDeletionStatus,
    new::MachineDeploymentPhase,
    new::MachineDrainRuleDrainBehavior,
    new::MachineDrainRuleMachineSelector,
    new::MachineDrainRulePodSelector,
    new::MachinePhase,
    new::MachinePoolPhase,
    new::MachineTaint,
    new::StatusVersion,
    new::V1Beta1Condition,
    new::WorkersStatus,
);

pair!(
    old::ObjectMeta,
    new::ObjectMeta {
        labels,
        annotations
    }
);
pair!(old::APIEndpoint, new::APIEndpoint { host, port });
pair!(old::MachineAddress, new::MachineAddress { r#type, address });
pair!(
    old::MachineReadinessGate,
    new::MachineReadinessGate {
        condition_type,
        polarity
    }
);
pair!(
    old::MachineNamingStrategy,
    new::MachineNamingSpec { template }
);
pair!(
    old::RemediationStrategy,
    new::MachineDeploymentRemediationSpec { max_in_flight }
);
optional! {
    old::MachineNamingStrategy, new::MachineNamingSpec;
    old::RemediationStrategy, new::MachineDeploymentRemediationSpec;
}

/// Conditions of v1beta1 that are all there is to keep: nothing if there are none.
pub(super) fn deprecated_conditions(
    conditions: Vec<new::V1Beta1Condition>,
) -> Option<DeprecatedStatus<V1Beta1Conditions>> {
    (!conditions.is_empty()).then(|| deprecated(V1Beta1Conditions { conditions }))
}

/// Conditions and failures of v1beta1: nothing if there are none.
fn deprecated_failures(status: FailureStatus) -> Option<DeprecatedStatus<FailureStatus>> {
    (status != FailureStatus::default()).then(|| deprecated(status))
}

/// The deprecated part of a status.
pub(super) const fn deprecated<T>(status: T) -> DeprecatedStatus<T> {
    DeprecatedStatus {
        v1beta1: Some(status),
    }
}

/// What the deprecated part of a status holds.
pub(super) fn undeprecated<T: Default>(status: &mut Option<DeprecatedStatus<T>>) -> T {
    status
        .take()
        .and_then(|status| status.v1beta1)
        .unwrap_or_default()
}

/// The conditions that v1beta1 has besides its own.
pub(super) fn conditions(
    status: &mut Option<old::V1Beta2Conditions>,
) -> Vec<crate::meta::Condition> {
    status.take().unwrap_or_default().conditions
}

/// The part of a v1beta1 status for conditions that are not its own: nothing if there are none.
pub(super) fn v1beta2_conditions(
    conditions: &mut Vec<crate::meta::Condition>,
) -> Option<old::V1Beta2Conditions> {
    let conditions = std::mem::take(conditions);
    (!conditions.is_empty()).then_some(old::V1Beta2Conditions { conditions })
}

/// Moves conditions and numbers between the part of a v1beta1 status and a v1beta2 status.
macro_rules! replicas_from {
    ($from:expr, $to:expr) => {
        let status = $from.v1beta2.take().unwrap_or_default();
        $to.conditions = status.conditions;
        $to.ready_replicas = status.ready_replicas;
        $to.available_replicas = status.available_replicas;
        $to.up_to_date_replicas = status.up_to_date_replicas;
    };
}

/// The part of a v1beta1 status for conditions and numbers that are not its own: nothing if there are none.
macro_rules! replicas_to {
    ($from:expr) => {{
        let status = crate::core::v1beta1::V1Beta2ReplicasStatus {
            conditions: std::mem::take(&mut $from.conditions),
            ready_replicas: $from.ready_replicas,
            available_replicas: $from.available_replicas,
            up_to_date_replicas: $from.up_to_date_replicas,
        };
        (status != crate::core::v1beta1::V1Beta2ReplicasStatus::default()).then_some(status)
    }};
}

pub(super) use {replicas_from, replicas_to};

/// The three timeouts of a machine's deletion, as every older type has them.
macro_rules! timeouts_up {
    ($from:expr, $to:expr, $context:expr) => {
        $to.node_drain_timeout_seconds = $from.node_drain_timeout.convert($context);
        $to.node_volume_detach_timeout_seconds = $from.node_volume_detach_timeout.convert($context);
        $to.node_deletion_timeout_seconds = $from.node_deletion_timeout.convert($context);
    };
}

/// The way back of [`timeouts_up`].
macro_rules! timeouts_down {
    ($from:expr, $to:expr, $context:expr) => {
        $to.node_drain_timeout = $from.node_drain_timeout_seconds.convert($context);
        $to.node_volume_detach_timeout = $from.node_volume_detach_timeout_seconds.convert($context);
        $to.node_deletion_timeout = $from.node_deletion_timeout_seconds.convert($context);
    };
}

pub(super) use {timeouts_down, timeouts_up};

pair!(old::UnhealthyCondition, new::UnhealthyNodeCondition { r#type, status; timeout => timeout_seconds });
pair!(old::UnhealthyMachineCondition, new::UnhealthyMachineCondition { r#type, status; timeout => timeout_seconds });

/// A v1beta1 strategy of a MachineDeployment, taken apart.
#[derive(Default)]
struct Strategy {
    rollout: new::MachineDeploymentRolloutStrategy,
    order: new::MachineSetDeletionOrder,
    max_in_flight: Option<crate::IntOrString>,
}

impl Strategy {
    fn take(from: &mut Option<old::MachineDeploymentStrategy>) -> Self {
        let Some(from) = from.take() else {
            return Self::default();
        };
        let rolling = from.rolling_update.unwrap_or_default();
        Self {
            rollout: new::MachineDeploymentRolloutStrategy {
                r#type: from.r#type,
                rolling_update: new::MachineDeploymentRolloutStrategyRollingUpdate {
                    max_unavailable: rolling.max_unavailable,
                    max_surge: rolling.max_surge,
                },
            },
            order: rolling.delete_policy.unwrap_or_default().into(),
            max_in_flight: from.remediation.unwrap_or_default().max_in_flight,
        }
    }

    /// The v1beta1 strategy; nothing if nothing is said.
    fn put(self) -> Option<old::MachineDeploymentStrategy> {
        let bounds = self.rollout.rolling_update;
        let rolling = old::MachineRollingUpdateDeployment {
            max_unavailable: bounds.max_unavailable,
            max_surge: bounds.max_surge,
            delete_policy: (!self.order.is_unset()).then(|| self.order.into()),
        };
        let strategy = old::MachineDeploymentStrategy {
            r#type: self.rollout.r#type,
            rolling_update: (rolling != old::MachineRollingUpdateDeployment::default())
                .then_some(rolling),
            remediation: self.max_in_flight.map(|number| old::RemediationStrategy {
                max_in_flight: Some(number),
            }),
        };
        (strategy != old::MachineDeploymentStrategy::default()).then_some(strategy)
    }
}

/// A v1beta1 health check, taken apart.
struct HealthCheck {
    checks: new::MachineHealthCheckChecks,
    remediation: new::MachineHealthCheckRemediation,
}

impl HealthCheck {
    fn take(from: old::MachineHealthCheckClass, context: &mut Context<'_>) -> Self {
        Self {
            checks: new::MachineHealthCheckChecks {
                node_startup_timeout_seconds: from.node_startup_timeout.convert(context),
                unhealthy_node_conditions: from.unhealthy_conditions.convert(context),
                unhealthy_machine_conditions: from.unhealthy_machine_conditions.convert(context),
            },
            remediation: new::MachineHealthCheckRemediation {
                trigger_if: new::MachineHealthCheckRemediationTriggerIf {
                    unhealthy_less_than_or_equal_to: from.max_unhealthy,
                    unhealthy_in_range: from.unhealthy_range.unwrap_or_default(),
                },
                template_ref: from.remediation_template.convert(context),
            },
        }
    }

    fn put(self, context: &mut Context<'_>) -> old::MachineHealthCheckClass {
        let startup: Option<Duration> = self.checks.node_startup_timeout_seconds.convert(context);
        old::MachineHealthCheckClass {
            unhealthy_conditions: self.checks.unhealthy_node_conditions.convert(context),
            unhealthy_machine_conditions: self.checks.unhealthy_machine_conditions.convert(context),
            max_unhealthy: self.remediation.trigger_if.unhealthy_less_than_or_equal_to,
            unhealthy_range: self
                .remediation
                .trigger_if
                .unhealthy_in_range
                .convert(context),
            node_startup_timeout: startup,
            remediation_template: self.remediation.template_ref.convert(context),
        }
    }
}
