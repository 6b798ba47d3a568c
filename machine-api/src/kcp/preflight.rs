//! Whether a control plane is stable enough for the next change.

use std::fmt;

use serde::Serialize;

use super::{
    RemediationError,
    observed::{ControlPlane, has_node},
    quorum::{Change, ComponentsAfter, EtcdAfter},
};
use crate::{
    conditions::{find, has_status},
    core::v1beta2::Machine,
    meta::ConditionStatus,
};

/// Why a control plane is not changed now. Displays as Cluster API logs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Instability {
    /// It is about to get another version from its cluster.
    Version {
        /// The version.
        version: String,
    },
    /// Its certificates are not there, so no machine can join.
    CertificatesMissing,
    /// Machines are being deleted.
    Deleting {
        /// Their names, in order.
        machines: Vec<String>,
    },
    /// A machine has no node yet.
    NoNode {
        /// The machine.
        machine: String,
    },
    /// A component of a machine does not work, or it is not known whether it does.
    Component {
        /// The machine.
        machine: String,
        /// The condition.
        condition: &'static str,
        /// Its status; none if there is no such condition.
        status: Option<String>,
        /// Its message.
        message: String,
    },
    /// No machine has all components working, so none can join.
    Components(ComponentsAfter),
    /// One member more could cost etcd its quorum.
    Quorum(EtcdAfter),
    /// The members of etcd are not known.
    EtcdUnknown,
}

impl fmt::Display for Instability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { version } => {
                write!(f, "Waiting for a version upgrade to {version} to be propagated")
            }
            Self::CertificatesMissing => {
                f.write_str("Certificates are missing or unknown, can't join a new machine")
            }
            Self::Deleting { machines } => {
                write!(f, "Waiting for machines to be deleted: {}", machines.join(", "))
            }
            Self::NoNode { machine } => write!(
                f,
                "Machine {machine} does not have a corresponding Node yet (Machine.status.nodeRef not set)"
            ),
            Self::Component {
                machine,
                condition,
                status: None,
                ..
            } => write!(f, "Machine {machine} does not have {condition} condition"),
            Self::Component {
                machine,
                condition,
                status: Some(status),
                message,
            } => write!(
                f,
                "Machine {machine} reports {condition} condition is {} ({message})",
                status.to_lowercase()
            ),
            Self::Components(_) => f.write_str(
                "cannot add a new control plane Machine when there are no control plane Machines with all Kubernetes control \
                 plane components in healthy state. Please check Kubernetes control plane component status",
            ),
            Self::Quorum(_) => f.write_str(
                "adding a new control plane Machine can lead to etcd quorum loss. Please check the etcd status",
            ),
            Self::EtcdUnknown => f.write_str(
                "cannot check etcd cluster health before scale up, etcd member list is empty",
            ),
        }
    }
}

impl<'a> ControlPlane<'a> {
    /// Why no machine can be made now; nothing if one can.
    ///
    /// While a remediation waits for its new machine, a control plane that is not stable gets it, as long as it is safe to.
    ///
    /// # Errors
    /// The annotation about the remediation cannot be read.
    pub fn unstable_for_adding(&self) -> Result<Vec<Instability>, RemediationError> {
        if self.machines.is_empty() {
            return Ok(Vec::new());
        }
        let certificates = has_status(
            &self.kcp.status.conditions,
            "CertificatesAvailable",
            &ConditionStatus::True,
        );
        if let Some(version) = self.awaited() {
            return Ok(vec![version]);
        }
        if !certificates {
            return Ok(vec![Instability::CertificatesMissing]);
        }
        if let Some(deleting) = self.deletions() {
            return Ok(vec![deleting]);
        }
        let unhealthy = self.unhealthy_components(None);
        if !unhealthy.is_empty() && self.remediation_in_progress()?.is_some() {
            return Ok(self.unsafe_to_add());
        }
        Ok(unhealthy)
    }

    /// Why no machine can be removed, or updated in place, now; nothing if one can. How the machine itself is does not matter.
    pub fn unstable_for_changing(&self, machine: Option<&'a Machine>) -> Vec<Instability> {
        if self.machines.is_empty() {
            return Vec::new();
        }
        let first = self.awaited().or_else(|| self.deletions());
        first.map_or_else(|| self.unhealthy_components(machine), |first| vec![first])
    }

    fn awaited(&self) -> Option<Instability> {
        let version = self.awaited_version()?.to_owned();
        Some(Instability::Version { version })
    }

    fn deletions(&self) -> Option<Instability> {
        let mut machines: Vec<String> = self
            .deleting()
            .map(|machine| machine.metadata.name.clone())
            .collect();
        machines.sort_unstable();
        (!machines.is_empty()).then_some(Instability::Deleting { machines })
    }

    fn unhealthy_components(&self, except: Option<&Machine>) -> Vec<Instability> {
        let mut found = Vec::new();
        for machine in self.machines {
            let name = &machine.metadata.name;
            if except.is_some_and(|except| except.metadata.name == *name) {
                continue;
            }
            if !has_node(machine) {
                let machine = name.clone();
                found.push(Instability::NoNode { machine });
                continue;
            }
            for kind in self.health_conditions() {
                let condition = find(&machine.status.conditions, kind);
                if condition.is_none_or(|condition| condition.status != ConditionStatus::True) {
                    found.push(Instability::Component {
                        machine: name.clone(),
                        condition: kind,
                        status: condition.map(|condition| condition.status.to_string()),
                        message: condition
                            .map(|found| found.message.clone())
                            .unwrap_or_default(),
                    });
                }
            }
        }
        found
    }

    pub(super) fn unsafe_to_add(&self) -> Vec<Instability> {
        let mut found = Vec::new();
        let components = self.components_after(Change::Add);
        if !components.is_safe() {
            found.push(Instability::Components(components));
        }
        if self.manages_etcd() {
            let etcd = self.etcd_after(Change::Add);
            if self.etcd.members.is_empty() {
                found.push(Instability::EtcdUnknown);
            } else if !etcd.is_safe() {
                found.push(Instability::Quorum(etcd));
            }
        }
        found
    }
}
