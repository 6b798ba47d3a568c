//! Whether a machine can come or go without the control plane or etcd losing what they need.

use serde::Serialize;

use super::{
    components::ETCD_MEMBER_HEALTHY,
    observed::{ControlPlane, EtcdAlarmKind, EtcdMember, is_true},
};
use crate::core::v1beta2::Machine;

/// What is about to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change<'a> {
    /// One machine more.
    Add,
    /// Without a machine.
    Remove(&'a Machine),
    /// Without a member of etcd; the machines stay.
    RemoveMember(&'a str),
}

/// The etcd cluster as it would be after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EtcdAfter {
    /// Members that vote.
    pub voting: usize,
    /// Members that do not vote yet, or have no name yet.
    pub learners: usize,
    /// Members that do not answer or may not.
    pub unhealthy: usize,
}

impl EtcdAfter {
    /// How many voting members have to agree.
    pub const fn quorum(&self) -> usize {
        self.voting / 2 + 1
    }

    /// Whether enough members would agree, and none is on its way to become one that votes: changes have to wait for those.
    pub const fn is_safe(&self) -> bool {
        self.learners == 0 && self.voting >= self.quorum() + self.unhealthy
    }
}

/// The components of the control plane as they would be after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ComponentsAfter {
    /// Machines on which all components work.
    pub healthy: usize,
    /// Machines altogether.
    pub total: usize,
}

impl ComponentsAfter {
    /// Whether one machine at least would have all components: the others can only join through one.
    pub const fn is_safe(&self) -> bool {
        self.healthy >= 1
    }
}

impl<'a> ControlPlane<'a> {
    /// The etcd cluster after a change, at worst: a new member is healthy only if it is the first or second one, since those
    /// could not be made otherwise. A member without machine is healthy if it has no alarm.
    ///
    /// Follows `targetEtcdClusterHealthy` of Cluster API.
    pub fn etcd_after(&self, change: Change<'a>) -> EtcdAfter {
        let members = self.etcd.members;
        let removed = match change {
            Change::Add => None,
            Change::Remove(machine) => self.member_name(machine),
            Change::RemoveMember(name) => Some(name),
        };
        let mut after = EtcdAfter {
            voting: 0,
            learners: 0,
            unhealthy: 0,
        };
        if change == Change::Add {
            after.voting += 1;
            after.unhealthy += usize::from(members.len() > 1);
        }
        for member in members {
            if member.name.is_empty() {
                after.learners += 1;
                after.unhealthy += 1;
                continue;
            }
            if removed == Some(member.name.as_str()) {
                continue;
            }
            if member.is_learner {
                after.learners += 1;
            } else {
                after.voting += 1;
            }
            after.unhealthy += usize::from(!self.is_member_healthy(member));
        }
        after
    }

    fn is_member_healthy(&self, member: &EtcdMember) -> bool {
        let mut machines = self.machines.iter();
        match machines.find(|machine| machine.status.node_ref.name == member.name) {
            Some(machine) => is_true(machine, ETCD_MEMBER_HEALTHY),
            None => !self
                .etcd
                .alarms
                .iter()
                .any(|alarm| alarm.member == member.id && alarm.kind != EtcdAlarmKind::None),
        }
    }

    /// The components after a change, at worst: those of a new machine work only if it is the first one.
    ///
    /// Follows `targetKubernetesControlPlaneComponentsHealthy` of Cluster API.
    pub fn components_after(&self, change: Change<'a>) -> ComponentsAfter {
        let mut after = ComponentsAfter {
            healthy: 0,
            total: 0,
        };
        if change == Change::Add {
            after.total += 1;
            after.healthy += usize::from(self.machines.is_empty());
        }
        for machine in self.machines {
            let goes = matches!(change, Change::Remove(gone) if gone.metadata.name == machine.metadata.name);
            if !goes {
                after.total += 1;
                after.healthy += usize::from(self.has_all_components(machine));
            }
        }
        after
    }

    /// Why a machine cannot go without harm; none if it can.
    ///
    /// A machine whose member of etcd is not known can: none may ever come up on it. Its member is looked at again before it
    /// is removed.
    pub fn harm_of_removing(&self, machine: &'a Machine) -> Option<Harm> {
        let components = self.components_after(Change::Remove(machine));
        if !components.is_safe() {
            return Some(Harm::Components(components));
        }
        if !self.manages_etcd() {
            return None;
        }
        self.member_name(machine)?;
        if self.etcd.members.is_empty() {
            return Some(Harm::EtcdUnknown);
        }
        let etcd = self.etcd_after(Change::Remove(machine));
        (!etcd.is_safe()).then_some(Harm::Quorum(etcd))
    }
}

/// What a change would break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Harm {
    /// No machine would have all components working.
    Components(ComponentsAfter),
    /// etcd would have no quorum, or has members that do not vote yet.
    Quorum(EtcdAfter),
    /// The members of etcd are not known.
    EtcdUnknown,
}

impl std::fmt::Display for Harm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Components(after) => write!(
                f,
                "none of the {} machines left would have all control plane components working",
                after.total
            ),
            Self::Quorum(after) if after.learners > 0 => write!(
                f,
                "{} members of etcd do not vote yet, and nothing changes until they do",
                after.learners
            ),
            Self::Quorum(after) => write!(
                f,
                "etcd would have {} voting members, {} of them unhealthy, and needs {} healthy ones",
                after.voting,
                after.unhealthy,
                after.quorum()
            ),
            Self::EtcdUnknown => f.write_str("the members of etcd are not known"),
        }
    }
}
