//! The members of etcd on the machines of a control plane.

use super::{
    Look,
    gather::{Gather, gather},
    told, waits_for_node,
};
use crate::{
    core::v1beta2::Machine,
    kcp::{ETCD_MEMBER_HEALTHY, EtcdAlarmKind, EtcdCluster},
    machine::Node,
    meta::{Condition, ConditionStatus},
};

/// A node that is older than so many seconds should have its member.
const SETTLED_SECONDS: i64 = 120;

impl Look<'_> {
    pub(super) fn etcd(&mut self, nodes: &[Node], error: Option<&str>) {
        if !self.control_plane.manages_etcd() {
            return;
        }
        let etcd = self.control_plane.etcd;
        for index in 0..self.machines.len() {
            let Some(machine) = self.machines.get(index) else {
                continue;
            };
            if let Some(condition) = condition(machine, &etcd, error) {
                self.set(index, condition);
            }
        }
        let errors = self.compare(nodes);
        self.conditions.push(gather(
            &self.machines,
            &Gather {
                kinds: &[ETCD_MEMBER_HEALTHY],
                errors: &errors,
                target: "EtcdClusterHealthy",
                note: "etcd member",
            },
        ));
    }

    /// Compares machines and members. Says what no machine can be blamed for.
    fn compare(&mut self, nodes: &[Node]) -> Vec<String> {
        let (members, now) = (self.control_plane.etcd.members, self.control_plane.now);
        self.members_match = true;
        let has_node = |machine: &&Machine| !machine.status.node_ref.name.is_empty();
        if members.is_empty() {
            self.members_match = !self.machines.iter().any(|machine| has_node(&machine));
            return Vec::new();
        }
        for index in 0..self.machines.len() {
            let Some(machine) = self.machines.get(index).filter(has_node) else {
                continue;
            };
            let name = machine.status.node_ref.name.clone();
            if members.iter().any(|member| member.name == name) {
                continue;
            }
            let settled = nodes.iter().any(|node| {
                let made = node.metadata.creation_timestamp;
                let age = made.map(|made| now.unix() - made.unix());
                node.metadata.name == name && age.is_some_and(|age| age > SETTLED_SECONDS)
            });
            if !machine.metadata.is_deleting() && settled {
                self.members_match = false;
            }
            let message = format!("Etcd doesn't have an etcd member for Node {name}");
            self.set(index, unhealthy(&message));
        }
        let mut errors = Vec::new();
        for member in members {
            let mut machines = self.machines.iter().filter(has_node);
            if machines.any(|machine| machine.status.node_ref.name == member.name) {
                continue;
            }
            let name = match member.name.as_str() {
                "" => format!("{} (Name not yet assigned)", member.id),
                name => name.to_owned(),
            };
            errors.push(format!(
                "Etcd member {name} does not have a corresponding Machine"
            ));
            // It may be that of a machine that does not know its node yet.
            if self.machines.iter().all(|machine| has_node(&machine)) {
                self.members_match = false;
            }
        }
        errors
    }
}

/// What is known of the member on a machine. Nothing new if there is nobody to ask.
fn condition(machine: &Machine, etcd: &EtcdCluster<'_>, error: Option<&str>) -> Option<Condition> {
    let unknown = |message: &str| {
        Some(told(
            ETCD_MEMBER_HEALTHY,
            ConditionStatus::Unknown,
            "InspectionFailed",
            message,
        ))
    };
    if machine.metadata.is_deleting() {
        return Some(told(
            ETCD_MEMBER_HEALTHY,
            ConditionStatus::False,
            "Deleting",
            "Machine is deleting",
        ));
    }
    let node = &machine.status.node_ref.name;
    if node.is_empty() {
        return unknown(&waits_for_node(machine));
    }
    if let Some(error) = error {
        return unknown(&format!("Failed to connect to etcd: {error}"));
    }
    let names: Vec<&str> = etcd.members.iter().map(|one| one.name.as_str()).collect();
    let Some(member) = etcd.members.iter().find(|member| member.name == *node) else {
        return Some(unhealthy(&format!(
            "Etcd reports the cluster is composed by [{}], but the etcd member hosted on Machine {} ({node}) is not included",
            names.join(" "),
            machine.metadata.name
        )));
    };
    if member.is_learner {
        return Some(unhealthy("Waiting for learner etcd member to be promoted"));
    }
    let alarms = etcd.alarms.iter().filter(|alarm| alarm.member == member.id);
    let alarms: Vec<&str> = alarms.filter_map(|alarm| name_of(alarm.kind)).collect();
    if !alarms.is_empty() {
        return Some(unhealthy(&format!(
            "Etcd reports alarms: {}",
            alarms.join(", ")
        )));
    }
    Some(told(
        ETCD_MEMBER_HEALTHY,
        ConditionStatus::True,
        "Healthy",
        "",
    ))
}

const fn name_of(alarm: EtcdAlarmKind) -> Option<&'static str> {
    match alarm {
        EtcdAlarmKind::None => None,
        EtcdAlarmKind::NoSpace => Some("NOSPACE"),
        EtcdAlarmKind::Corrupt => Some("CORRUPT"),
    }
}

fn unhealthy(message: &str) -> Condition {
    told(
        ETCD_MEMBER_HEALTHY,
        ConditionStatus::False,
        "NotHealthy",
        message,
    )
}
