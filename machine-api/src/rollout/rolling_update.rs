//! The strategy `RollingUpdate`: machines are replaced some at a time.

use super::{PlannedSet, Reason, RolloutError, RolloutPlan};
use crate::Compat;

impl RolloutPlan<'_> {
    pub(super) fn roll(&mut self) -> Result<(), RolloutError> {
        self.count_moved_machines();
        self.scale_current();
        self.scale_old();
        self.update_in_place()?;
        self.break_deadlock();
        Ok(())
    }

    /// Fewer machines of the old MachineSets, as many as can go with enough machines still available.
    ///
    /// Which of its machines a MachineSet deletes is not known here, so the worst is assumed: that available ones go first.
    fn scale_old(&mut self) {
        if self.old.iter().all(|set| set.spec == 0) {
            return;
        }
        let minimum = self.min_available();
        let wanted = self.sum(|set| set.spec);
        // Machines that are about to go, from earlier plans and from this one.
        let leaving = |set: &PlannedSet<'_>| (set.machines - set.spec.min(set.wanted())).max(0);
        let going = self.sum(leaving);
        let lost = self.sum(|set| match self.rollout.compat {
            Compat::Fixed => leaving(set).min(set.available),
            Compat::Upstream => 0,
        });
        // As long as new machines do not become available, old ones stay: else all would end up broken.
        let missing = self
            .current
            .as_ref()
            .map_or(0, |set| (set.spec - set.available).max(0));
        let mut budget = Budget {
            machines: wanted - going - minimum - missing,
            available: self.sum(|set| set.available) - lost,
            minimum,
        };
        for unavailable_only in [true, false] {
            for set in &mut self.old {
                budget.spend(set, unavailable_only);
            }
        }
    }

    /// One machine fewer of an old MachineSet with unavailable machines, if that alone keeps the rollout from going on.
    ///
    /// It is likely, not sure, that an unavailable machine is the one that goes.
    fn break_deadlock(&mut self) {
        let old = |count: fn(&PlannedSet<'_>) -> i64| self.old.iter().map(count).sum::<i64>();
        let (machines, available) = (old(|set| set.machines), old(|set| set.available));
        if machines == 0 || machines == available {
            return;
        }
        let moving = |set: &PlannedSet<'_>| set.spec != set.machines || set.intent.is_some();
        let settled = |set: &PlannedSet<'_>| set.available == set.machines;
        if self.sets().any(moving) || !self.current.as_ref().is_some_and(settled) {
            return;
        }
        let stuck = |set: &&mut PlannedSet<'_>| set.available != set.machines && set.spec > 0;
        let Some(set) = self.old.iter_mut().find(stuck) else {
            return;
        };
        set.intent = Some(set.spec - 1);
        match self.rollout.compat {
            Compat::Fixed => set.because(Reason::Deadlock),
            Compat::Upstream => {
                if let Some(current) = &mut self.current {
                    current.because(Reason::Deadlock);
                }
            }
        }
    }
}

/// What the old MachineSets may still lose.
struct Budget {
    /// Machines altogether.
    machines: i64,
    /// Machines that are available at worst.
    available: i64,
    /// Machines that have to be.
    minimum: i64,
}

impl Budget {
    /// Takes as many machines of a MachineSet as can go, or of its unavailable ones.
    fn spend(&mut self, set: &mut PlannedSet<'_>, unavailable_only: bool) {
        let wanted = set.wanted();
        if self.machines <= 0 || wanted <= 0 {
            return;
        }
        let most = if unavailable_only {
            (wanted - set.available).max(0)
        } else {
            wanted
        };
        let mut fewer = most.min(self.machines);
        if fewer == 0 {
            return;
        }
        let available = self.available;
        // Machines that exist and go; that there are fewer than wanted costs nothing.
        let mut gone = (set.machines - (wanted - fewer)).max(0);
        if set.available > 0 && gone > 0 {
            if self.available - self.minimum < gone {
                let spare = (self.available - self.minimum).max(0);
                let left = (set.machines - spare).min(wanted);
                fewer = (wanted - left).max(0);
                gone = (set.machines - left).max(0);
            }
            self.available -= set.available.min(gone);
        }
        if fewer == 0 {
            return;
        }
        set.because(if available == self.available {
            Reason::NothingAvailable
        } else {
            Reason::Available {
                available,
                minimum: self.minimum,
            }
        });
        set.intent = Some(wanted - fewer);
        self.machines -= fewer;
    }
}
