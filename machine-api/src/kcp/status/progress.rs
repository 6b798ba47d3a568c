//! Conditions about what a control plane is doing.

use super::Reported;
use crate::{
    conditions::{
        machines::{self, Scale},
        told,
    },
    core::v1beta2::Machine,
    facts,
    kcp::{ControlPlane, ETCD_MEMBER_HEALTHY, Instability},
    labels,
    meta::{Condition, ConditionStatus},
};

impl ControlPlane<'_> {
    pub(super) fn scaling_up(&self, reported: &Reported) -> Condition {
        let kind = &self.kcp.spec.machine_template.spec.infrastructure_ref.kind;
        let missing = reported
            .template_missing
            .then(|| format!("{kind} does not exist"));
        let mut blocked = self.blocked(&reported.unstable);
        blocked.extend(missing.iter().map(|missing| format!("* {missing}")));
        machines::scaling_up(self.scale(), &because(&blocked), missing.as_deref())
    }

    pub(super) fn scaling_down(&self, reported: &Reported) -> Condition {
        let mut blocked = self.blocked(&reported.unstable);
        blocked.extend(self.stale_machines().map(|stale| format!("* {stale}")));
        machines::scaling_down(self.scale(), &because(&blocked))
    }

    /// Machines that take long to go, and why.
    pub(crate) fn stale_machines(&self) -> Option<String> {
        let all: Vec<&Machine> = self.machines.iter().collect();
        machines::stale(&all, self.now)
    }

    pub(super) fn being_deleted(&self, reported: &Reported) -> Condition {
        if !self.kcp.metadata.is_deleting() {
            return told("Deleting", ConditionStatus::False, "NotDeleting", "");
        }
        let (reason, message) = &reported.deleting;
        told("Deleting", ConditionStatus::True, reason, message)
    }

    /// How many machines there are and are to be.
    fn scale(&self) -> Option<Scale> {
        let deleting = self.kcp.metadata.is_deleting();
        Scale::of(self.machines.len(), self.kcp.spec.replicas, deleting)
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

fn because(reasons: &[String]) -> String {
    if reasons.is_empty() {
        return String::new();
    }
    format!(" is blocked because:\n{}", reasons.join("\n"))
}
