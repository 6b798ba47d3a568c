//! What a control plane can do next, and why it may wait.

use super::{
    Harm, Instability, Outdated, Remediation, RemediationError, RemediationWait,
    observed::EtcdMember,
};
use crate::{core::v1beta2::Machine, version::ParseVersionError};

/// Why the next thing to do cannot be found out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlPlaneError {
    /// The control plane says no number of machines.
    #[error("spec.replicas: required: how many machines the control plane is to have")]
    NoReplicas,
    /// The version of the control plane cannot be read.
    #[error("spec.version: {0}")]
    Version(#[from] ParseVersionError),
    /// An annotation about a remediation cannot be read.
    #[error("metadata.annotations: {0}")]
    Remediation(#[from] RemediationError),
    /// `maxSurge` is no number.
    #[error(
        "spec.rollout.strategy.rollingUpdate.maxSurge: {0:?} is no number; 0 and 1 are allowed"
    )]
    MaxSurge(String),
}

/// The next thing that a control plane does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Action<'a> {
    /// Nothing: all is as it is to be.
    Nothing,
    /// Nothing yet.
    Wait(Wait<'a>),
    /// The first machine is made, in a failure domain if there are any.
    Initialize {
        /// The failure domain.
        failure_domain: Option<&'a str>,
    },
    /// A machine is made that joins.
    ScaleUp {
        /// The failure domain.
        failure_domain: Option<&'a str>,
        /// The remediation that it is the end of, which goes into its annotations.
        remediation: Option<Remediation>,
    },
    /// A machine is deleted.
    ScaleDown {
        /// The machine.
        machine: &'a Machine,
        /// Machines that the leadership of etcd is offered to first, best first; none if it is elsewhere.
        leadership: Vec<&'a Machine>,
    },
    /// An unhealthy machine is deleted, and the control plane remembers it.
    Remediate {
        /// The machine.
        machine: &'a Machine,
        /// What the control plane remembers, in its annotation.
        remediation: Remediation,
        /// Machines that the leadership of etcd is offered to first, best first; none if it is elsewhere.
        leadership: Vec<&'a Machine>,
    },
    /// Whether a machine can be updated in place has to be asked, and told to [`ControlPlane::in_place`](super::ControlPlane::in_place).
    AskInPlace {
        /// The machine.
        machine: &'a Machine,
    },
    /// A machine is updated in place, or the beginning of that is completed.
    UpdateInPlace {
        /// The machine.
        machine: &'a Machine,
    },
    /// A member of etcd that no machine has is removed.
    RemoveMember {
        /// The member.
        member: &'a EtcdMember,
    },
    /// A machine that is being deleted may end: its member of etcd is removed, then the hook that holds it back.
    Release {
        /// The machine.
        machine: &'a Machine,
        /// Its member of etcd; none if it has none.
        member: Option<&'a EtcdMember>,
        /// Machines that the leadership of etcd is offered to first, best first; none if it is elsewhere.
        leadership: Vec<&'a Machine>,
    },
}

/// Why a control plane does nothing yet.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Wait<'a> {
    /// The infrastructure of the cluster is not there yet.
    Infrastructure,
    /// The place where the API server is to be reached is not known yet.
    Endpoint,
    /// A member of etcd that no machine has cannot be removed without harm.
    Member {
        /// The member.
        member: &'a EtcdMember,
        /// The harm.
        harm: Harm,
    },
    /// A machine is being deleted.
    Deletion {
        /// The machine.
        machine: &'a Machine,
        /// Why it does not end yet; none if that is no matter of the control plane.
        harm: Option<Harm>,
    },
    /// A machine cannot go without harm.
    Harm {
        /// The machine.
        machine: &'a Machine,
        /// The harm.
        harm: Harm,
    },
    /// The control plane is not stable.
    Unstable(Vec<Instability>),
    /// Machines are being updated in place.
    Updating(Vec<&'a Machine>),
    /// Which member leads etcd is not known, or there is no machine to offer the leadership to.
    Leadership {
        /// The machine that would be deleted.
        machine: &'a Machine,
    },
    /// The strategy is none of those there are.
    Strategy(&'a str),
}

/// The next thing that a control plane does, and what it does besides.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ControlPlanePlan<'a> {
    /// The next thing to do.
    pub action: Action<'a>,
    /// Machines that are not as they are to be.
    pub outdated: Vec<Outdated<'a>>,
    /// Whether their replacement is what comes next, or waits. What the cluster [says of itself](super::upgrade) changes before that.
    pub rolls: bool,
    /// Why an unhealthy machine is not remediated. Its condition `OwnerRemediated` says so; other work goes on.
    pub deferred: Option<(&'a Machine, RemediationWait)>,
    /// Machines that are healthy again: their condition `OwnerRemediated` goes.
    pub recovered: Vec<&'a Machine>,
    /// A remediation that the control plane still remembers, though it is over: its annotation goes, and nothing of it is handed
    /// on, since a machine that was not made for it is no try of it. What is decided here does not wait for that.
    pub completed: Option<Remediation>,
}
