//! Asking a run to stop.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

/// A flag that a run looks at between its steps and that wakes its waits. Copies share the flag.
///
/// A cancelled run stops where the tree is consistent and the journal can resume it.
#[derive(Clone, Debug, Default)]
pub struct CancelToken {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    cancelled: Mutex<bool>,
    changed: Condvar,
    /// Tokens that are cancelled with this one.
    children: Mutex<Vec<Weak<Shared>>>,
}

impl CancelToken {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels, for good: every copy of the token sees it.
    pub fn cancel(&self) {
        self.shared.cancel();
    }

    /// A token that is cancelled with this one, and can be without it.
    #[must_use]
    pub fn child(&self) -> Self {
        let child = Self::new();
        let mut children = self.shared.children();
        children.retain(|child| child.strong_count() > 0);
        children.push(Arc::downgrade(&child.shared));
        drop(children);
        // Whoever cancels this one now finds the child; whoever did before is seen here.
        if self.is_cancelled() {
            child.cancel();
        }
        child
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        *self.lock()
    }

    /// Sleeps this long, or until cancelled; answers whether it was cancelled. For implementations of [`Clock`](crate::Clock).
    pub fn wait(&self, duration: Duration) -> bool {
        let until = Instant::now().checked_add(duration);
        let mut cancelled = self.lock();
        while !*cancelled {
            let left = match until {
                Some(until) => until.saturating_duration_since(Instant::now()),
                None => duration,
            };
            if left.is_zero() {
                break;
            }
            cancelled = match self.shared.changed.wait_timeout(cancelled, left) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        *cancelled
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, bool> {
        self.shared
            .cancelled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn cancel(&self) {
        *self
            .cancelled
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
        for child in self.children().iter().filter_map(Weak::upgrade) {
            child.cancel();
        }
    }

    fn children(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Self>>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_when_another_thread_cancels() {
        let token = CancelToken::new();
        let copy = token.clone();
        std::thread::scope(|scope| {
            scope.spawn(move || copy.cancel());
            assert!(token.wait(Duration::MAX));
        });
        assert!(token.is_cancelled());
    }

    #[test]
    fn a_wait_ends_by_itself() {
        assert!(!CancelToken::new().wait(Duration::from_millis(1)));
    }

    #[test]
    fn a_child_is_cancelled_with_its_parent_and_not_the_other_way_round() {
        let token = CancelToken::new();
        let (first, second) = (token.child(), token.child());
        first.cancel();
        assert!(!token.is_cancelled() && !second.is_cancelled());
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(second.child().wait(Duration::MAX)));
            token.cancel();
        });
        assert!(second.is_cancelled() && token.child().is_cancelled());
    }
}
