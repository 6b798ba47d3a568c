//! Updates in place, behind the gate `InPlaceUpdates`.
//!
//! An old MachineSet moves machines to the current one instead of deleting them, and the current one updates them. That counts
//! as if they were deleted, since an update may fail; machines are made besides only where nothing else goes on.

use super::{PlannedSet, Reason, RolloutError, RolloutPlan};
use crate::labels;

impl RolloutPlan<'_> {
    /// Machines that were moved to the current MachineSet count once it knows them.
    pub(super) fn count_moved_machines(&mut self) {
        let Some(current) = &mut self.current else {
            return;
        };
        if !self.rollout.gates.in_place_updates {
            return;
        }
        let known = current.existing.and_then(|set| {
            let annotations = &set.metadata.annotations;
            annotations.get(labels::ACKNOWLEDGED_MOVE)
        });
        let known =
            |name: &str| known.is_some_and(|known| known.split(',').any(|machine| machine == name));
        let moved = self.rollout.moving.iter();
        let moved = moved.filter(|machine| machine.pending && machine.set == current.name);
        self.moved = moved.map(|machine| machine.name).collect();
        self.moved.sort_unstable();
        let new = self.moved.iter().copied().filter(|name| !known(name));
        self.acknowledged = new.collect();
        if !self.acknowledged.is_empty() {
            current.spec += i64::try_from(self.acknowledged.len()).unwrap_or(i64::MAX);
            current.because(Reason::Acknowledged {
                machines: self.moved.clone(),
            });
        }
    }

    /// Old MachineSets whose machines can be updated in place move them; then fewer machines are made besides.
    pub(super) fn update_in_place(&mut self) -> Result<(), RolloutError> {
        let Some(current) = &self.current else {
            return Ok(());
        };
        if !self.rollout.gates.in_place_updates || current.spec >= self.replicas {
            return Ok(());
        }
        let name = self.current_name();
        for set in &mut self.old {
            let Some(observed) = set.existing else {
                continue;
            };
            if set.machines <= 0 || !set.in_place {
                continue;
            }
            let rollout = &self.rollout;
            let answer = rollout.in_place.can_update(observed, rollout.deployment);
            set.moves = answer.map_err(|reason| RolloutError::InPlace {
                set: observed.metadata.name.clone(),
                reason,
            })?;
            if set.moves {
                set.because(Reason::MovesTo { set: name.clone() });
            }
        }
        if self.old.iter().any(|set| set.moves) {
            self.drop_surge();
        }
        Ok(())
    }

    /// Takes back machines that would be made beyond the wanted number: updating others in place comes first.
    fn drop_surge(&mut self) {
        let Some(growth) = self.current.as_ref().map(|set| set.wanted() - set.spec) else {
            return;
        };
        let total = self.sum(|set| set.wanted().max(set.machines));
        let surge = growth.min((total - self.replicas).max(0));
        if surge <= 0 {
            return;
        }
        let rest = growth - surge;
        let needed = rest == 0 && !self.in_motion();
        if let Some(current) = &mut self.current {
            // One more makes room where nothing else would ever become available.
            let (rest, reason) = if needed {
                (1, Reason::SurgeForInPlace)
            } else {
                (rest, Reason::SurgeDropped { surge })
            };
            current.because(reason);
            current.intent = (rest > 0).then_some(current.spec + rest);
        }
    }

    /// Whether machines come, go or are being updated, so that waiting is enough.
    fn in_motion(&mut self) -> bool {
        let updating = self
            .rollout
            .moving
            .iter()
            .filter(|machine| machine.updating);
        self.updating = updating.count();
        let Some(current) = &self.current else {
            return false;
        };
        let shrinking = |set: &PlannedSet<'_>| set.spec < set.machines || set.wanted() < set.spec;
        current.spec != current.machines
            || self.old.iter().any(shrinking)
            || current.spec != current.up_to_date
            || self.updating > 0
            || current.spec != current.available
    }
}
