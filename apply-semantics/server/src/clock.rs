//! Where the server takes the time from.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Tells the time to the server. It stamps creation, deletion and field ownership with it, in whole seconds.
pub trait Clock: Send + Sync {
    /// Seconds since 1970-01-01T00:00:00Z.
    fn unix_seconds(&self) -> i64;

    /// Calls back when that time has come; at once if it has. Watches end by it.
    fn call_at(&self, unix_seconds: i64, call: Callback);
}

/// What a clock calls.
pub type Callback = Box<dyn FnOnce() + Send>;

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn unix_seconds(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| {
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
        })
    }

    /// A thread of its own waits. If none can be had, nobody is called: the watch then ends with its connection.
    fn call_at(&self, unix_seconds: i64, call: Callback) {
        let wait = u64::try_from(unix_seconds - self.unix_seconds()).unwrap_or_default();
        let waiting = thread::Builder::new().name("apply-server-timer".to_owned());
        drop(waiting.spawn(move || {
            thread::sleep(Duration::from_secs(wait));
            call();
        }));
    }
}

/// A clock that stands still until it is moved. Copies share the time.
///
/// ```
/// use apply_server::{Clock, ManualClock};
///
/// let clock = ManualClock::at(1_700_000_000);
/// let same = clock.clone();
/// clock.advance(5);
/// assert_eq!(same.unix_seconds(), 1_700_000_005);
/// ```
#[derive(Clone, Default)]
pub struct ManualClock(Arc<Mutex<Manual>>);

#[derive(Default)]
struct Manual {
    now: i64,
    waiting: Vec<(i64, Callback)>,
}

impl ManualClock {
    /// A clock that shows that many seconds since 1970.
    pub fn at(unix_seconds: i64) -> Self {
        let clock = Self::default();
        clock.set(unix_seconds);
        clock
    }

    /// Moves the clock on.
    pub fn advance(&self, seconds: i64) {
        let now = self.unix_seconds();
        self.set(now + seconds);
    }

    /// Sets the clock.
    pub fn set(&self, unix_seconds: i64) {
        let due: Vec<_> = {
            let mut manual = self.manual();
            manual.now = unix_seconds;
            manual
                .waiting
                .extract_if(.., |(at, _)| *at <= unix_seconds)
                .collect()
        };
        for (_, call) in due {
            call();
        }
    }

    fn manual(&self) -> MutexGuard<'_, Manual> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn unix_seconds(&self) -> i64 {
        self.manual().now
    }

    fn call_at(&self, unix_seconds: i64, call: Callback) {
        if unix_seconds <= self.unix_seconds() {
            call();
        } else {
            self.manual().waiting.push((unix_seconds, call));
        }
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManualClock({})", self.unix_seconds())
    }
}
