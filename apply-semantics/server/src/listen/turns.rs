//! Whose turn it is: watches are woken a few at a time, and requests that have come are answered in between.
//!
//! An event concerns all watches of its kind. If all were woken at once, a server with many of them would write to each, then answer
//! the next request, and write to each again: one small write for each event and each watch. So those that have something to send
//! stand in line, once each, and what happens until their turn comes goes out in one piece. No time is waited for: a line that
//! nothing interrupts is gone through at once.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Wake, Waker},
};

use tokio::{sync::Notify, task::yield_now};

/// So many go on before the runtime looks for requests again. A request waits for no more than these.
const AT_ONCE: usize = 4;

/// The line of a port.
#[derive(Debug, Default)]
pub(super) struct Turns {
    line: Mutex<VecDeque<Arc<Turn>>>,
    somebody: Notify,
}

/// The place of one watch.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Arc<Turns>,
    /// Who is to go on.
    task: Mutex<Option<Waker>>,
    /// Whether it stands in line.
    waits: AtomicBool,
}

impl Turns {
    /// Lets those in line go on, for ever.
    pub(super) async fn call(self: Arc<Self>) {
        loop {
            self.somebody.notified().await;
            while self.call_some() {
                // This task goes on when the runtime has looked at its sockets.
                yield_now().await;
            }
        }
    }

    /// Lets some go on; tells whether there was anybody.
    fn call_some(&self) -> bool {
        let some: Vec<_> = {
            let mut line = lock(&self.line);
            let count = line.len().min(AT_ONCE);
            line.drain(..count).collect()
        };
        for turn in &some {
            turn.go();
        }
        !some.is_empty()
    }
}

impl Turn {
    pub(super) fn of(turns: &Arc<Turns>) -> Arc<Self> {
        Arc::new(Self {
            turns: Arc::clone(turns),
            task: Mutex::default(),
            waits: AtomicBool::new(false),
        })
    }

    /// The task that goes on when it is its turn.
    pub(super) fn belongs_to(&self, task: &Waker) {
        let mut held = lock(&self.task);
        match &mut *held {
            Some(held) => held.clone_from(task),
            None => *held = Some(task.clone()),
        }
    }

    fn go(&self) {
        // What happens from now on needs another turn.
        self.waits.store(false, Ordering::SeqCst);
        if let Some(task) = &*lock(&self.task) {
            task.wake_by_ref();
        }
    }
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        if !self.waits.swap(true, Ordering::SeqCst) {
            let turns = Arc::clone(&self.turns);
            lock(&turns.line).push_back(self);
            turns.somebody.notify_one();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Count(std::sync::atomic::AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn who_stands_in_line_is_called_once_and_in_order() {
        let turns = Arc::new(Turns::default());
        let counts: Vec<Arc<Count>> = (0..AT_ONCE + 2).map(|_| Arc::default()).collect();
        let wakers: Vec<Waker> = counts
            .iter()
            .map(|count| {
                let turn = Turn::of(&turns);
                turn.belongs_to(&Waker::from(Arc::clone(count)));
                Waker::from(turn)
            })
            .collect();
        let called = || {
            let counts = counts.iter().map(|count| count.0.load(Ordering::SeqCst));
            counts.collect::<Vec<_>>()
        };
        for _ in 0..3 {
            wakers.iter().for_each(Waker::wake_by_ref);
        }
        assert!(turns.call_some());
        assert_eq!(called(), [1, 1, 1, 1, 0, 0]);
        // The first one stands in line again, behind the others.
        wakers[0].wake_by_ref();
        assert!(turns.call_some());
        assert_eq!(called(), [2, 1, 1, 1, 1, 1]);
        assert!(!turns.call_some());
    }

    #[tokio::test]
    async fn whoever_comes_is_called() {
        let turns = Arc::new(Turns::default());
        let calling = tokio::spawn(Arc::clone(&turns).call());
        for _ in 0..3 {
            let turn = Turn::of(&turns);
            let mut woken = false;
            std::future::poll_fn(|cx| {
                turn.belongs_to(cx.waker());
                if std::mem::replace(&mut woken, true) {
                    return std::task::Poll::Ready(());
                }
                Waker::from(Arc::clone(&turn)).wake();
                std::task::Poll::Pending
            })
            .await;
        }
        calling.abort();
    }
}
