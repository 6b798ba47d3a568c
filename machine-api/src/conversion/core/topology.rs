//! The topology of managed Clusters.

use super::{
    super::field::{optional, pair},
    HealthCheck, Strategy, new, old, timeouts_down, timeouts_up,
};

pair!(old::ClusterVariable, new::ClusterVariable { name, value });
pair!(old::TopologyVariables, new::TopologyVariables { overrides });
pair!(
    old::WorkersTopology,
    new::WorkersTopology {
        machine_deployments,
        machine_pools
    }
);
pair!(old::Topology, new::Topology { version, control_plane, workers, variables }
    up(from, to, _context) {
        to.class_ref.name = std::mem::take(&mut from.class);
        to.class_ref.namespace = std::mem::take(&mut from.class_namespace);
    }
    down(from, to, _context) {
        to.class = std::mem::take(&mut from.class_ref.name);
        to.class_namespace = std::mem::take(&mut from.class_ref.namespace);
    }
);
optional! {
    old::TopologyVariables, new::TopologyVariables;
    old::WorkersTopology, new::WorkersTopology;
    old::Topology, new::Topology;
}

impl From<old::MachineHealthCheckTopology> for old::MachineHealthCheckClass {
    fn from(check: old::MachineHealthCheckTopology) -> Self {
        Self {
            unhealthy_conditions: check.unhealthy_conditions,
            unhealthy_machine_conditions: check.unhealthy_machine_conditions,
            max_unhealthy: check.max_unhealthy,
            unhealthy_range: check.unhealthy_range,
            node_startup_timeout: check.node_startup_timeout,
            remediation_template: check.remediation_template,
        }
    }
}

/// The v1beta1 health check that is turned on or off by `enable`.
fn health_check(
    enable: Option<bool>,
    check: old::MachineHealthCheckClass,
) -> old::MachineHealthCheckTopology {
    old::MachineHealthCheckTopology {
        enable,
        unhealthy_conditions: check.unhealthy_conditions,
        unhealthy_machine_conditions: check.unhealthy_machine_conditions,
        max_unhealthy: check.max_unhealthy,
        unhealthy_range: check.unhealthy_range,
        node_startup_timeout: check.node_startup_timeout,
        remediation_template: check.remediation_template,
    }
}

pair!(old::ControlPlaneTopology, new::ControlPlaneTopology {
        metadata, replicas, rollout, taints, readiness_gates, variables
    }
    up(from, to, context) {
        timeouts_up!(from, to.deletion, context);
        if let Some(check) = from.machine_health_check.take() {
            to.health_check.enabled = check.enable;
            let check = HealthCheck::take(check.into(), context);
            to.health_check.checks = check.checks;
            to.health_check.remediation = check.remediation;
        }
    }
    down(from, to, context) {
        timeouts_down!(from.deletion, to, context);
        let check = std::mem::take(&mut from.health_check);
        if check != new::ControlPlaneTopologyHealthCheck::default() {
            let parts = HealthCheck { checks: check.checks, remediation: check.remediation };
            to.machine_health_check = Some(health_check(check.enabled, parts.put(context)));
        }
    }
);

pair!(old::MachineDeploymentTopology, new::MachineDeploymentTopology {
        metadata, class, name, failure_domain, replicas, taints, min_ready_seconds, readiness_gates, variables
    }
    up(from, to, context) {
        timeouts_up!(from, to.deletion, context);
        let strategy = Strategy::take(&mut from.strategy);
        to.rollout.after = from.rollout.after;
        to.rollout.strategy = strategy.rollout;
        to.deletion.order = strategy.order;
        if let Some(check) = from.machine_health_check.take() {
            to.health_check.enabled = check.enable;
            let check = HealthCheck::take(check.into(), context);
            to.health_check.checks = check.checks;
            to.health_check.remediation.trigger_if = check.remediation.trigger_if;
            to.health_check.remediation.template_ref = check.remediation.template_ref;
        }
        to.health_check.remediation.max_in_flight = strategy.max_in_flight;
    }
    down(from, to, context) {
        timeouts_down!(from.deletion, to, context);
        to.rollout.after = from.rollout.after;
        let mut check = std::mem::take(&mut from.health_check);
        let strategy = Strategy {
            rollout: std::mem::take(&mut from.rollout.strategy),
            order: std::mem::take(&mut from.deletion.order),
            max_in_flight: check.remediation.max_in_flight.take(),
        };
        to.strategy = strategy.put();
        if check != new::MachineDeploymentTopologyHealthCheck::default() {
            let parts = HealthCheck {
                checks: check.checks,
                remediation: new::MachineHealthCheckRemediation {
                    trigger_if: check.remediation.trigger_if,
                    template_ref: check.remediation.template_ref,
                },
            };
            to.machine_health_check = Some(health_check(check.enabled, parts.put(context)));
        }
    }
);

pair!(old::MachinePoolTopology, new::MachinePoolTopology {
        metadata, class, name, failure_domains, taints, min_ready_seconds, replicas, variables
    }
    up(from, to, context) {
        timeouts_up!(from, to.deletion, context);
    }
    down(from, to, context) {
        timeouts_down!(from.deletion, to, context);
    }
);
