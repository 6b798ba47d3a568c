//! Every workflow killed at every durable step, those beyond files included: before each request to the API and to etcd, and after
//! it, when nobody has heard the answer. The run that goes on (some are killed too, and another goes on) has to leave what a run leaves
//! that nothing disturbed: the same files with the same modes, the same objects, the same members of etcd. Nothing is issued twice,
//! and at no moment is a secret readable by others.

#![cfg(feature = "kubeadm")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::verbose_bit_mask,
    reason = "a test"
)]

mod state;
mod upgrade;
mod watch;
mod workflows;
mod world;

use std::thread;

use bootstrap_phases::testing::CrashPoint;

use state::{Kept, State};
use workflows::{WORKFLOWS, Workflow};
use world::{Process, World};

/// Processes in memory are independent: this many worlds at a time.
const AT_ONCE: usize = 2;

#[test]
fn every_workflow_killed_at_every_step_is_finished_by_the_next() {
    for workflow in WORKFLOWS {
        let before = (workflow.before)();
        let wanted = undisturbed(workflow, &before.again());
        let kills: usize = thread::scope(|scope| {
            let (before, wanted) = (&before, &wanted);
            let threads: Vec<_> = (0..AT_ONCE)
                .map(|first| scope.spawn(move || kill_at_each(workflow, first, before, wanted)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert!(
            kills >= workflow.steps_at_least,
            "{}: only {kills} steps",
            workflow.name
        );
    }
}

/// What a run leaves that nothing disturbs.
fn undisturbed(workflow: &Workflow, world: &World) -> State {
    let point = CrashPoint::never();
    (workflow.run)(world, &Process::new(world, 0, &point)).unwrap();
    assert!(point.steps() > 0);
    settled(workflow, world, workflow.name);
    State::of(world)
}

/// Kills a run at step `first` and every [`AT_ONCE`]th after it, until a run comes through; answers how many it killed.
fn kill_at_each(workflow: &Workflow, first: usize, before: &World, wanted: &State) -> usize {
    for (kills, step) in (first..).step_by(AT_ONCE).enumerate() {
        let (world, what) = (before.again(), format!("{} at step {step}", workflow.name));
        if !killed(workflow, &world, 0, step, &what) {
            return kills;
        }
        let kept = Kept::of(before, &world);
        // Some of the runs that go on are killed, too; those that come through by then leave the next nothing to do.
        if step % 3 == 0 {
            killed(workflow, &world, 1, step % 11, &what);
        }
        let last = CrashPoint::never();
        let outcome = (workflow.run)(&world, &Process::new(&world, 2, &last));
        outcome.unwrap_or_else(|failure| panic!("{what}: {failure}"));
        let differences = State::of(&world).differences(wanted);
        assert!(differences.is_empty(), "{what}: {differences:#?}");
        kept.check(&world, &what);
        settled(workflow, &world, &what);
    }
    unreachable!("steps end")
}

/// Runs until the step; answers whether it was killed there.
fn killed(workflow: &Workflow, world: &World, number: u64, step: usize, what: &str) -> bool {
    let point = CrashPoint::at(step);
    let outcome = (workflow.run)(world, &Process::new(world, number, &point));
    if let Err(failure) = &outcome {
        assert!(point.has_crashed(), "{what}: {failure}");
    }
    outcome.is_err()
}

/// Nothing is left to do or lies about, and nothing was issued twice.
fn settled(workflow: &Workflow, world: &World, what: &str) {
    let point = CrashPoint::never();
    let plan = (workflow.plan)(world, &Process::new(world, 3, &point));
    assert!(plan.is_empty(), "{what}: {plan}");
    for (path, _) in world.files.paths() {
        assert!(!path.contains(".staged"), "{what}: {path}");
    }
    for (path, times) in world.issued() {
        assert_eq!(times, 1, "{what}: {path}");
    }
}
