//! What is tried again.

use apply_semantics::op::Refusal;
use componentconfig::core::Time;

use super::Pacing;
use crate::clock::{later, seconds};

/// Something that is tried again.
#[derive(Debug, Default)]
pub(super) struct Retry {
    tries: u32,
    due: Option<Time>,
    why: String,
    /// An answer got lost, so that it may be done already.
    pub(super) unsure: bool,
}

impl Retry {
    /// Until when to wait, and why.
    pub(super) fn waits(&self, now: Time) -> Option<(Time, String)> {
        let due = self.due.filter(|due| now < *due)?;
        Some((due, self.why.clone()))
    }

    /// Whether to try again after that refusal; from when on is remembered.
    pub(super) fn again(&mut self, refusal: &Refusal, pacing: &Pacing, now: Time) -> bool {
        self.tries += 1;
        self.unsure |= refusal.is_outcome_unknown();
        if !refusal.is_retriable() || self.tries >= pacing.tries {
            return false;
        }
        let doubled = 1_i64.checked_shl(self.tries - 1).unwrap_or(i64::MAX);
        let pause = seconds(pacing.first_pause).saturating_mul(doubled);
        let asked = refusal.details.retry_after_seconds.map_or(0, i64::from);
        self.due = Some(later(now, pause.max(asked)));
        self.why = refusal.to_string();
        true
    }
}
