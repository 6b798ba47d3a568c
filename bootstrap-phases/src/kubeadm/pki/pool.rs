//! Keys made ahead of use, on threads: making RSA keys is nearly all the time a control plane's certificates take.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::{Algorithm, KeySource, PkiError, PrivateKey};

/// A source that makes a known number of keys on threads while the caller does something else.
///
/// Whoever asks for a key gets one that is ready, else makes one of those still to be made, else waits for a thread. Keys
/// beyond the planned number, and keys of another algorithm, come straight from the source underneath. Dropping the pool
/// ends its threads after the key each is working on.
pub struct KeyPool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

impl KeyPool {
    /// Starts `threads` threads (none is allowed: then keys are made when asked for) that make `count` keys.
    pub fn start(
        source: Arc<dyn KeySource>,
        algorithm: Algorithm,
        count: usize,
        threads: usize,
    ) -> Self {
        let state = State {
            unclaimed: count,
            ..State::default()
        };
        let shared = Arc::new(Shared {
            source,
            algorithm,
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        let spawn = |_| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name("key-pool".to_owned())
                .spawn(move || {
                    while shared.claim() {
                        shared.finish(shared.make());
                    }
                })
                .ok()
        };
        let workers = (0..threads.min(count)).filter_map(spawn).collect();
        Self { shared, workers }
    }
}

impl KeySource for KeyPool {
    fn generate(&self, algorithm: Algorithm) -> Result<PrivateKey, PkiError> {
        if algorithm != self.shared.algorithm {
            return self.shared.source.generate(algorithm);
        }
        let mut state = self.shared.lock();
        loop {
            if let Some(result) = state.ready.pop() {
                return result;
            }
            if state.unclaimed > 0 || state.working == 0 {
                state.unclaimed = state.unclaimed.saturating_sub(1);
                drop(state);
                return self.shared.source.generate(algorithm);
            }
            state = self
                .shared
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), PkiError> {
        self.shared.source.fill(bytes)
    }
}

impl Drop for KeyPool {
    fn drop(&mut self) {
        self.shared.lock().unclaimed = 0;
        for worker in self.workers.drain(..) {
            // A worker's panic was turned into an error already; there is nobody left to hand it to.
            let _ = worker.join();
        }
    }
}

impl fmt::Debug for KeyPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        f.debug_struct("KeyPool")
            .field("algorithm", &self.shared.algorithm)
            .field("ready", &state.ready.len())
            .field("to_make", &(state.unclaimed + state.working))
            .finish_non_exhaustive()
    }
}

struct Shared {
    source: Arc<dyn KeySource>,
    algorithm: Algorithm,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Keys that nobody works on yet.
    unclaimed: usize,
    /// Keys that threads are working on.
    working: usize,
    /// Finished keys; an error is handed to one caller, as if that caller had made the key.
    ready: Vec<Result<PrivateKey, PkiError>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn claim(&self) -> bool {
        let mut state = self.lock();
        let some = state.unclaimed > 0;
        if some {
            state.unclaimed -= 1;
            state.working += 1;
        }
        some
    }

    /// A panicking source must not leave a caller waiting for ever.
    fn make(&self) -> Result<PrivateKey, PkiError> {
        catch_unwind(AssertUnwindSafe(|| self.source.generate(self.algorithm))).unwrap_or(Err(
            PkiError::Crypto {
                doing: "generating a private key on a thread",
            },
        ))
    }

    fn finish(&self, result: Result<PrivateKey, PkiError>) {
        let mut state = self.lock();
        state.working -= 1;
        state.ready.push(result);
        // All that wait: one takes this key, and where no thread works any more the others have to make their own.
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;
    use crate::kubeadm::pki::FixedKeys;

    struct Counting(FixedKeys, AtomicUsize);

    impl KeySource for Counting {
        fn generate(&self, algorithm: Algorithm) -> Result<PrivateKey, PkiError> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.generate(algorithm)
        }
        fn fill(&self, bytes: &mut [u8]) -> Result<(), PkiError> {
            self.0.fill(bytes)
        }
    }

    fn counting() -> Arc<Counting> {
        Arc::new(Counting(FixedKeys::seeded("pool"), AtomicUsize::new(0)))
    }

    #[test]
    fn every_key_is_made_once_and_handed_out_once() {
        for threads in [0, 1, 3] {
            let source = counting();
            let pool = KeyPool::start(source.clone(), Algorithm::EcdsaP256, 8, threads);
            let pins: HashSet<_> = (0..8)
                .map(|_| {
                    pool.generate(Algorithm::EcdsaP256)
                        .unwrap()
                        .public_key()
                        .pin()
                })
                .collect();
            assert_eq!(pins.len(), 8);
            drop(pool);
            assert_eq!(
                source.1.load(Ordering::Relaxed),
                8,
                "with {threads} threads"
            );
        }
    }

    #[test]
    fn callers_on_many_threads_all_get_a_key() {
        let pool = KeyPool::start(counting(), Algorithm::EcdsaP256, 5, 2);
        let pins = Mutex::new(HashSet::new());
        std::thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| {
                    let key = pool.generate(Algorithm::EcdsaP256).unwrap();
                    pins.lock().unwrap().insert(key.public_key().pin());
                });
            }
        });
        assert_eq!(pins.lock().unwrap().len(), 12);
    }

    /// Makes its first key only once told to.
    struct Held(FixedKeys, Mutex<Option<mpsc::Receiver<()>>>);

    impl KeySource for Held {
        fn generate(&self, algorithm: Algorithm) -> Result<PrivateKey, PkiError> {
            let first = self.1.lock().unwrap().take();
            if let Some(told) = first {
                told.recv().unwrap();
            }
            self.0.generate(algorithm)
        }
        fn fill(&self, bytes: &mut [u8]) -> Result<(), PkiError> {
            self.0.fill(bytes)
        }
    }

    #[test]
    fn nobody_waits_for_a_key_that_another_caller_took() {
        let (tell, told) = mpsc::channel();
        let source = Arc::new(Held(FixedKeys::seeded("pool"), Mutex::new(Some(told))));
        let pool = KeyPool::start(source.clone(), Algorithm::EcdsaP256, 1, 1);
        while source.1.lock().unwrap().is_some() {
            std::thread::yield_now();
        }
        std::thread::scope(|scope| {
            let callers = [(); 4].map(|()| scope.spawn(|| pool.generate(Algorithm::EcdsaP256)));
            // Time for all of them to be waiting for the one key; without it the test only shows less.
            std::thread::sleep(std::time::Duration::from_millis(50));
            tell.send(()).unwrap();
            for caller in callers {
                caller.join().unwrap().unwrap();
            }
        });
    }

    #[test]
    fn other_algorithms_and_keys_beyond_the_plan_come_from_the_source() {
        let pool = KeyPool::start(counting(), Algorithm::EcdsaP256, 1, 1);
        for _ in 0..3 {
            pool.generate(Algorithm::EcdsaP256).unwrap();
        }
        let other = pool.generate(Algorithm::EcdsaP384).unwrap();
        assert_eq!(other.kind(), Algorithm::EcdsaP384.kind());
    }

    struct Panicking;

    impl KeySource for Panicking {
        fn generate(&self, _: Algorithm) -> Result<PrivateKey, PkiError> {
            panic!("no key today")
        }
        fn fill(&self, _: &mut [u8]) -> Result<(), PkiError> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_on_a_thread_becomes_an_error() {
        let shared = Shared {
            source: Arc::new(Panicking),
            algorithm: Algorithm::EcdsaP256,
            state: Mutex::new(State {
                unclaimed: 1,
                ..State::default()
            }),
            changed: Condvar::new(),
        };
        assert!(shared.claim());
        shared.finish(shared.make());
        assert!(matches!(
            shared.lock().ready.pop(),
            Some(Err(PkiError::Crypto { .. }))
        ));
    }
}
