//! What a MachineHealthCheck says about one machine.

use componentconfig::core::Time;
use serde::Serialize;

use super::checks::{self, Checked, Problem, UnhealthyReason};
use crate::{
    conditions::has_status,
    core::v1beta2::{Cluster, Machine, MachineHealthCheckChecks},
    explain::Why,
    facts, labels,
    machine::Node,
    meta::{Condition, ConditionStatus},
};

/// What a MachineHealthCheck says about a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It is not looked at.
    Skipped(Skipped),
    /// It has a node and nothing is wrong.
    Healthy,
    /// Something is wrong.
    Unhealthy(Findings),
    /// Something may be wrong, but not for long enough yet.
    Pending {
        /// When to look again, in seconds.
        next_check_seconds: i64,
    },
    /// Nothing is known to be wrong, but it is not there to be counted on either.
    Uncounted(Uncounted),
}

/// Why a machine is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Skipped {
    /// It is paused.
    Paused,
    /// Its annotation `cluster.x-k8s.io/skip-remediation` says so.
    SkipRemediation,
}

/// Why a machine without known problems is not healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Uncounted {
    /// It is being deleted.
    Deleting,
    /// It has no node that could be looked at, and its time for one is not running.
    NoNode,
}

/// What is wrong with a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// In one word.
    pub reason: UnhealthyReason,
    /// All of it, that of the machine itself first; nothing if somebody asked for remediation.
    pub problems: Vec<Problem>,
}

/// What is known about the node of a machine.
#[derive(Clone, Copy, Debug)]
pub(super) enum NodeOf<'a> {
    /// The cluster cannot be asked, or the machine never had a node.
    None,
    /// It had one.
    Gone,
    /// It has one.
    There(&'a Node),
}

impl Verdict {
    pub(super) fn of(
        cluster: &Cluster,
        machine: &Machine,
        node: NodeOf<'_>,
        checks: &MachineHealthCheckChecks,
        now: Time,
    ) -> Self {
        for (annotation, skipped) in [
            (labels::PAUSED, Skipped::Paused),
            (labels::SKIP_REMEDIATION, Skipped::SkipRemediation),
        ] {
            if facts::has_annotation(&machine.metadata, annotation) {
                return Self::Skipped(skipped);
            }
        }
        if facts::has_annotation(&machine.metadata, labels::REMEDIATE_MACHINE) {
            return Self::Unhealthy(Findings {
                reason: UnhealthyReason::HasRemediateAnnotation,
                problems: Vec::new(),
            });
        }
        if is_judged(cluster, machine) {
            let of_machine = checks::machine(machine, checks, now);
            let of_node = match node {
                NodeOf::There(node) => checks::node(node, checks, now),
                NodeOf::Gone => Checked {
                    problems: vec![Problem::NodeDeleted {
                        node: machine.status.node_ref.name.clone(),
                    }],
                    ..Checked::default()
                },
                NodeOf::None => checks::startup(cluster, machine, checks, now),
            };
            let next_check = [of_machine.next_check, of_node.next_check];
            let mut problems = of_machine.problems;
            problems.extend(of_node.problems);
            if let Some(first) = problems.first() {
                return Self::Unhealthy(Findings {
                    reason: first.reason(),
                    problems,
                });
            }
            if let Some(next_check_seconds) = next_check.into_iter().flatten().min() {
                return Self::Pending { next_check_seconds };
            }
        }
        if machine.metadata.is_deleting() {
            return Self::Uncounted(Uncounted::Deleting);
        }
        match node {
            NodeOf::There(_) => Self::Healthy,
            NodeOf::Gone | NodeOf::None => Self::Uncounted(Uncounted::NoNode),
        }
    }

    /// The condition HealthCheckSucceeded that the machine gets; `None` if it is left as it is.
    pub fn condition(&self) -> Option<Condition> {
        let (status, reason, message) = match self {
            Self::Healthy => (ConditionStatus::True, "HealthCheckSucceeded", String::new()),
            Self::Unhealthy(findings) => (
                ConditionStatus::False,
                findings.reason.as_str(),
                findings.message(),
            ),
            Self::Skipped(_) | Self::Pending { .. } | Self::Uncounted(_) => return None,
        };
        Some(Condition {
            r#type: "HealthCheckSucceeded".to_owned(),
            status,
            reason: reason.to_owned(),
            message,
            ..Condition::default()
        })
    }

    /// The verdict in words; `None` if all is well.
    pub fn explain(&self, machine: &Machine) -> Option<Why> {
        let subject = format!("Machine {}", machine.metadata.name);
        let without = |annotation| format!("remove the annotation {annotation}");
        Some(match self {
            Self::Healthy => return None,
            Self::Skipped(Skipped::Paused) => {
                Why::new(subject, "Paused", "it is paused, and not looked at")
                    .remedy(without(labels::PAUSED))
            }
            Self::Skipped(Skipped::SkipRemediation) => {
                Why::new(subject, "SkipRemediation", "no health check looks at it")
                    .remedy(without(labels::SKIP_REMEDIATION))
            }
            Self::Unhealthy(findings) => {
                Why::new(subject, findings.reason.as_str(), findings.message())
            }
            Self::Pending { next_check_seconds } => Why::new(
                subject,
                "Pending",
                format!("something may be wrong, to be decided in {next_check_seconds} seconds"),
            ),
            Self::Uncounted(Uncounted::Deleting) => Why::new(
                subject,
                "Deleting",
                "it is being deleted, and counts as not healthy",
            ),
            Self::Uncounted(Uncounted::NoNode) => Why::new(
                subject,
                "NoNode",
                "it has no node, and counts as not healthy",
            ),
        })
    }
}

impl Findings {
    fn message(&self) -> String {
        if self.problems.is_empty() {
            return "Health check failed: marked for remediation via cluster.x-k8s.io/remediate-machine annotation"
                .to_owned();
        }
        let mut message = "Health check failed:".to_owned();
        for problem in &self.problems {
            message.push_str("\n  * ");
            message.push_str(&problem.to_string());
        }
        message
    }
}

/// Nothing is held against a machine before its cluster can run nodes at all, but for machines of the control plane, without
/// which it never will.
fn is_judged(cluster: &Cluster, machine: &Machine) -> bool {
    let is_true = |kind| has_status(&cluster.status.conditions, kind, &ConditionStatus::True);
    (is_true("ControlPlaneInitialized") || facts::is_control_plane(machine))
        && is_true("InfrastructureReady")
}
