//! The driver in a loop through kube's client, with the API server inside the process as its service.
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
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use componentconfig::core::Time;
use machine_api::{
    contract::ContractVersion,
    driver::Timer,
    provider::{Job, MemoryProvider},
};
use world::World;

/// A clock that goes as fast as it is waited for.
struct Fast(AtomicI64);

impl Timer for Fast {
    fn now(&self) -> Time {
        Time::from_unix(self.0.load(Ordering::SeqCst)).expect("a time")
    }

    async fn sleep(&self, seconds: u32) {
        // Whatever is on its way comes first.
        tokio::time::sleep(Duration::from_millis(30)).await;
        self.0.fetch_add(i64::from(seconds), Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_cluster_comes_up_through_kube() {
    let provider = MemoryProvider::new()
        .delay(Job::CreateMachine, 60)
        .delay(Job::StartNode, 20);
    let mut world = World::new(provider, ContractVersion::V1Beta2);
    world.create_kubeadm_cluster(3, 2);
    let (server, start, mut driver) = world.into_parts();
    let client = kube::Client::new(server.clone(), "default");
    let timer = Fast(AtomicI64::new(start));
    let (mut steps, mut quiet) = (0, 0);
    driver
        .run(client, &timer, |report| {
            let report = report.as_ref().expect("lists");
            steps += 1;
            quiet = if report.changes == 0 { quiet + 1 } else { 0 };
            let waits = report.requeue_after_seconds.is_some();
            if steps > 400 || (quiet > 3 && !waits) {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })
        .await;
    assert!(steps <= 400, "it does not settle");
    assert_eq!(world::available_on(&server), Some(2));
    assert_eq!(driver.provider().machines().count(), 5);
    assert_eq!(driver.provider().members("default", "prod").len(), 3);
}

/// What somebody changes is seen at once, not only when it is time to look again.
#[tokio::test]
async fn a_change_wakes_the_loop() {
    let mut world = World::new(MemoryProvider::new(), ContractVersion::V1Beta2);
    world.create_cluster(1);
    world.settle();
    let (server, start, mut driver) = world.into_parts();
    let client = kube::Client::new(server.clone(), "default");
    // Nobody waits for this clock.
    struct Slow(i64);
    impl Timer for Slow {
        fn now(&self) -> Time {
            Time::from_unix(self.0).expect("a time")
        }

        async fn sleep(&self, _: u32) {
            std::future::pending::<()>().await;
        }
    }
    let mut quiet = 0;
    let mut scaled = false;
    let run = driver.run(client, &Slow(start), |report| {
        let report = report.as_ref().expect("lists");
        quiet = if report.changes == 0 { quiet + 1 } else { 0 };
        if !scaled {
            scaled = true;
            let server = server.clone();
            // Somebody else, a little later.
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(100)).await;
                world::scale_on(&server, 3);
            });
        }
        match world::available_on(&server) {
            Some(3) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    tokio::time::timeout(Duration::from_secs(120), run)
        .await
        .expect("the loop sees the change");
}
