//! What can be wrong with a machine or its node.

use std::fmt;

use componentconfig::{core::Time, scalar::Duration};
use serde::Serialize;

use crate::{
    conditions::{find, has_status},
    core::v1beta2::{Cluster, Machine, MachineHealthCheckChecks},
    machine::Node,
    meta::{Condition, ConditionStatus},
};

/// How long a machine has for its node if nothing is said about it, in seconds.
const STARTUP_TIMEOUT: i32 = 600;

/// What is wrong with a machine or its node. Displays as Cluster API's text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A condition had a bad status for too long.
    Condition {
        /// Whose condition it is: `Machine` or `Node`.
        of: &'static str,
        /// Its type.
        r#type: String,
        /// Its status.
        status: ConditionStatus,
        /// Its reason.
        reason: String,
        /// How long it may have that status, in seconds.
        timeout_seconds: i32,
    },
    /// The machine had a node, and that is gone.
    NodeDeleted {
        /// Name of the node.
        node: String,
    },
    /// The machine got no node in time.
    NodeStartupTimeout {
        /// How long it had, in seconds.
        timeout_seconds: i32,
    },
}

/// Why a machine is unhealthy, in one word: the reason of its condition HealthCheckSucceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum UnhealthyReason {
    /// Somebody asked for its remediation by an annotation.
    HasRemediateAnnotation,
    /// Conditions of the machine.
    UnhealthyMachine,
    /// Conditions of its node.
    UnhealthyNode,
    /// Its node is gone.
    NodeDeleted,
    /// It got no node in time.
    NodeStartupTimeout,
}

/// What checks found: problems, or when to look again.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) problems: Vec<Problem>,
    /// Seconds until something may become a problem.
    pub(super) next_check: Option<i64>,
}

impl Checked {
    fn next(&mut self, seconds: i64) {
        self.next_check = Some(self.next_check.map_or(seconds, |next| next.min(seconds)));
    }
}

/// Looks at the conditions of a machine.
pub(super) fn machine(machine: &Machine, checks: &MachineHealthCheckChecks, now: Time) -> Checked {
    let mut checked = Checked::default();
    for check in &checks.unhealthy_machine_conditions {
        if let Some(found) = find(&machine.status.conditions, &check.r#type) {
            let seen = Seen {
                of: "Machine",
                r#type: &check.r#type,
                status: &found.status,
                reason: &found.reason,
                since: found.last_transition_time,
            };
            seen.check(&check.status, check.timeout_seconds, now, &mut checked);
        }
    }
    checked
}

/// Looks at the conditions of a node.
pub(super) fn node(node: &Node, checks: &MachineHealthCheckChecks, now: Time) -> Checked {
    let mut checked = Checked::default();
    for check in &checks.unhealthy_node_conditions {
        let mut conditions = node.status.conditions.iter();
        if let Some(found) = conditions.find(|condition| condition.r#type == check.r#type) {
            let seen = Seen {
                of: "Node",
                r#type: &check.r#type,
                status: &found.status,
                reason: &found.reason,
                since: found.last_transition_time,
            };
            seen.check(&check.status, check.timeout_seconds, now, &mut checked);
        }
    }
    checked
}

/// Looks at how long a machine is without a node. The clock starts when the last thing came about that it needs for one.
pub(super) fn startup(
    cluster: &Cluster,
    machine: &Machine,
    checks: &MachineHealthCheckChecks,
    now: Time,
) -> Checked {
    let mut checked = Checked::default();
    let timeout = checks
        .node_startup_timeout_seconds
        .unwrap_or(STARTUP_TIMEOUT);
    if timeout == 0 {
        return checked;
    }
    let of_cluster = &cluster.status.conditions;
    let start = [
        machine.metadata.creation_timestamp,
        true_since(of_cluster, "ControlPlaneInitialized"),
        true_since(of_cluster, "InfrastructureReady"),
        true_since(&machine.status.conditions, "InfrastructureReady"),
    ];
    let elapsed = elapsed(start.into_iter().flatten().max(), now);
    let timeout_seconds = i64::from(timeout);
    if elapsed > timeout_seconds {
        checked.problems.push(Problem::NodeStartupTimeout {
            timeout_seconds: timeout,
        });
    } else {
        checked.next(timeout_seconds - elapsed + 1);
    }
    checked
}

fn true_since(conditions: &[Condition], kind: &str) -> Option<Time> {
    has_status(conditions, kind, &ConditionStatus::True)
        .then(|| find(conditions, kind)?.last_transition_time)?
}

/// Seconds since then; very many if it is not known.
fn elapsed(since: Option<Time>, now: Time) -> i64 {
    since.map_or(i64::MAX, |since| now.unix() - since.unix())
}

/// A condition that was found.
struct Seen<'a> {
    of: &'static str,
    r#type: &'a str,
    status: &'a ConditionStatus,
    reason: &'a str,
    since: Option<Time>,
}

impl Seen<'_> {
    fn check(&self, bad: &ConditionStatus, timeout: Option<i32>, now: Time, checked: &mut Checked) {
        if self.status != bad {
            return;
        }
        let timeout_seconds = timeout.unwrap_or(0);
        let left = i64::from(timeout_seconds).saturating_sub(elapsed(self.since, now));
        if left < 0 {
            checked.problems.push(Problem::Condition {
                of: self.of,
                r#type: self.r#type.to_owned(),
                status: self.status.clone(),
                reason: self.reason.to_owned(),
                timeout_seconds,
            });
        } else {
            checked.next(left + 1);
        }
    }
}

impl Problem {
    /// The reason that this is.
    pub fn reason(&self) -> UnhealthyReason {
        match self {
            Self::Condition { of: "Machine", .. } => UnhealthyReason::UnhealthyMachine,
            Self::Condition { .. } => UnhealthyReason::UnhealthyNode,
            Self::NodeDeleted { .. } => UnhealthyReason::NodeDeleted,
            Self::NodeStartupTimeout { .. } => UnhealthyReason::NodeStartupTimeout,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = |seconds: &i32| Duration::from_secs(i64::from(*seconds));
        match self {
            Self::Condition {
                of,
                r#type,
                status,
                reason,
                timeout_seconds,
            } => write!(
                f,
                "Condition {type} on {of} is reporting status {status} with reason {reason} for more than {}",
                span(timeout_seconds)
            ),
            Self::NodeDeleted { node } => write!(f, "Node {node} has been deleted"),
            Self::NodeStartupTimeout { timeout_seconds } => {
                write!(
                    f,
                    "Node failed to report startup in {}",
                    span(timeout_seconds)
                )
            }
        }
    }
}

impl UnhealthyReason {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HasRemediateAnnotation => "HasRemediateAnnotation",
            Self::UnhealthyMachine => "UnhealthyMachine",
            Self::UnhealthyNode => "UnhealthyNode",
            Self::NodeDeleted => "NodeDeleted",
            Self::NodeStartupTimeout => "NodeStartupTimeout",
        }
    }
}
