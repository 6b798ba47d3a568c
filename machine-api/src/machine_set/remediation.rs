//! Which unhealthy machines of a MachineSet are replaced now, and which wait.
//!
//! Follows `reconcileUnhealthyMachines` of Cluster API's MachineSet controller. A machine is replaced by deleting it: the
//! MachineSet makes another one.

use std::cmp::Reverse;

use super::preflight::{Preflight, PreflightError, RETRY_SECONDS};
use crate::{
    IntOrString, Rounding, ScaledValueError,
    conditions::{find, has_status},
    core::v1beta2::{Machine, MachineDeployment, MachineSet},
    explain::Why,
    facts, labels,
    meta::{Condition, ConditionStatus},
};

const OWNER_REMEDIATED: &str = "OwnerRemediated";
const HEALTH_CHECK_SUCCEEDED: &str = "HealthCheckSucceeded";

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The MachineSet.
    pub machine_set: &'a MachineSet,
    /// The MachineDeployment that it belongs to, if it belongs to one.
    pub machine_deployment: Option<&'a MachineDeployment>,
    /// The machines that it owns.
    pub machines: &'a [Machine],
    /// The checks that are made before machines are replaced.
    pub preflight: Preflight<'a>,
}

/// What happens to the unhealthy machines of a MachineSet.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RemediationPlan<'a> {
    /// Machines that are healthy again: they lose their condition OwnerRemediated.
    pub recovered: Vec<&'a Machine>,
    /// Machines that are deleted, in order; their verdict is [`Verdict::Delete`].
    pub delete: Vec<&'a Machine>,
    /// Every machine that should be replaced, with what comes of it.
    pub verdicts: Vec<(&'a Machine, Verdict)>,
    /// In how many seconds it is looked at again.
    pub requeue_after_seconds: Option<u32>,
    /// What kept preflight checks from being made.
    pub error: Option<PreflightError>,
}

/// What comes of a machine that should be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It is deleted now.
    Delete,
    /// Its MachineSet is not the current one of its MachineDeployment, and goes anyway.
    RollingOut,
    /// As many machines as may be are being replaced already.
    TooManyInFlight {
        /// How many may be.
        max_in_flight: IntOrString,
    },
    /// Preflight checks did not pass.
    Preflight {
        /// Their texts.
        messages: Vec<String>,
    },
}

/// Why nothing can be decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RemediationError {
    /// A MachineSet says that it belongs to a MachineDeployment that is not there.
    #[error("MachineDeployment {0} of the MachineSet was not found")]
    NoMachineDeployment(String),
    /// How many machines may be replaced at a time cannot be read.
    #[error("spec.remediation.maxInFlight: {0}")]
    MaxInFlight(#[from] ScaledValueError),
}

impl<'a> Observed<'a> {
    /// Decides.
    ///
    /// # Errors
    /// The MachineDeployment is missing, or how many machines may be replaced at a time cannot be read. What is wrong with
    /// preflight checks is part of the plan, since machines are told.
    pub fn plan(&self) -> Result<RemediationPlan<'a>, RemediationError> {
        let machines = self.machines.iter();
        let alive = machines.filter(|machine| !machine.metadata.is_deleting());
        let mut plan = RemediationPlan {
            recovered: alive.clone().filter(|machine| recovered(machine)).collect(),
            ..RemediationPlan::default()
        };
        let mut candidates: Vec<&Machine> = alive
            .filter(|machine| facts::awaits_remediation(machine))
            .collect();
        if candidates.is_empty() {
            return Ok(plan);
        }
        candidates.sort_by(|a, b| order(a).cmp(&order(b)));
        let deployment = self.deployment()?;
        if deployment.is_some_and(|deployment| !self.is_current(deployment)) {
            plan.verdict(&candidates, &Verdict::RollingOut);
            return Ok(plan);
        }
        if let Some((max_in_flight, most)) = deployment.and_then(max_in_flight) {
            let free = most?.saturating_sub(self.in_flight());
            let deferred = candidates.split_off(free.min(candidates.len()));
            plan.verdict(&deferred, &Verdict::TooManyInFlight { max_in_flight });
        }
        if candidates.is_empty() {
            return Ok(plan);
        }
        let messages = match self.preflight.run() {
            Ok(failures) => failures.iter().map(ToString::to_string).collect(),
            Err(error) => {
                let text = error.to_string();
                plan.error = Some(error);
                vec![text]
            }
        };
        if messages.is_empty() {
            plan.verdict(&candidates, &Verdict::Delete);
            plan.delete = candidates;
        } else {
            plan.requeue_after_seconds = plan.error.is_none().then_some(RETRY_SECONDS);
            plan.verdict(&candidates, &Verdict::Preflight { messages });
        }
        Ok(plan)
    }

    /// The MachineDeployment, if the MachineSet belongs to one.
    fn deployment(&self) -> Result<Option<&'a MachineDeployment>, RemediationError> {
        let labels = &self.machine_set.metadata.labels;
        match labels.get(labels::DEPLOYMENT_NAME) {
            None => Ok(None),
            Some(name) => self
                .machine_deployment
                .map(Some)
                .ok_or_else(|| RemediationError::NoMachineDeployment(name.clone())),
        }
    }

    fn is_current(&self, deployment: &MachineDeployment) -> bool {
        let revision = |annotations: &std::collections::BTreeMap<String, String>| {
            annotations
                .get(labels::REVISION)
                .cloned()
                .unwrap_or_default()
        };
        revision(&deployment.metadata.annotations)
            == revision(&self.machine_set.metadata.annotations)
    }

    /// How many machines are being deleted because they were to be replaced.
    fn in_flight(&self) -> usize {
        let going = self.machines.iter().filter(|machine| {
            machine.metadata.is_deleting()
                && find(&machine.status.conditions, OWNER_REMEDIATED).is_some_and(|condition| {
                    condition.status == ConditionStatus::False
                        && condition.reason == Verdict::Delete.reason()
                })
        });
        going.count()
    }
}

/// How many machines of a MachineDeployment may be replaced at a time, as written and as a number.
fn max_in_flight(
    deployment: &MachineDeployment,
) -> Option<(IntOrString, Result<usize, ScaledValueError>)> {
    let written = deployment.spec.remediation.max_in_flight.clone()?;
    let replicas = deployment.spec.replicas.unwrap_or(1);
    let most = written.scaled(replicas, Rounding::Up);
    let most = most.map(|most| usize::try_from(most).unwrap_or(0));
    Some((written, most))
}

fn recovered(machine: &Machine) -> bool {
    let conditions = &machine.status.conditions;
    has_status(conditions, HEALTH_CHECK_SUCCEEDED, &ConditionStatus::True)
        && has_status(conditions, OWNER_REMEDIATED, &ConditionStatus::False)
}

/// Those that somebody asked for first, then the newest: they are the least likely to run anything yet.
fn order(machine: &Machine) -> impl Ord + '_ {
    let asked = facts::has_annotation(&machine.metadata, labels::REMEDIATE_MACHINE);
    let created = machine.metadata.creation_timestamp;
    (!asked, Reverse(created), machine.metadata.name.as_str())
}

impl<'a> RemediationPlan<'a> {
    fn verdict(&mut self, machines: &[&'a Machine], verdict: &Verdict) {
        let machines = machines.iter();
        self.verdicts
            .extend(machines.map(|machine| (*machine, verdict.clone())));
    }

    /// Why machines are replaced, or are not.
    pub fn explain(&self) -> Vec<Why> {
        let verdicts = self.verdicts.iter();
        verdicts
            .map(|(machine, verdict)| {
                let subject = format!("Machine {}", machine.metadata.name);
                let why = Why::new(subject, verdict.reason(), verdict.message());
                match verdict {
                    Verdict::TooManyInFlight { .. } => {
                        why.remedy("raise spec.remediation.maxInFlight of the MachineDeployment")
                    }
                    Verdict::Preflight { .. } => why.remedy(format!(
                        "wait for the control plane, or leave checks out by the annotation {}",
                        labels::SKIP_PREFLIGHT_CHECKS
                    )),
                    Verdict::Delete | Verdict::RollingOut => why,
                }
            })
            .collect()
    }
}

impl Verdict {
    /// The condition OwnerRemediated that the machine gets. It is written before the machine is deleted, so that an interrupted
    /// run is taken up again.
    pub fn condition(&self) -> Condition {
        Condition {
            r#type: OWNER_REMEDIATED.to_owned(),
            status: ConditionStatus::False,
            reason: self.reason().to_owned(),
            message: self.message(),
            ..Condition::default()
        }
    }

    const fn reason(&self) -> &'static str {
        match self {
            Self::Delete => "MachineDeleting",
            Self::RollingOut => "CannotBeRemediated",
            Self::TooManyInFlight { .. } | Self::Preflight { .. } => "RemediationDeferred",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Delete => "Machine is deleting".to_owned(),
            Self::RollingOut => {
                "Machine won't be remediated because it is pending removal due to rollout"
                    .to_owned()
            }
            Self::TooManyInFlight { max_in_flight } => format!(
                "Waiting because there are already too many remediations in progress (spec.strategy.remediation.maxInFlight is {max_in_flight})"
            ),
            Self::Preflight { messages } => {
                let lines: Vec<_> = messages
                    .iter()
                    .map(|message| format!("* {message}"))
                    .collect();
                lines.join("\n")
            }
        }
    }
}
