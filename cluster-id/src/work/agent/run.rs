//! Passes carried out at the APIs of two clusters.

use apply_semantics::op::Executor;
use componentconfig::core::Time;

use crate::reconcile::Run;

use super::{AgentError, Next, Pass};

/// Carries out a pass until it is done or has to wait. What it waits for, it goes on with when it is called again then.
///
/// # Errors
/// As [`Pass::answered`].
pub fn sync(
    pass: &mut Pass,
    hub: &mut dyn Executor,
    spoke: &mut dyn Executor,
    now: Time,
) -> Result<Run, AgentError> {
    loop {
        let answer = match pass.next(now) {
            Next::Hub(operation) => hub.execute(&operation),
            Next::Spoke(operation) => spoke.execute(&operation),
            Next::Wait(waiting) => return Ok(Run::Waiting(waiting)),
            Next::Done => return Ok(Run::Done),
        };
        pass.answered(answer, now)?;
    }
}

/// [`sync`] through clients that do not block, such as [`KubeExecutor`](apply_semantics::op::KubeExecutor).
///
/// # Errors
/// As there.
#[cfg(feature = "kube")]
pub async fn sync_async<H, S>(
    pass: &mut Pass,
    hub: &H,
    spoke: &S,
    now: Time,
) -> Result<Run, AgentError>
where
    H: apply_semantics::op::AsyncExecutor,
    S: apply_semantics::op::AsyncExecutor,
{
    loop {
        let answer = match pass.next(now) {
            Next::Hub(operation) => hub.execute(&operation).await,
            Next::Spoke(operation) => spoke.execute(&operation).await,
            Next::Wait(waiting) => return Ok(Run::Waiting(waiting)),
            Next::Done => return Ok(Run::Done),
        };
        pass.answered(answer, now)?;
    }
}
