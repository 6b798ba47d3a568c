//! Reckoning with times that are passed in.

use componentconfig::{core::Time, scalar::Duration};

/// Whole seconds, a fraction rounded up.
pub(crate) fn seconds(duration: Duration) -> i64 {
    const SECOND: i64 = 1_000_000_000;
    let nanoseconds = duration.as_nanos();
    nanoseconds.div_euclid(SECOND) + i64::from(nanoseconds.rem_euclid(SECOND) != 0)
}

/// So many seconds later; the same time if there is no such year.
pub(crate) fn later(time: Time, seconds: i64) -> Time {
    Time::from_unix(time.unix().saturating_add(seconds)).unwrap_or(time)
}
