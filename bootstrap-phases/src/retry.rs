//! How often, how long and how patiently a phase is tried.

use std::time::Duration;

/// How a phase is tried again. The runner waits; a phase never does.
///
/// [`ErrorClass::Transient`](crate::ErrorClass::Transient) failures are tried again after growing delays until the attempts
/// are used up; [`ErrorClass::NotYet`](crate::ErrorClass::NotYet) ones are asked again every `poll` and use no attempt up.
/// The deadline bounds both.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How many times at most; 0 counts as 1.
    pub attempts: u32,
    /// Delay after the first failure; doubles with each further one.
    pub delay: Duration,
    /// No delay is longer, jitter included.
    pub max_delay: Duration,
    /// A delay grows by at most this share of itself, in percent, as the runner's source of jitter says.
    pub jitter_percent: u8,
    /// How long between two looks at something that is not there yet.
    pub poll: Duration,
    /// All attempts and waits of the phase together end here. Without one, only a cancellation ends a wait.
    pub deadline: Option<Duration>,
}

impl Default for RetryPolicy {
    /// Five attempts, half a second doubling to at most 30 seconds, a fifth of jitter, a look every second, five minutes.
    fn default() -> Self {
        Self {
            attempts: 5,
            delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(30),
            jitter_percent: 20,
            poll: Duration::from_secs(1),
            deadline: Some(Duration::from_secs(300)),
        }
    }
}

impl RetryPolicy {
    /// The default.
    pub fn new() -> Self {
        Self::default()
    }

    /// One attempt: the first transient failure is the last. What is not there yet is still waited for.
    pub fn once() -> Self {
        Self::default().attempts(1)
    }

    /// How many times at most.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The first delay and the longest.
    #[must_use]
    pub fn delays(mut self, first: Duration, longest: Duration) -> Self {
        self.delay = first;
        self.max_delay = longest;
        self
    }

    /// How long between two looks at something that is not there yet.
    #[must_use]
    pub fn poll(mut self, every: Duration) -> Self {
        self.poll = every;
        self
    }

    /// The end of all attempts and waits, counted from the phase's start.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The delay after failure number `failures` (from 1); `fraction` between 0 and 1 is the share of jitter taken.
    pub fn backoff(&self, failures: u32, fraction: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let delay = self
            .delay
            .saturating_mul(1 << doublings)
            .min(self.max_delay);
        let share = f64::from(self.jitter_percent) / 100.0 * fraction.clamp(0.0, 1.0);
        // A share that is not a number adds nothing.
        let share = if share.is_finite() { share } else { 0.0 };
        let jitter = Duration::try_from_secs_f64(delay.as_secs_f64() * share).unwrap_or_default();
        delay.saturating_add(jitter).min(self.max_delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let policy = RetryPolicy::new().delays(Duration::from_secs(1), Duration::from_secs(5));
        let delays: Vec<_> = (1..=5).map(|n| policy.backoff(n, 0.0).as_secs()).collect();
        assert_eq!(delays, [1, 2, 4, 5, 5]);
        assert_eq!(policy.backoff(u32::MAX, 1.0), Duration::from_secs(5));
    }

    #[test]
    fn jitter_is_bounded() {
        let policy = RetryPolicy::new().delays(Duration::from_secs(10), Duration::from_secs(60));
        assert_eq!(policy.backoff(1, 1.0), Duration::from_secs(12));
        assert_eq!(policy.backoff(1, 7.0), Duration::from_secs(12));
        assert_eq!(policy.backoff(1, f64::NAN), Duration::from_secs(10));
    }
}
