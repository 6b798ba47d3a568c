//! The driver through a client that does not block (feature `kube`).

use std::{future::Future, ops::ControlFlow, pin::pin, time::Duration};

use ::kube::{
    Client,
    core::{Request, WatchEvent, params::WatchParams},
};
use apply_semantics::op::{
    AsyncExecutor, KubeExecutor, ListOptions, Operation, Refusal, ResourceRef,
};
use componentconfig::core::Time;
use futures::{
    TryStreamExt as _,
    future::{self, Either},
};
use serde_json::Value;

use super::{Driver, Report, Snapshot};
use crate::{names::RandomSource, provider::Provider};

/// What is not watched, such as Secrets and definitions, is looked at again after so many seconds, as Cluster API does.
const RESYNC_SECONDS: u32 = 600;
/// After a refusal it is tried again after so many seconds, then after twice as many, and so on.
const RETRY_SECONDS: u32 = 1;
/// That is the most of them.
const MOST_RETRY_SECONDS: u32 = 60;
/// So many steps follow each other at once.
const BURST_STEPS: u32 = 100;

impl Snapshot {
    /// [`read`](Self::read) through a client that does not block.
    ///
    /// # Errors
    /// As there.
    pub async fn read_async<E: AsyncExecutor>(api: &E) -> Result<Self, Refusal> {
        let mut snapshot = Self::default();
        loop {
            let requests = snapshot.requests();
            if requests.is_empty() {
                return Ok(snapshot);
            }
            for request in requests {
                let outcome = api.execute(&request).await;
                snapshot.add(&request, outcome)?;
            }
        }
    }
}

impl<P: Provider, R: RandomSource> Driver<P, R> {
    /// [`step`](Self::step) through a client that does not block, such as [`KubeExecutor`].
    ///
    /// # Errors
    /// As there.
    pub async fn step_async<E: AsyncExecutor>(
        &mut self,
        api: &E,
        now: Time,
    ) -> Result<Report, Refusal> {
        let snapshot = Snapshot::read_async(api).await?;
        Ok(self.bring_forward(&snapshot, api, now).await)
    }

    /// Brings the objects of a management cluster forward until `tell` says that it is enough.
    ///
    /// As long as something is written, what it comes to is looked at at once. Then it waits until an object changes, until the plan
    /// says that it is time, or ten minutes; where that has no end, since others write all the time, it steps once a second. What is
    /// watched only says that something changed: decisions are made from objects that are read then, since who decides from what it
    /// saw before its own writes makes machines twice. If something was refused, it is tried again after a second, and later and
    /// later if that does not help. What cannot be watched waits for the next of these.
    ///
    /// `now` is the time; `sleep` waits for so long, such as `tokio::time::sleep`. `tell` gets what each step came to, or why there
    /// was nothing to decide from. It can be dropped at any time, and begun anew. One driver of a management cluster is to run at a
    /// time; leader election is left to the program.
    pub async fn run<S: Future<Output = ()>>(
        &mut self,
        client: Client,
        mut now: impl FnMut() -> Time,
        mut sleep: impl FnMut(Duration) -> S,
        mut tell: impl FnMut(Result<&Report, &Refusal>) -> ControlFlow<()>,
    ) {
        let api = KubeExecutor::new(client.clone());
        let (mut retry, mut busy) = (RETRY_SECONDS, 0);
        loop {
            busy += 1;
            if busy > BURST_STEPS {
                sleep(Duration::from_secs(1)).await;
            }
            let read = Snapshot::read_async(&api).await;
            let done = match &read {
                Ok(snapshot) => Ok(self.bring_forward(snapshot, &api, now()).await),
                Err(refusal) => Err(refusal),
            };
            if tell(done.as_ref().map_err(|refusal| *refusal)).is_break() {
                return;
            }
            let seconds = match &done {
                Ok(report) if report.refusals.is_empty() => {
                    retry = RETRY_SECONDS;
                    if report.changes > 0 {
                        continue;
                    }
                    let seconds = report.requeue_after_seconds.unwrap_or(RESYNC_SECONDS);
                    seconds.clamp(1, RESYNC_SECONDS)
                }
                _ => {
                    let seconds = retry;
                    retry = (retry * 2).min(MOST_RETRY_SECONDS);
                    seconds
                }
            };
            let lists = read.as_ref().ok().into_iter().flat_map(Snapshot::lists);
            let changes = lists.map(|(resource, version)| change(&client, resource, version));
            let change = any(changes.map(futures::FutureExt::boxed).collect());
            let time = sleep(Duration::from_secs(u64::from(seconds)));
            if let Either::Right(_) = future::select(pin!(change), pin!(time)).await {
                busy = 0;
            }
        }
    }

    async fn bring_forward<E: AsyncExecutor>(
        &mut self,
        snapshot: &Snapshot,
        api: &E,
        now: Time,
    ) -> Report {
        let plan = self.plan(snapshot, now);
        let mut report = Report::of(&plan);
        for chain in plan.chains {
            if !self.inside(&chain, now, &mut report) {
                continue;
            }
            for operation in &chain.operations {
                if !report.take(snapshot, &chain.subject, api.execute(operation).await) {
                    break;
                }
            }
        }
        report.why = plan.why;
        report
    }
}

/// The first of them; never, if there are none.
async fn any(changes: Vec<future::BoxFuture<'_, ()>>) {
    if changes.is_empty() {
        return future::pending().await;
    }
    future::select_all(changes).await;
}

/// Waits until an object is another one than when they were listed, or the server has forgotten what was then.
async fn change(client: &Client, resource: &ResourceRef, version: &str) {
    let list = Operation::list(resource.clone().all(), ListOptions::default()).to_request();
    let params = WatchParams::default().disable_bookmarks();
    let Ok(request) = Request::new(list.path).watch(&params, version) else {
        return future::pending().await;
    };
    match client.request_events::<Value>(request).await {
        Ok(events) => {
            let mut events = pin!(events);
            while let Ok(Some(WatchEvent::Bookmark(_))) = events.try_next().await {}
        }
        Err(_) => future::pending().await,
    }
}
