//! The driver through a kube client: it watches, and brings a cluster forward as things change and time goes by.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/world.rs"]
mod world;

use std::{
    ops::ControlFlow,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use apply_semantics::op::{KubeExecutor, ListOptions, Operation, ResourceRef};
use apply_server::{Clock as _, FaultRule, ManualClock, Server};
use componentconfig::core::Time;
use kube::Client;
use machine_api::{
    contract::ContractVersion,
    provider::{Job, MemoryProvider},
};
use serde_json::Value;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use world::{MemoryDriver, World, available_on, scale_on};

/// A loop that takes more steps than that is one that never waits.
const MOST_STEPS: usize = 2_000;

/// What the loop told so far.
#[derive(Default)]
struct Told {
    steps: AtomicUsize,
    failures: AtomicUsize,
    last_why: Mutex<String>,
    enough: AtomicBool,
}

/// A driver that runs beside the test. Time passes when both wait.
struct Running {
    server: Server,
    told: Arc<Told>,
    task: JoinHandle<MemoryDriver>,
}

impl Running {
    fn start(server: Server, clock: ManualClock, mut driver: MemoryDriver) -> Self {
        let told = Arc::new(Told::default());
        let client = Client::new(server.clone(), "default");
        let (from, start, tells) = (Instant::now(), clock.unix_seconds(), Arc::clone(&told));
        let now = move || {
            let seconds = i64::try_from(from.elapsed().as_secs()).expect("a while");
            clock.set(start + seconds);
            Time::from_unix(start + seconds).expect("a time")
        };
        let tell = move |report: Result<&machine_api::driver::Report, &_>| {
            let steps = tells.steps.fetch_add(1, Ordering::Relaxed);
            match report {
                Ok(report) => *tells.last_why.lock().expect("one") = format!("{report:?}"),
                Err(_) => drop(tells.failures.fetch_add(1, Ordering::Relaxed)),
            }
            // Who never waits keeps the clock from going on.
            if tells.enough.load(Ordering::Relaxed) || steps > MOST_STEPS {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        let task = tokio::spawn(async move {
            driver.run(client, now, sleep, tell).await;
            driver
        });
        Self { server, told, task }
    }

    fn steps(&self) -> usize {
        self.told.steps.load(Ordering::Relaxed)
    }

    /// Waits for so many seconds at most.
    async fn until(&self, what: &str, seconds: u64, mut so: impl FnMut(&Server) -> bool) {
        for _ in 0..seconds {
            if so(&self.server) {
                return;
            }
            sleep(Duration::from_secs(1)).await;
        }
        let why = self.told.last_why.lock().expect("one");
        panic!("in vain: {what}; {} steps; {why}", self.steps());
    }
}

fn list(server: &Server, api_version: &str, kind: &str) -> Vec<Value> {
    let collection = ResourceRef::of_kind(api_version, kind).within("default");
    let outcome = server.execute(&Operation::list(collection, ListOptions::default()));
    outcome.expect("a list").into_list().expect("a list").items
}

fn world() -> World {
    let provider = MemoryProvider::new()
        .delay(Job::CreateCluster, 60)
        .delay(Job::CreateMachine, 90)
        .delay(Job::StartNode, 30)
        .delay(Job::DeleteMachine, 20);
    let mut world = World::new(provider, ContractVersion::V1Beta2);
    world.create_kubeadm_cluster(1, 2);
    world
}

fn is_up(server: &Server, workers: i32) -> bool {
    let cluster = list(server, "cluster.x-k8s.io/v1beta2", "Cluster").remove(0);
    let control_plane = list(
        server,
        "controlplane.cluster.x-k8s.io/v1beta2",
        "KubeadmControlPlane",
    )
    .remove(0);
    cluster["status"]["initialization"]["controlPlaneInitialized"] == true
        && control_plane["status"]["availableReplicas"] == 1
        && available_on(server) == Some(workers)
}

#[tokio::test(start_paused = true)]
async fn a_cluster_comes_up_and_scales() {
    let (server, clock, driver) = world().into_parts();
    let running = Running::start(server, clock, driver);
    running
        .until("the cluster is up", 1200, |server| is_up(server, 2))
        .await;
    // Nothing is to be done any more, so it is looked at now and then.
    sleep(Duration::from_secs(60)).await;
    let before = running.steps();
    sleep(Duration::from_secs(3600)).await;
    let steps = running.steps() - before;
    assert!((1..=200).contains(&steps), "{steps} steps in an hour");

    // What somebody changes is seen at once, not when it is time.
    let steps = running.steps();
    scale_on(&running.server, 3);
    tokio::task::yield_now().await;
    running
        .until("it is seen", 2, |_| running.steps() > steps)
        .await;
    running
        .until("there is one more", 300, |server| is_up(server, 3))
        .await;
    scale_on(&running.server, 1);
    running
        .until("there are two less", 300, |server| {
            is_up(server, 1) && list(server, "cluster.x-k8s.io/v1beta2", "Machine").len() == 2
        })
        .await;

    running.told.enough.store(true, Ordering::Relaxed);
    let mut driver = running.task.await.expect("the end");
    assert_eq!(driver.provider().machines().count(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_tried_again_later_and_later() {
    let (server, clock, driver) = world().into_parts();
    server.inject(
        FaultRule::unavailable()
            .verb("list")
            .resource("machines")
            .times(6),
    );
    let running = Running::start(server, clock, driver);
    sleep(Duration::from_secs(30)).await;
    // After 1, 2, 4, 8 and 16 seconds.
    assert_eq!(running.told.failures.load(Ordering::Relaxed), 5);
    // Watches that end are begun anew.
    let mut seconds = 0;
    running
        .until("the cluster is up", 1200, |server| {
            seconds += 1;
            if seconds % 20 == 0 {
                server.drop_watches();
            }
            is_up(server, 2)
        })
        .await;
    running.task.abort();
}

#[tokio::test(start_paused = true)]
async fn where_others_write_all_the_time_it_steps_once_a_second() {
    let (server, _, mut driver) = world().into_parts();
    let client = Client::new(server.clone(), "default");
    let (from, mut replicas, mut steps) = (Instant::now(), 1, 0);
    let tell = |_: Result<&_, &_>| {
        steps += 1;
        replicas = 3 - replicas;
        scale_on(&server, replicas);
        if steps == 140 {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    };
    let now = || Time::from_unix(1_780_272_000).expect("a time");
    driver.run(client, now, sleep, tell).await;
    let seconds = from.elapsed().as_secs();
    assert!((30..=60).contains(&seconds), "{seconds} seconds");
}

#[tokio::test]
async fn a_step_is_the_same_through_a_client() {
    let (server, clock, mut driver) = world().into_parts();
    let (other, other_clock, mut same) = world().into_parts();
    let api = KubeExecutor::new(Client::new(server.clone(), "default"));
    for seconds in [0, 0, 0, 60, 0, 0, 90, 0, 0, 30, 0, 0, 0] {
        clock.advance(seconds);
        other_clock.advance(seconds);
        let now = Time::from_unix(clock.unix_seconds()).expect("a time");
        let through = driver.step_async(&api, now).await.expect("lists");
        let direct = same.step(&mut other.clone(), now).expect("lists");
        assert_eq!(through.changes, direct.changes);
        assert_eq!(through.requeue_after_seconds, direct.requeue_after_seconds);
        assert_eq!(format!("{:?}", through.why), format!("{:?}", direct.why));
        assert_eq!(through.refusals.len(), direct.refusals.len());
    }
}
