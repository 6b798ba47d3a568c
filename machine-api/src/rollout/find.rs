//! Which MachineSet is the current one.

use std::cmp::Reverse;

use componentconfig::core::Time;
use serde::Serialize;

use super::{PlannedSet, RolloutError, TemplateChange, template_changes};
use crate::core::v1beta2::{MachineDeployment, MachineSet};

/// Why a MachineSet is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum CreateReason {
    /// There is none.
    NoMachineSets,
    /// None has the template of the MachineDeployment.
    NoneMatches,
    /// All that have the template are older than `spec.rollout.after`, which has passed.
    RolloutAfter(Time),
}

/// The MachineSets of a MachineDeployment, told apart.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) current: Option<PlannedSet<'a>>,
    /// The others, oldest first.
    pub(super) old: Vec<PlannedSet<'a>>,
    /// Why there is no current one.
    pub(super) missing: Option<CreateReason>,
}

/// Of those that have the template, the one with the most machines is the current one, so that the fewest machines change; of
/// equals, the oldest. Once `spec.rollout.after` has passed, it has to be made since.
pub(super) fn find<'a>(
    deployment: &'a MachineDeployment,
    sets: &'a [MachineSet],
    now: Time,
) -> Result<Found<'a>, RolloutError> {
    let after = deployment.spec.rollout.after;
    let mut old = Vec::with_capacity(sets.len());
    for set in sets {
        if set.spec.replicas.is_none() {
            return Err(RolloutError::NoReplicasOf(set.metadata.name.clone()));
        }
        let mut planned = PlannedSet::existing(set);
        planned.changes = template_changes(&set.spec.template, &deployment.spec.template);
        if !planned.changes.is_empty() {
            let outdated = after.is_some_and(|after| after < now && made_before(set, after));
            planned.in_place = !outdated;
            if outdated {
                planned.changes.push(TemplateChange::RolloutAfter);
            }
        }
        old.push(planned);
    }
    let since = after.filter(|after| now >= *after);
    let candidates = old
        .iter()
        .enumerate()
        .filter(|(_, set)| set.changes.is_empty());
    let current = candidates
        .filter(|(_, set)| since.is_none_or(|since| set.created() >= Some(since)))
        .min_by_key(|(_, set)| (Reverse(set.spec), age(set)))
        .map(|(place, _)| place);
    let missing = match (current, since) {
        (Some(_), _) => None,
        (None, _) if sets.is_empty() => Some(CreateReason::NoMachineSets),
        (None, Some(since)) if old.iter().any(|set| set.changes.is_empty()) => {
            Some(CreateReason::RolloutAfter(since))
        }
        (None, _) => Some(CreateReason::NoneMatches),
    };
    let current = current.map(|place| old.remove(place));
    old.sort_by(|a, b| age(a).cmp(&age(b)));
    Ok(Found {
        current,
        old,
        missing,
    })
}

fn age<'s>(set: &'s PlannedSet<'_>) -> (Option<Time>, &'s str) {
    (set.created(), set.name())
}

fn made_before(set: &MachineSet, time: Time) -> bool {
    set.metadata.creation_timestamp < Some(time)
}

impl CreateReason {
    /// The reason as Cluster API logs it, with what the old MachineSets have otherwise.
    pub(super) fn text(self, old: &[PlannedSet<'_>]) -> String {
        match self {
            Self::NoMachineSets => "no MachineSets exist for the MachineDeployment".to_owned(),
            Self::RolloutAfter(after) => format!(
                "spec.rollout.after on MachineDeployment set to {after}, no MachineSet has been created afterwards"
            ),
            Self::NoneMatches => {
                let mut sets: Vec<&PlannedSet<'_>> = old.iter().collect();
                sets.sort_by_key(|set| Reverse(set.spec));
                let diffs = sets.iter().map(|set| {
                    let changes: Vec<String> =
                        set.changes.iter().map(ToString::to_string).collect();
                    format!(
                        "MachineSet {} needs rollout: {}",
                        set.name(),
                        changes.join(", ")
                    )
                });
                let diffs: Vec<String> = diffs.collect();
                format!(
                    "couldn't find MachineSet matching MachineDeployment spec template: {}",
                    diffs.join("; ")
                )
            }
        }
    }
}
