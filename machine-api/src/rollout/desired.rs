//! MachineSets as they are to be written.

use std::collections::BTreeMap;

use componentconfig::core::Time;

use super::{PlannedSet, RolloutPlan, plan::Strategy};
use crate::{
    core::v1beta2::{MachineSet, MachineSetStatus},
    labels,
    names::RANDOM_LENGTH,
    propagation::{self, PropagationError},
};

impl<'a> RolloutPlan<'a> {
    /// All MachineSets as they are to be applied, the current one first; fields that are not in them are to go.
    ///
    /// They have what [`propagation::machine_set`] gives them, and what the plan says. The `uid` keeps one that was deleted
    /// meanwhile from being made anew.
    ///
    /// # Errors
    /// None that the plan was made in spite of.
    pub fn machine_sets(&self) -> Result<Vec<MachineSet>, PropagationError> {
        self.sets().map(|set| self.machine_set(set)).collect()
    }

    fn machine_set(&self, planned: &PlannedSet<'a>) -> Result<MachineSet, PropagationError> {
        let (deployment, now) = (self.rollout.deployment, self.rollout.now);
        let name = planned.name();
        let suffix = name.len().checked_sub(RANDOM_LENGTH);
        let suffix = suffix.and_then(|start| name.get(start..)).unwrap_or(name);
        let mut again = |_: usize| suffix.to_owned();
        let mut set = propagation::machine_set(deployment, planned.existing, &mut again, now)?;
        set.spec.replicas = Some(planned.replicas());
        set.metadata.creation_timestamp = None;
        set.status = MachineSetStatus::default();
        self.annotate(planned, &mut set.metadata.annotations);
        Ok(set)
    }

    fn annotate(&self, planned: &PlannedSet<'a>, annotations: &mut BTreeMap<String, String>) {
        let mut put = |key: &str, value: String| annotations.insert(key.to_owned(), value);
        put(labels::MAX_REPLICAS, self.max_replicas().to_string());
        let current = self.current.as_ref();
        let is_current = current.is_some_and(|set| set.name == planned.name);
        let create_nothing = self.strategy == Strategy::OnDelete && !is_current;
        put(labels::DISABLE_MACHINE_CREATE, create_nothing.to_string());
        if is_current {
            if let Some(revision) = &self.revision {
                put(labels::REVISION, revision.number.clone().into_owned());
                if let Some(history) = &revision.history {
                    put(labels::REVISION_HISTORY, history.clone().into_owned());
                }
            }
            for (key, names) in [
                (labels::ACKNOWLEDGED_MOVE, &self.moved),
                (labels::RECEIVE_MACHINES_FROM_MACHINE_SETS, &self.givers()),
            ] {
                if !names.is_empty() {
                    put(key, names.join(","));
                }
            }
            return;
        }
        let found = planned.existing.map(|set| &set.metadata.annotations);
        for key in [labels::REVISION, labels::REVISION_HISTORY] {
            if let Some(value) = found.and_then(|found| found.get(key)) {
                put(key, value.clone());
            }
        }
        if planned.moves {
            let current = self.current_name().into_owned();
            put(labels::MOVE_MACHINES_TO_MACHINE_SET, current);
        }
    }

    /// MachineSets that give their machines to the current one, in order.
    fn givers(&self) -> Vec<&str> {
        let givers = self.old.iter().filter(|set| set.moves);
        let mut names: Vec<&str> = givers.map(PlannedSet::name).collect();
        names.sort_unstable();
        names
    }

    /// When the plan was made.
    pub const fn time(&self) -> Time {
        self.rollout.now
    }
}
