//! The driver at a real API server: a loop that looks, writes, and waits until something changes.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//! use machine_api::driver::{Driver, Timer};
//! # use machine_api::{names::RandomSource, provider::Provider};
//!
//! # async fn example<P: Provider, R: RandomSource>(mut driver: Driver<P, R>, client: kube::Client, timer: impl Timer) {
//! driver.run(client, &timer, |report| {
//!     match report {
//!         Ok(report) => for why in &report.why { eprintln!("{why}"); },
//!         Err(refusal) => eprintln!("the API server cannot be read: {}", refusal.message),
//!     }
//!     ControlFlow::Continue(())
//! }).await;
//! # }
//! ```
//!
//! What is done inside of clusters goes through the [`Provider`], which answers at once. One driver at a time: whoever runs several
//! processes elects a leader among them.

use std::{
    collections::BTreeMap,
    future::{Future, poll_fn},
    ops::ControlFlow,
    pin::{Pin, pin},
    task::Poll,
};

use ::kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, PartialObjectMeta, WatchEvent, WatchParams},
};
use apply_semantics::op::{AsyncExecutor, KubeExecutor, Refusal, ResourceRef};
use componentconfig::core::Time;
use futures_core::Stream;

use super::{Driver, Report, Snapshot, is_change};
use crate::{names::RandomSource, provider::Provider};

/// Everything is looked at again after so many seconds, whatever happens.
const RESYNC_SECONDS: u32 = 600;

/// After a failure it is tried again after so many seconds.
const RETRY_SECONDS: u32 = 1;

/// The time, and waiting for it: that of the async runtime in use.
pub trait Timer {
    /// The time.
    fn now(&self) -> Time;

    /// Waits for so many seconds.
    fn sleep(&self, seconds: u32) -> impl Future<Output = ()> + Send;
}

impl Snapshot {
    /// Reads everything without blocking.
    ///
    /// # Errors
    /// A list is refused.
    pub async fn read_async(api: &impl AsyncExecutor) -> Result<Self, Refusal> {
        let mut outcomes = Vec::new();
        for request in Self::requests() {
            outcomes.push(api.execute(&request).await?);
        }
        let mut snapshot = Self::new(outcomes);
        loop {
            let requests = snapshot.more_requests();
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
    /// Reads, plans and writes once, without blocking.
    ///
    /// # Errors
    /// The objects cannot be read. What is refused when it is written is part of the report.
    pub async fn step_async(
        &mut self,
        api: &impl AsyncExecutor,
        now: Time,
    ) -> Result<Report, Refusal> {
        let snapshot = Snapshot::read_async(api).await?;
        Ok(self.write(api, &snapshot, now).await)
    }

    /// Runs until `seen` breaks: after every step it is told of it. A step follows when an object changes, when the last one asked for
    /// it, and after ten minutes.
    pub async fn run(
        &mut self,
        client: Client,
        timer: &impl Timer,
        mut seen: impl FnMut(&Result<Report, Refusal>) -> ControlFlow<()>,
    ) {
        let api = KubeExecutor::new(client.clone());
        let mut watches = Watches::new(client);
        loop {
            let snapshot = Snapshot::read_async(&api).await;
            let report = match snapshot {
                Err(refusal) => Err(refusal),
                Ok(snapshot) => {
                    // A watch begins with what is there, so nothing is missed between the two.
                    watches.open(snapshot.resources()).await;
                    Ok(self.write(&api, &snapshot, timer.now()).await)
                }
            };
            if seen(&report).is_break() {
                return;
            }
            let seconds = match &report {
                Ok(report) if report.refusals.is_empty() => {
                    let asked = report.requeue_after_seconds;
                    asked.unwrap_or(RESYNC_SECONDS).clamp(1, RESYNC_SECONDS)
                }
                _ => RETRY_SECONDS,
            };
            watches.wait(timer.sleep(seconds)).await;
        }
    }

    async fn write(&mut self, api: &impl AsyncExecutor, snapshot: &Snapshot, now: Time) -> Report {
        let plan = self.plan(snapshot, now);
        let mut report = Report {
            why: plan.why,
            requeue_after_seconds: plan.requeue_after_seconds,
            ..Report::default()
        };
        for chain in plan.chains {
            if !self.inside(&chain, now, &mut report) {
                continue;
            }
            for operation in &chain.operations {
                match api.execute(operation).await {
                    Ok(outcome) => report.changes += usize::from(is_change(&outcome)),
                    Err(refusal) => {
                        report.refusals.push((chain.subject, refusal));
                        break;
                    }
                }
            }
        }
        report
    }
}

/// Changes of the metadata of objects.
type Changes = Pin<
    Box<dyn Stream<Item = ::kube::Result<WatchEvent<PartialObjectMeta<DynamicObject>>>> + Send>,
>;

/// One watch for each resource; those that ended are opened anew.
struct Watches {
    client: Client,
    open: BTreeMap<ResourceRef, Changes>,
}

impl Watches {
    const fn new(client: Client) -> Self {
        Self {
            client,
            open: BTreeMap::new(),
        }
    }

    /// Opens those that are missing. One that cannot be opened is tried again the next time; until then the clock has to do.
    async fn open(&mut self, resources: Vec<ResourceRef>) {
        for resource in resources {
            if self.open.contains_key(&resource) {
                continue;
            }
            let kind = ApiResource {
                group: resource.group.clone(),
                version: resource.version.clone(),
                api_version: resource.api_version(),
                kind: resource.kind.clone(),
                plural: resource.resource.clone(),
            };
            let api: Api<DynamicObject> = Api::all_with(self.client.clone(), &kind);
            if let Ok(changes) = api.watch_metadata(&WatchParams::default(), "0").await {
                self.open.insert(resource, Box::pin(changes));
            }
        }
    }

    /// Waits until something changes, or until `timeout`.
    async fn wait(&mut self, timeout: impl Future<Output = ()>) {
        let mut timeout = pin!(timeout);
        poll_fn(|context| {
            let mut changed = false;
            self.open.retain(|_, changes| {
                loop {
                    match changes.as_mut().poll_next(context) {
                        Poll::Ready(Some(Ok(WatchEvent::Bookmark(_)))) => {}
                        Poll::Ready(Some(Ok(WatchEvent::Error(_)) | Err(_)) | None) => {
                            changed = true;
                            return false;
                        }
                        Poll::Ready(Some(Ok(_))) => changed = true,
                        Poll::Pending => return true,
                    }
                }
            });
            if changed {
                return Poll::Ready(());
            }
            timeout.as_mut().poll(context)
        })
        .await;
    }
}
