//! Whether a control plane can be used.

use super::super::{
    components::ETCD_MEMBER_HEALTHY,
    observed::{EtcdMember, is_true},
};
use crate::{
    conditions::{find, has_status, told},
    controlplane::v1beta2::KubeadmControlPlaneStatus,
    core::v1beta2::Machine,
    kcp::ControlPlane,
    meta::{Condition, ConditionStatus},
};

/// What is bad for less than so many seconds may be nothing.
const FLAKE_SECONDS: i64 = 10;

/// A control plane that began so many seconds ago need not know its members of etcd yet.
const BEGINNING_SECONDS: i64 = 120;

/// How many there are.
#[derive(Clone, Copy, Default)]
struct Counts {
    healthy: usize,
    unhealthy: usize,
    /// Bad, but not for long.
    flaky: usize,
}

impl Counts {
    /// Healthy as far as it is told of while all in all things work.
    const fn almost_healthy(self) -> usize {
        self.healthy + self.flaky
    }

    const fn add(&mut self, health: Health) {
        match health {
            Health::Good => self.healthy += 1,
            Health::Bad => self.unhealthy += 1,
            Health::Flaky => self.flaky += 1,
        }
    }
}

#[derive(Clone, Copy)]
enum Health {
    Good,
    Bad,
    Flaky,
}

impl ControlPlane<'_> {
    pub(super) fn available(
        &self,
        status: &KubeadmControlPlaneStatus,
        members_match: bool,
    ) -> Condition {
        let no = |message: &str| {
            let reason = "NotAvailable";
            told("Available", ConditionStatus::False, reason, message)
        };
        if status.initialization.control_plane_initialized != Some(true) {
            return no("Control plane not yet initialized");
        }
        let managed = self.manages_etcd();
        if managed && self.etcd.members.is_empty() {
            let initialized = find(&status.conditions, "Initialized");
            let since = initialized.and_then(|initialized| initialized.last_transition_time);
            let age = since.map(|since| self.now.unix() - since.unix());
            if age.is_some_and(|age| age < BEGINNING_SECONDS) {
                return no("Waiting for etcd to report the list of members");
            }
            return told(
                "Available",
                ConditionStatus::Unknown,
                "InspectionFailed",
                "Failed to get etcd members",
            );
        }
        if managed && !members_match {
            return no("The list of etcd members does not match the list of Machines and Nodes");
        }
        let components = self.healthy_machines();
        let members = self.healthy_members();
        let votes = |member: &&EtcdMember| !member.is_learner && !member.name.is_empty();
        let voting = self.etcd.members.iter().filter(votes).count();
        let learners = self.etcd.members.len() - voting;
        let quorum = voting / 2 + 1;
        let certificates = has_status(
            &status.conditions,
            "CertificatesAvailable",
            &ConditionStatus::True,
        );
        let has_quorum = !managed || members.healthy >= quorum;
        let about_etcd = |healthy: usize| {
            let all = self.etcd.members.len();
            let learners = match learners {
                0 => String::new(),
                some => format!(" {some} learner etcd member,"),
            };
            let healthy = match healthy {
                0 => "There are no healthy etcd member".to_owned(),
                1 => format!("1 of {all} etcd members is healthy"),
                some => format!("{some} of {all} etcd members are healthy"),
            };
            format!(
                "* {healthy},{learners} at least {quorum} healthy member required for etcd quorum"
            )
        };
        let mut lines = Vec::new();
        let deleting = self.kcp.metadata.is_deleting();
        if !deleting && has_quorum && components.healthy >= 1 && certificates {
            if managed && members.unhealthy > 0 {
                lines.push(about_etcd(members.almost_healthy()));
            }
            if components.unhealthy > 0 {
                let all = self.machines.len();
                let healthy = match components.almost_healthy() {
                    1 => format!("1 of {all} Machines has"),
                    some => format!("{some} of {all} Machines have"),
                };
                lines.push(format!(
                    "* {healthy} healthy control plane components, at least 1 required"
                ));
            }
            let message = lines.join("\n");
            return told("Available", ConditionStatus::True, "Available", &message);
        }
        if deleting {
            lines.push("* Control plane metadata.deletionTimestamp is set".to_owned());
        }
        if !certificates {
            lines.push("* Control plane certificates are not available".to_owned());
        }
        if !has_quorum {
            lines.push(about_etcd(members.healthy));
        }
        if components.healthy < 1 {
            lines.push(
                "* There are no Machines with healthy control plane components, at least 1 required"
                    .to_owned(),
            );
        }
        no(&lines.join("\n"))
    }

    /// Machines by their components. Those that are not made yet do not count.
    fn healthy_machines(&self) -> Counts {
        let kinds: Vec<&str> = self.health_conditions().collect();
        let made = |machine: &&Machine| !machine.spec.provider_id.is_empty();
        let mut counts = Counts::default();
        for machine in self.machines.iter().filter(made) {
            counts.add(self.health(machine, &kinds));
        }
        counts
    }

    /// Members of etcd by the condition of their machine.
    fn healthy_members(&self) -> Counts {
        let mut starting = self
            .machines
            .iter()
            .filter(|machine| machine.status.node_ref.name.is_empty());
        // One machine is made at a time, so the only one without node has the member without machine.
        let (first, second) = (starting.next(), starting.next());
        let mut starting = first.filter(|_| second.is_none());
        let mut counts = Counts::default();
        for member in self.etcd.members {
            if member.name.is_empty() {
                counts.add(Health::Good);
                continue;
            }
            let mut machines = self.machines.iter();
            let machine = machines.find(|machine| machine.status.node_ref.name == member.name);
            let machine = machine.or_else(|| starting.take());
            counts.add(machine.map_or(Health::Bad, |machine| {
                self.health(machine, &[ETCD_MEMBER_HEALTHY])
            }));
        }
        counts
    }

    /// Whether conditions all hold, and if not whether that is so for long enough to tell of it.
    fn health(&self, machine: &Machine, kinds: &[&str]) -> Health {
        if kinds.iter().all(|kind| is_true(machine, kind)) {
            return Health::Good;
        }
        let since = kinds
            .iter()
            .filter_map(|kind| find(&machine.status.conditions, kind))
            .filter(|condition| condition.status != ConditionStatus::True)
            .filter_map(|condition| condition.last_transition_time)
            .min();
        match since.map(|since| self.now.unix() - since.unix()) {
            Some(age) if age > FLAKE_SECONDS => Health::Bad,
            _ => Health::Flaky,
        }
    }
}
