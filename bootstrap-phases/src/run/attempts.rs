//! Whether and when a failed phase is tried again.

use std::time::{Duration, SystemTime};

use crate::{Clock, ErrorClass, PhaseError, RetryPolicy};

/// Counts the attempts of one phase.
pub(super) struct Attempts<'a> {
    clock: &'a dyn Clock,
    jitter: Option<&'a (dyn Fn() -> f64 + Send + Sync)>,
    policy: RetryPolicy,
    started: SystemTime,
    /// When the whole run has to be over.
    run_ends: Option<SystemTime>,
    failures: u32,
}

/// What comes before the next attempt.
#[derive(Clone, Copy)]
pub(super) enum Pause {
    /// Something is not there yet.
    Wait(Duration),
    /// Attempt number `failed` failed.
    Retry {
        delay: Duration,
        failed: u32,
        attempts: u32,
    },
}

impl Pause {
    /// How long it is.
    pub(super) fn delay(self) -> Duration {
        match self {
            Self::Wait(delay) | Self::Retry { delay, .. } => delay,
        }
    }
}

impl<'a> Attempts<'a> {
    pub(super) fn new(
        clock: &'a dyn Clock,
        jitter: Option<&'a (dyn Fn() -> f64 + Send + Sync)>,
        policy: RetryPolicy,
        run_ends: Option<SystemTime>,
    ) -> Self {
        Self {
            clock,
            jitter,
            policy,
            started: clock.now(),
            run_ends,
            failures: 0,
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        since(self.clock, self.started)
    }

    /// What to do after a failure: pause and try again, or give up with this error.
    pub(super) fn after(&mut self, error: &PhaseError) -> Result<Pause, PhaseError> {
        let pause = match error.class {
            ErrorClass::NotYet => Pause::Wait(self.policy.poll),
            ErrorClass::Transient => self.retry(error)?,
            _ => return Err(error.clone()),
        };
        let Some((left, limit)) = self.left() else {
            return Ok(pause);
        };
        if left.is_zero() {
            return Err(self.too_late(error, limit));
        }
        // The last look is at the deadline itself.
        Ok(match pause {
            Pause::Wait(delay) => Pause::Wait(delay.min(left)),
            Pause::Retry {
                delay,
                failed,
                attempts,
            } => Pause::Retry {
                delay: delay.min(left),
                failed,
                attempts,
            },
        })
    }

    fn retry(&mut self, error: &PhaseError) -> Result<Pause, PhaseError> {
        let attempts = self.policy.attempts.max(1);
        self.failures += 1;
        if self.failures >= attempts {
            return Err(error.clone());
        }
        let fraction = self.jitter.map_or(0.0, |jitter| jitter());
        Ok(Pause::Retry {
            delay: self.policy.backoff(self.failures, fraction),
            failed: self.failures,
            attempts,
        })
    }

    /// What is left until the nearer deadline, and whose it is.
    fn left(&self) -> Option<(Duration, &'static str)> {
        let phase = self.policy.deadline;
        let phase = phase.map(|limit| (limit.saturating_sub(self.elapsed()), "phase"));
        let run = self.run_ends.map(|end| {
            let left = end.duration_since(self.clock.now()).unwrap_or_default();
            (left, "run")
        });
        phase.into_iter().chain(run).min_by_key(|(left, _)| *left)
    }

    fn too_late(&self, error: &PhaseError, limit: &'static str) -> PhaseError {
        PhaseError {
            code: match limit {
                "run" => "run.deadline".into(),
                _ => "phase.deadline".into(),
            },
            message: format!(
                "the {limit}'s deadline passed after {} s in this phase, last answer: {}",
                self.elapsed().as_secs(),
                error.message
            ),
            ..error.clone()
        }
    }
}

/// Time since a moment; none if the clock was set back.
pub(super) fn since(clock: &dyn Clock, moment: SystemTime) -> Duration {
    clock.now().duration_since(moment).unwrap_or_default()
}

/// Whole milliseconds.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
