//! Effects that are carried out at the same time.

use std::{
    panic::resume_unwind,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crate::{Effect, PhaseError};

type Outcomes = Vec<(usize, Result<(), PhaseError>)>;

/// Carries effects out on so many threads, and answers what became of each, in their order. None is left out when another fails.
pub(super) fn carry_out(
    effects: &[&Effect],
    port: &(dyn Fn(&Effect) -> Result<(), PhaseError> + Sync),
    jobs: usize,
) -> Vec<Result<(), PhaseError>> {
    let next = AtomicUsize::new(0);
    let work = || -> Outcomes {
        let mut outcomes = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(effect) = effects.get(index) else {
                return outcomes;
            };
            outcomes.push((index, port(effect)));
        }
    };
    let mut outcomes: Outcomes = thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.min(effects.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let joined = threads.into_iter().map(|thread| match thread.join() {
            Ok(outcomes) => outcomes,
            Err(panic) => resume_unwind(panic),
        });
        joined.flatten().collect()
    });
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}
