//! What is done about unhealthy machines.

use std::fmt;

use serde::Serialize;

use super::{
    components::{
        API_SERVER_POD_HEALTHY, CONTROLLER_MANAGER_POD_HEALTHY, ETCD_MEMBER_HEALTHY,
        ETCD_POD_HEALTHY, NODE_LABELS_AND_TAINTS_SET, SCHEDULER_POD_HEALTHY,
    },
    failure_domain::age,
    observed::{ControlPlane, has_node, is_false, is_true},
    quorum::Harm,
    retry::{Remediation, RetryRefusal},
};
use crate::{
    Compat,
    core::v1beta2::Machine,
    labels,
    meta::{Condition, ConditionStatus},
};

/// An annotation that does not say which remediation it is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("remediation {value:?} cannot be read: {reason}")]
#[non_exhaustive]
pub struct RemediationError {
    /// The annotation's value.
    pub value: String,
    /// What is wrong with it.
    pub reason: String,
}

/// What is done about the unhealthy machines of a control plane.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RemediationPlan<'a> {
    /// There is none to remediate.
    Nothing,
    /// The machine is deleted, and the control plane remembers it until there is another one.
    Delete {
        /// The machine.
        machine: &'a Machine,
        /// What the control plane remembers, in its annotation.
        remediation: Remediation,
    },
    /// The machine stays as it is for now. The other work of the control plane goes on.
    Wait {
        /// The machine.
        machine: &'a Machine,
        /// Why.
        reason: RemediationWait,
    },
}

/// Why an unhealthy machine stays. Displays as the message of the condition `OwnerRemediated`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum RemediationWait {
    /// It is being deleted.
    Deleting,
    /// Another one was deleted, and the machine that replaces it is not made yet.
    InProgress,
    /// The control plane is about to get another version from its cluster.
    Version {
        /// The version.
        version: String,
    },
    /// It was tried before.
    Retry(RetryRefusal),
    /// It is the only one.
    OnlyMachine,
    /// Another machine has no node yet.
    Provisioning,
    /// Another machine is being deleted.
    OtherDeleting,
    /// It is not known how etcd is.
    EtcdUnknown,
    /// Without it the control plane would not work.
    Harm(Harm),
}

impl RemediationWait {
    /// The condition `OwnerRemediated` that the machine gets; none if it keeps the one that it has.
    pub fn condition(&self) -> Option<Condition> {
        let reason = match self {
            Self::Deleting | Self::InProgress => return None,
            Self::Retry(refusal) if !refusal.is_temporary() => "CannotBeRemediated",
            Self::OnlyMachine | Self::Harm(_) => "CannotBeRemediated",
            _ => "RemediationDeferred",
        };
        Some(Condition {
            r#type: "OwnerRemediated".to_owned(),
            status: ConditionStatus::False,
            reason: reason.to_owned(),
            message: self.to_string(),
            ..Condition::default()
        })
    }
}

impl fmt::Display for RemediationWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deleting => f.write_str("Machine is deleting"),
            Self::InProgress => f.write_str("another remediation is in progress"),
            Self::Version { version } => write!(
                f,
                "KubeadmControlPlane can't remediate while waiting for a version upgrade to {version} to be propagated from \
                 Cluster.spec.topology"
            ),
            Self::Retry(refusal) => refusal.fmt(f),
            Self::OnlyMachine => f.write_str(
                "KubeadmControlPlane can't remediate if current replicas are less or equal to 1",
            ),
            Self::Provisioning => f.write_str(
                "KubeadmControlPlane waiting for control plane Machine provisioning to complete before triggering remediation",
            ),
            Self::OtherDeleting => f.write_str(
                "KubeadmControlPlane waiting for control plane Machine deletion to complete before triggering remediation",
            ),
            Self::EtcdUnknown => {
                f.write_str("Failed to check etcd cluster health before remediation")
            }
            Self::Harm(_) => f.write_str(
                "KubeadmControlPlane can't remediate this Machine because this could result in loosing Kubernetes control \
                 plane components or in etcd quorum loss",
            ),
        }
    }
}

impl<'a> ControlPlane<'a> {
    /// Machines that failed a health check and that the control plane is to do something about.
    pub fn unhealthy(&self) -> impl Iterator<Item = &'a Machine> {
        self.machines.iter().filter(|machine| {
            is_false(machine, "HealthCheckSucceeded") && is_false(machine, "OwnerRemediated")
        })
    }

    /// Of the unhealthy machines the one that is remediated first: the most broken one, so that the chance is best that the
    /// control plane can make another one afterwards.
    ///
    /// That is one that a person marked, then one without node, then one whose etcd fails, then one with another component that
    /// fails; of equals, the oldest.
    pub fn pick_for_remediation(&self) -> Option<&'a Machine> {
        let etcd =
            |machine: &Machine, condition| self.manages_etcd() && is_true(machine, condition);
        self.unhealthy().min_by_key(|machine| {
            (
                !machine
                    .metadata
                    .annotations
                    .contains_key(labels::REMEDIATE_MACHINE),
                has_node(machine),
                etcd(machine, ETCD_MEMBER_HEALTHY),
                etcd(machine, ETCD_POD_HEALTHY),
                is_true(machine, API_SERVER_POD_HEALTHY),
                is_true(machine, CONTROLLER_MANAGER_POD_HEALTHY),
                is_true(machine, SCHEDULER_POD_HEALTHY),
                is_true(machine, NODE_LABELS_AND_TAINTS_SET),
                age(machine),
            )
        })
    }

    /// Machines that are healthy again, though the control plane was asked to remediate them: their condition `OwnerRemediated`
    /// goes.
    pub fn recovered(&self) -> impl Iterator<Item = &'a Machine> {
        self.machines.iter().filter(|machine| {
            !machine.metadata.is_deleting()
                && is_true(machine, "HealthCheckSucceeded")
                && is_false(machine, "OwnerRemediated")
        })
    }

    /// The remediation that waits for its new machine; none once there is a machine made since, or once none will be made.
    ///
    /// None is made if the machine is gone and there are as many as there are to be without it: during a rollout there can be
    /// one more. Cluster API waits for it all the same ([`Compat::Upstream`]), and remediates nothing until then.
    ///
    /// # Errors
    /// The annotation of the control plane cannot be read.
    pub fn remediation_in_progress(&self) -> Result<Option<Remediation>, RemediationError> {
        let remembered = self.remembered_remediation()?;
        Ok(remembered.filter(|remediation| !self.is_over(remediation)))
    }

    /// The remediation that is still remembered, though it is over. Cluster API only looks where it is in the way of another one.
    pub(super) fn completed_remediation(&self) -> Result<Option<Remediation>, RemediationError> {
        let picked = self.pick_for_remediation();
        let looks = self.compat == Compat::Fixed
            || picked.is_some_and(|machine| !machine.metadata.is_deleting());
        let remembered = self.remembered_remediation()?.filter(|_| looks);
        Ok(remembered.filter(|remediation| self.is_over(remediation)))
    }

    fn remembered_remediation(&self) -> Result<Option<Remediation>, RemediationError> {
        let annotations = &self.kcp.metadata.annotations;
        let text = annotations.get(labels::REMEDIATION_IN_PROGRESS);
        text.map(|text| text.parse()).transpose()
    }

    fn is_over(&self, remediation: &Remediation) -> bool {
        let made_since =
            |machine: &Machine| machine.metadata.creation_timestamp > remediation.timestamp;
        let mut machines = self.machines.iter();
        machines.any(made_since)
            || self.compat == Compat::Fixed && self.needs_no_replacement(&remediation.machine)
    }

    /// What a rollout adds counts: a machine that it makes is the replacement then, and its tries are counted.
    fn needs_no_replacement(&self, machine: &str) -> bool {
        let mut machines = self.machines.iter();
        let gone = machines.all(|one| one.metadata.name != machine);
        gone && self
            .wanted_machines()
            .is_ok_and(|wanted| self.machines.len() >= wanted)
    }

    /// What is done about the unhealthy machines.
    ///
    /// Follows `reconcileUnhealthyMachines` of Cluster API.
    ///
    /// # Errors
    /// An annotation about an earlier remediation cannot be read.
    pub fn plan_remediation(&self) -> Result<RemediationPlan<'a>, RemediationError> {
        self.plan_remediation_while(false)
    }

    /// The same, where what is under way cannot end as long as the unhealthy machine is there.
    pub(super) fn plan_remediation_while(
        &self,
        stuck: bool,
    ) -> Result<RemediationPlan<'a>, RemediationError> {
        let Some(first) = self.pick_for_remediation() else {
            self.remediation_in_progress()?;
            return Ok(RemediationPlan::Nothing);
        };
        let plan = self.plan_remediation_of(first, stuck)?;
        let harmful = matches!(
            plan,
            RemediationPlan::Wait {
                reason: RemediationWait::Harm(_),
                ..
            }
        );
        if !harmful || self.compat == Compat::Upstream {
            return Ok(plan);
        }
        // Another one may be what keeps the first one from going.
        for machine in self.unhealthy() {
            let other = self.plan_remediation_of(machine, stuck)?;
            if matches!(other, RemediationPlan::Delete { .. }) {
                return Ok(other);
            }
        }
        Ok(plan)
    }

    fn plan_remediation_of(
        &self,
        machine: &'a Machine,
        stuck: bool,
    ) -> Result<RemediationPlan<'a>, RemediationError> {
        let in_progress = self.remediation_in_progress()?.is_some();
        let wait = |reason| Ok(RemediationPlan::Wait { machine, reason });
        if machine.metadata.is_deleting() {
            return wait(RemediationWait::Deleting);
        }
        if in_progress && !stuck {
            return wait(RemediationWait::InProgress);
        }
        if let Some(version) = self.awaited_version() {
            let version = version.to_owned();
            return wait(RemediationWait::Version { version });
        }
        let retry = self.retry(machine)?;
        if let Some(refusal) = retry.refusal {
            return wait(RemediationWait::Retry(refusal));
        }
        // As long as there is no control plane, none can be harmed.
        if self.is_initialized()
            && let Some(reason) = self.why_not_remediate(machine, stuck)
        {
            return wait(reason);
        }
        Ok(RemediationPlan::Delete {
            machine,
            remediation: retry.remediation,
        })
    }

    fn why_not_remediate(&self, machine: &'a Machine, stuck: bool) -> Option<RemediationWait> {
        let provisioning =
            |machine: &Machine| !is_false(machine, "HealthCheckSucceeded") && !has_node(machine);
        // Cluster API asks for members of an etcd that it does not manage, too, and so never remediates with one.
        let asks_etcd = self.manages_etcd() || self.compat == Compat::Upstream;
        if self.machines.len() <= 1 {
            Some(RemediationWait::OnlyMachine)
        } else if self.machines.iter().any(provisioning) {
            Some(RemediationWait::Provisioning)
        } else if !stuck && self.deleting().next().is_some() {
            Some(RemediationWait::OtherDeleting)
        } else if asks_etcd && self.etcd.members.is_empty() {
            Some(RemediationWait::EtcdUnknown)
        } else {
            self.harm_of_removing(machine).map(RemediationWait::Harm)
        }
    }
}
