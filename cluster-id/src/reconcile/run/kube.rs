//! The same through a client that does not block.

use apply_semantics::op::AsyncExecutor;
use componentconfig::core::Time;

use super::{Execution, Journal, JournalError, Next, Observation, ObserveError, Observed, Run};

/// [`observe`](super::observe) through a client that does not block, such as
/// [`KubeExecutor`](apply_semantics::op::KubeExecutor).
///
/// # Errors
/// As there.
pub async fn observe_async<E: AsyncExecutor>(
    api: &E,
    mut observation: Observation,
) -> Result<Observed, ObserveError> {
    while let Some(operation) = observation.next() {
        let answer = api.execute(operation).await;
        observation.answered(answer)?;
    }
    Ok(observation.finish())
}

/// [`run`](super::run) through a client that does not block. The journal is written before each operation, and does block.
///
/// # Errors
/// As there.
pub async fn run_async<E: AsyncExecutor, J: Journal>(
    execution: &mut Execution,
    api: &E,
    journal: &mut J,
    now: Time,
) -> Result<Run, JournalError> {
    loop {
        match execution.next(now) {
            Next::Record(record) => {
                journal.append(&record)?;
                execution.recorded();
            }
            Next::Do(operation) => {
                let answer = api.execute(&operation).await;
                execution.answered(answer, now);
            }
            Next::Wait(waiting) => return Ok(Run::Waiting(waiting)),
            Next::Done => return Ok(Run::Done),
        }
    }
}
