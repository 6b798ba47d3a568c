//! The strategy `OnDelete`: machines are replaced when somebody deletes them.

use super::{PlannedSet, Reason, RolloutPlan};
use crate::Compat;

impl RolloutPlan<'_> {
    pub(super) fn replace_what_is_deleted(&mut self) {
        self.scale_current();
        let old: i64 = self.old.iter().map(|set| set.spec).sum();
        if old == 0 {
            return;
        }
        let current = self.current.as_ref().map_or(0, PlannedSet::wanted);
        let mut left = (old + current - self.replicas).max(0);
        // What was deleted from an old MachineSet is made anew in the current one, so the old one no longer asks for it.
        for set in self.old.iter_mut().filter(|set| set.spec > 0) {
            let gone = (set.spec - set.machines).max(0);
            if gone > 0 {
                set.because(Reason::NoSuchMachines);
                set.intent = Some(set.spec - gone);
                left -= gone;
            }
        }
        let forgetful = self.rollout.compat == Compat::Upstream;
        for set in &mut self.old {
            let fewer = set.wanted().min(left);
            if fewer <= 0 {
                continue;
            }
            let from = if forgetful { set.spec } else { set.wanted() };
            set.because(Reason::AboveReplicas);
            set.intent = Some((from - fewer).max(0));
            left -= fewer;
        }
    }
}
