//! Conditions about what a control plane is doing.

use std::collections::BTreeSet;

use super::{super::inspect::told, Reported};
use crate::{
    conditions::{Aggregate, Owner, find},
    core::v1beta2::Machine,
    facts,
    kcp::{ControlPlane, ETCD_MEMBER_HEALTHY, Instability},
    labels,
    machine::shortened,
    meta::{Condition, ConditionStatus},
};

/// A machine that takes longer than so many seconds to go is told of.
const STALE_SECONDS: i64 = 15 * 60;
/// And why, if its node is being drained for longer than so many seconds.
const DRAIN_SECONDS: i64 = 5 * 60;

/// So many names are shown.
const SHOWN: usize = 3;

impl ControlPlane<'_> {
    pub(super) fn rolling_out(&self) -> Condition {
        let outdated: Vec<&Condition> = self
            .machines
            .iter()
            .filter_map(|machine| find(&machine.status.conditions, "UpToDate"))
            .filter(|condition| condition.status == ConditionStatus::False)
            .collect();
        if outdated.is_empty() {
            return told("RollingOut", ConditionStatus::False, "NotRollingOut", "");
        }
        let messages = outdated.iter().map(|condition| condition.message.as_str());
        let reasons: BTreeSet<&str> = messages
            .filter(|message| !message.is_empty())
            .flat_map(|message| message.split('\n'))
            .collect();
        let mut reasons: Vec<&str> = reasons.into_iter().collect();
        reasons.sort_by_key(|reason| !reason.starts_with("* Version"));
        let count = outdated.len();
        let mut message = format!("Rolling out {count} not up-to-date replicas");
        for reason in reasons {
            message.push('\n');
            message.push_str(reason);
        }
        told("RollingOut", ConditionStatus::True, "RollingOut", &message)
    }

    pub(super) fn scaling_up(&self, reported: &Reported) -> Condition {
        let Some((current, desired)) = self.replicas() else {
            return waits_for_replicas("ScalingUp");
        };
        let kind = &self.kcp.spec.machine_template.spec.infrastructure_ref.kind;
        let missing = reported
            .template_missing
            .then(|| format!("{kind} does not exist"));
        if current >= desired {
            let message =
                missing.map(|missing| format!("Scaling up would be blocked because {missing}"));
            let message = message.unwrap_or_default();
            return told(
                "ScalingUp",
                ConditionStatus::False,
                "NotScalingUp",
                &message,
            );
        }
        let mut message = format!("Scaling up from {current} to {desired} replicas");
        let mut blocked = self.blocked(&reported.unstable);
        blocked.extend(missing.map(|missing| format!("* {missing}")));
        block(&mut message, &blocked);
        told("ScalingUp", ConditionStatus::True, "ScalingUp", &message)
    }

    pub(super) fn scaling_down(&self, reported: &Reported) -> Condition {
        let Some((current, desired)) = self.replicas() else {
            return waits_for_replicas("ScalingDown");
        };
        if current <= desired {
            return told("ScalingDown", ConditionStatus::False, "NotScalingDown", "");
        }
        let mut message = format!("Scaling down from {current} to {desired} replicas");
        let mut blocked = self.blocked(&reported.unstable);
        blocked.extend(self.stale_machines().map(|stale| format!("* {stale}")));
        block(&mut message, &blocked);
        told(
            "ScalingDown",
            ConditionStatus::True,
            "ScalingDown",
            &message,
        )
    }

    pub(super) fn remediating(&self) -> Condition {
        let all = self.machines.iter();
        let asked: Vec<Owner<'_>> = all
            .filter(|machine| facts::awaits_remediation(machine))
            .map(Owner::from)
            .collect();
        let aggregate = Aggregate::of("OwnerRemediated").target("Remediating");
        if let Ok(condition) = aggregate.compute(&asked) {
            let message = &condition.message;
            return told("Remediating", ConditionStatus::True, "Remediating", message);
        }
        let mut unhealthy: Vec<String> = self
            .machines
            .iter()
            .filter(|machine| {
                let check = find(&machine.status.conditions, "HealthCheckSucceeded");
                check.is_some_and(|check| check.status == ConditionStatus::False)
            })
            .map(|machine| machine.metadata.name.clone())
            .collect();
        unhealthy.sort_unstable();
        let message = match unhealthy.len() {
            0 => String::new(),
            many => format!(
                "{} not healthy (not to be remediated by KubeadmControlPlane)",
                named(&unhealthy, many)
            ),
        };
        let reason = "NotRemediating";
        told("Remediating", ConditionStatus::False, reason, &message)
    }

    pub(super) fn being_deleted(&self, reported: &Reported) -> Condition {
        if !self.kcp.metadata.is_deleting() {
            return told("Deleting", ConditionStatus::False, "NotDeleting", "");
        }
        let (reason, message) = &reported.deleting;
        told("Deleting", ConditionStatus::True, reason, message)
    }

    /// How many machines there are and are to be.
    fn replicas(&self) -> Option<(usize, usize)> {
        let wanted = self.kcp.spec.replicas?;
        let wanted = if self.kcp.metadata.is_deleting() {
            0
        } else {
            usize::try_from(wanted).unwrap_or_default()
        };
        Some((self.machines.len(), wanted))
    }

    fn blocked(&self, unstable: &[Instability]) -> Vec<String> {
        let mut lines = Vec::new();
        let (mut components, mut etcd) = (false, false);
        for one in unstable {
            match one {
                Instability::Version { version } => lines.push(format!(
                    "* waiting for a version upgrade to {version} to be propagated"
                )),
                Instability::Deleting { .. } => lines
                    .push("* waiting for a control plane Machine to complete deletion".to_owned()),
                Instability::CertificatesMissing => {
                    lines.push("* cluster certificates are missing or unknown".to_owned());
                }
                Instability::NoNode { .. } => {
                    components = true;
                    etcd |= self.manages_etcd();
                }
                Instability::Component { condition, .. } if *condition == ETCD_MEMBER_HEALTHY => {
                    etcd = true;
                }
                Instability::Component { .. } | Instability::Components(_) => components = true,
                Instability::Quorum(_) | Instability::EtcdUnknown => etcd = true,
            }
        }
        if components {
            lines.push("* waiting for control plane components to become healthy".to_owned());
        }
        if etcd {
            lines.push("* waiting for etcd cluster to become healthy".to_owned());
        }
        lines
    }

    /// Machines that take long to go, and why.
    pub(crate) fn stale_machines(&self) -> Option<String> {
        let since = |time: Option<componentconfig::core::Time>| {
            time.map_or(0, |time| self.now.unix() - time.unix())
        };
        let stale: Vec<&Machine> = self
            .machines
            .iter()
            .filter(|machine| since(machine.metadata.deletion_timestamp) > STALE_SECONDS)
            .collect();
        if stale.is_empty() {
            return None;
        }
        let mut names: Vec<String> = stale
            .iter()
            .map(|machine| machine.metadata.name.clone())
            .collect();
        names.sort_unstable();
        let mut text = format!(
            "{} in deletion since more than 15m",
            named(&names, names.len())
        );
        let drained: Vec<&str> = stale
            .iter()
            .filter_map(|machine| {
                let condition = find(&machine.status.conditions, "Deleting")?;
                let draining =
                    condition.status == ConditionStatus::True && condition.reason == "DrainingNode";
                let start = machine.status.deletion.as_ref()?.node_drain_start_time;
                (draining && since(start) > DRAIN_SECONDS).then_some(condition.message.as_str())
            })
            .collect();
        let causes = [
            (
                "cannot evict pod as it would violate the pod's disruption budget.",
                "PodDisruptionBudgets",
            ),
            (
                "deletionTimestamp set, but still not removed from the Node",
                "Pods not terminating",
            ),
            ("failed to evict Pod", "Pod eviction errors"),
            ("waiting for completion", "Pods not completed yet"),
        ];
        let causes: Vec<&str> = causes
            .iter()
            .filter(|(text, _)| drained.iter().any(|message| message.contains(text)))
            .map(|(_, cause)| *cause)
            .collect();
        if !causes.is_empty() {
            text.push_str(", delay likely due to ");
            text.push_str(&causes.join(", "));
        }
        Some(text)
    }

    /// Names of the machines of the cluster that are not of the control plane, as the condition `Deleting` lists them.
    pub(crate) fn workers_left(&self, all: &[Machine]) -> Vec<String> {
        let cluster = &self.cluster.metadata;
        let mut names: Vec<String> = all
            .iter()
            .filter(|machine| {
                machine.metadata.namespace == cluster.namespace
                    && machine.metadata.labels.get(labels::CLUSTER_NAME) == Some(&cluster.name)
                    && !facts::is_control_plane(machine)
            })
            .map(|machine| machine.metadata.name.clone())
            .collect();
        names.sort_unstable();
        names
    }
}

/// Machines by name, with the verb.
fn named(names: &[String], many: usize) -> String {
    let (plural, verb) = if many > 1 { ("s", "are") } else { ("", "is") };
    format!("Machine{plural} {} {verb}", shortened(names, SHOWN))
}

fn block(message: &mut String, reasons: &[String]) {
    if !reasons.is_empty() {
        message.push_str(" is blocked because:\n");
        message.push_str(&reasons.join("\n"));
    }
}

fn waits_for_replicas(kind: &str) -> Condition {
    let message = "Waiting for spec.replicas set";
    told(
        kind,
        ConditionStatus::Unknown,
        "WaitingForReplicasSet",
        message,
    )
}
