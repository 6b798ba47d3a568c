//! Operations through a client that is async, from code that is not.

use std::{fmt, future::Future, io, panic::resume_unwind, thread};

use tokio::runtime::{Builder, Runtime};

use super::{AsyncExecutor, Executor, Operation, Outcome, Refusal};

/// An [`AsyncExecutor`] for code that waits for each answer, such as the phases of `bootstrap-phases`.
///
/// It has a runtime of its own, on which the client is made and lives. Each operation is waited for on a thread of its own, so it may be
/// called from async code, too, whose thread then blocks.
///
/// ```no_run
/// use apply_semantics::op::{BlockingExecutor, Executor, KubeExecutor, Operation, ResourceRef};
///
/// let mut executor = BlockingExecutor::start(async {
///     let client = kube::Client::try_default().await?;
///     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(KubeExecutor::new(client))
/// })?;
/// let nodes = ResourceRef::of_kind("v1", "Node").all();
/// let outcome = executor.execute(&Operation::list(nodes, Default::default()))?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub struct BlockingExecutor<E> {
    executor: E,
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

impl<E> BlockingExecutor<E> {
    /// Makes a runtime, and on it the executor.
    ///
    /// # Errors
    /// There can be no runtime or no thread, or what `connect` answers.
    pub fn start<F>(connect: impl Future<Output = Result<E, F>> + Send) -> Result<Self, F>
    where
        E: Send,
        F: From<io::Error> + Send,
    {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let mut this = Self {
            executor: aside(|| runtime.block_on(connect))??,
            runtime: None,
        };
        this.runtime = Some(runtime);
        Ok(this)
    }

    /// The executor that is waited for.
    pub fn executor(&self) -> &E {
        &self.executor
    }
}

impl<E: AsyncExecutor + Sync> Executor for &BlockingExecutor<E> {
    fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal> {
        let Some(runtime) = &self.runtime else {
            return Err(Refusal::unreachable("the client is gone"));
        };
        aside(|| runtime.block_on(self.executor.execute(operation)))
            .unwrap_or_else(|error| Err(Refusal::unreachable(error.to_string())))
    }
}

impl<E: AsyncExecutor + Sync> Executor for BlockingExecutor<E> {
    fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal> {
        (&*self).execute(operation)
    }
}

/// Runs this on another thread: one that async code runs on may not wait for a runtime.
fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, work)?;
        Ok(thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

impl<E> Drop for BlockingExecutor<E> {
    /// Not even the end of a runtime may be waited for by async code.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for BlockingExecutor<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingExecutor")
            .field(&self.executor)
            .finish()
    }
}
