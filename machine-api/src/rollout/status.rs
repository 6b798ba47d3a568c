//! What a MachineDeployment says about itself.
//!
//! Follows `machinedeployment_status.go` of Cluster API.

use std::cmp::Ordering;

use componentconfig::core::Time;

use super::Fenceposts;
use crate::{
    conditions::{
        self,
        machines::{self, Scale},
        told,
    },
    core::v1beta2::{
        Machine, MachineDeployment, MachineDeploymentPhase, MachineDeploymentRolloutStrategyType,
        MachineDeploymentStatus, MachineSet,
    },
    machine_set::status::MissingTemplates,
    meta::{Condition, ConditionStatus},
    selector::{Selector, SelectorError},
    versions,
};

/// The status of a MachineDeployment with these MachineSets and machines: counters, versions, phase and conditions.
///
/// The machines are those that its selector matches, whichever MachineSet they belong to.
///
/// ```
/// use machine_api::{conditions, core::v1beta2::{MachineDeployment, MachineSet}, rollout};
///
/// let deployment: MachineDeployment = serde_json::from_str(
///     r#"{"metadata": {"name": "workers"}, "spec": {"replicas": 3, "rollout": {"strategy": {"type": "RollingUpdate",
///         "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "34%"}}}}}"#,
/// )?;
/// let set: MachineSet = serde_json::from_str(r#"{"status": {"replicas": 2, "availableReplicas": 1}}"#)?;
/// let now = "2026-06-01T00:00:00Z".parse()?;
/// let status = rollout::status(&deployment, &[set], &[], Default::default(), now)?;
/// assert_eq!(status.phase.as_str(), "ScalingUp");
/// assert_eq!(
///     conditions::find(&status.conditions, "Available").unwrap().message,
///     "1 available replicas, at least 2 required (spec.strategy.rollout.maxUnavailable is 34%, spec.replicas is 3)",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The selector cannot be read.
pub fn status(
    deployment: &MachineDeployment,
    sets: &[MachineSet],
    machines: &[&Machine],
    missing: MissingTemplates,
    now: Time,
) -> Result<MachineDeploymentStatus, SelectorError> {
    let (spec, metadata) = (&deployment.spec, &deployment.metadata);
    let (generation, deleting) = (metadata.generation, metadata.is_deleting());
    let mut status = deployment.status.clone();
    status.selector = Selector::new(&spec.selector)?.to_string();
    status.replicas = sum(sets, |set| set.status.replicas);
    status.ready_replicas = sum(sets, |set| set.status.ready_replicas);
    status.available_replicas = sum(sets, |set| set.status.available_replicas);
    status.up_to_date_replicas = sum(sets, |set| set.status.up_to_date_replicas);
    status.versions = versions::sum(sets.iter().flat_map(|set| &set.status.versions));
    status.observed_generation = generation;
    let replicas = status.replicas.unwrap_or_default();
    status.phase = phase(deployment, replicas);
    let missing = missing.text(&spec.template.spec);
    let blocked = missing.as_ref();
    let blocked = blocked.map(|missing| format!(" is blocked because {missing}"));
    let missing = missing.as_deref().filter(|_| !deleting);
    let current = usize::try_from(replicas).unwrap_or_default();
    let scale = Scale::of(current, spec.replicas, deleting);
    // That is only so for the moment in which the last of them loses its finalizer.
    let left = (!sets.is_empty()).then(|| format!("Deleting {} MachineSets", sets.len()));
    for condition in [
        available(deployment, status.available_replicas),
        machines::rolling_out(machines),
        machines::scaling_up(scale, &blocked.unwrap_or_default(), missing),
        machines::scaling_down(scale, &machines::slow(machines, now)),
        machines::ready(machines, "MachinesReady"),
        machines::up_to_date(machines, "MachinesUpToDate", now),
        machines::remediating(machines, " by MachineDeployment/MachineSet"),
        machines::deleting(deleting, machines, left.as_deref(), now),
    ] {
        conditions::set(&mut status.conditions, condition, generation, now);
    }
    Ok(status)
}

/// The sum of a counter; none if no MachineSet has it.
fn sum(sets: &[MachineSet], count: fn(&MachineSet) -> Option<i32>) -> Option<i32> {
    sets.iter().filter_map(count).reduce(i32::saturating_add)
}

fn phase(deployment: &MachineDeployment, replicas: i32) -> MachineDeploymentPhase {
    let Some(wanted) = deployment.spec.replicas else {
        return MachineDeploymentPhase::Unknown;
    };
    if deployment.metadata.is_deleting() {
        return MachineDeploymentPhase::ScalingDown;
    }
    match replicas.cmp(&wanted) {
        Ordering::Less => MachineDeploymentPhase::ScalingUp,
        Ordering::Greater => MachineDeploymentPhase::ScalingDown,
        Ordering::Equal => MachineDeploymentPhase::Running,
    }
}

fn available(deployment: &MachineDeployment, available: Option<i32>) -> Condition {
    const TYPE: &str = "Available";
    let Some(replicas) = deployment.spec.replicas else {
        return machines::waits_for_replicas(TYPE);
    };
    let Some(available) = available else {
        return told(
            TYPE,
            ConditionStatus::Unknown,
            "WaitingForAvailableReplicasSet",
            "Waiting for status.availableReplicas set",
        );
    };
    let strategy = &deployment.spec.rollout.strategy;
    let rolls = strategy.r#type == MachineDeploymentRolloutStrategyType::RollingUpdate;
    let bounds = &strategy.rolling_update;
    let posts = match (&bounds.max_surge, &bounds.max_unavailable) {
        (Some(surge), Some(unavailable)) if rolls => {
            Fenceposts::resolve(surge, unavailable, replicas).ok()
        }
        _ => None,
    };
    let required = replicas - posts.map_or(0, |posts| posts.max_unavailable());
    if available >= required {
        return told(TYPE, ConditionStatus::True, "Available", "");
    }
    let bound = if rolls {
        let bound = bounds.max_unavailable.as_ref();
        let bound = bound.map_or_else(|| "<nil>".to_owned(), ToString::to_string);
        format!(" (spec.strategy.rollout.maxUnavailable is {bound}, spec.replicas is {replicas})")
    } else {
        String::new()
    };
    let message = if deployment.metadata.is_deleting() {
        "Deletion in progress".to_owned()
    } else {
        format!("{available} available replicas, at least {required} required{bound}")
    };
    told(TYPE, ConditionStatus::False, "NotAvailable", &message)
}
