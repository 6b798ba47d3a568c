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

#[path = "../support/cluster.rs"]
mod cluster;
mod state;
mod undo;
mod upgrade;
mod watch;
mod workflows;
mod world;

use std::sync::{Arc, Mutex};
use std::thread;

use bootstrap_phases::testing::CrashPoint;

use state::{Kept, State};
use workflows::Workflow;
use world::{Process, World};

/// A test for each workflow, so that they run at the same time.
macro_rules! killed {
    ($($name:ident: $workflow:expr;)*) => {$(
        #[test]
        fn $name() {
            killed_at_every_step_and_finished_by_the_next(&$workflow);
        }
    )*};
}

killed! {
    init: workflows::INIT;
    join_of_a_worker: workflows::WORKER;
    join_of_a_control_plane: workflows::CONTROL_PLANE;
    renew: workflows::RENEW;
    reset: workflows::RESET;
    upgrade: workflows::UPGRADE;
    undo_of_init: undo::INIT;
    undo_of_a_join: undo::CONTROL_PLANE;
    undo_of_renew: undo::RENEW;
}

fn killed_at_every_step_and_finished_by_the_next(workflow: &Workflow) {
    let before = (workflow.before)();
    let (states, wanted) = cut_off(workflow, &before);
    assert!(
        states.len() >= workflow.steps_at_least,
        "only {} steps",
        states.len()
    );
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let (states, before, wanted) = (&states, &before, &wanted);
        let work = |first: usize| {
            for (step, state) in states.iter().enumerate().skip(first).step_by(threads) {
                finished_from(workflow, step, state, before, wanted);
            }
        };
        let threads: Vec<_> = (0..threads)
            .map(|first| scope.spawn(move || work(first)))
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// What a kill in place of each step would leave, and what a run leaves that nothing disturbs.
fn cut_off(workflow: &Workflow, before: &World) -> (Vec<World>, State) {
    let (world, states) = (Arc::new(before.again()), Arc::new(Mutex::new(Vec::new())));
    let (seen, kept) = (world.clone(), states.clone());
    let point = CrashPoint::never().before_each(move |_| kept.lock().unwrap().push(seen.again()));
    (workflow.run)(&world, &Process::new(&world, 0, &point)).unwrap();
    settled(workflow, &world, "undisturbed");
    drop(point);
    if let Some(leaves) = workflow.leaves {
        let differences = State::of(&world).differences(&State::of(&leaves()));
        assert!(differences.is_empty(), "{differences:#?}");
    }
    let states = Arc::into_inner(states).unwrap().into_inner().unwrap();
    (states, State::of(&world))
}

/// Lets the next run, or the one after that, go on from the state that a killed one left.
fn finished_from(workflow: &Workflow, step: usize, state: &World, before: &World, wanted: &State) {
    let (world, what) = (state.again(), format!("step {step}"));
    let kept = Kept::of(before, &world);
    // Some of the runs that go on are killed, too; those that come through by then leave the next nothing to do.
    if step.is_multiple_of(3) {
        killed(workflow, &world, step % 11, &what);
    }
    let last = CrashPoint::never();
    let outcome = (workflow.run)(&world, &Process::new(&world, 2, &last));
    outcome.unwrap_or_else(|failure| panic!("{what}: {failure}"));
    let differences = State::of(&world).differences(wanted);
    assert!(differences.is_empty(), "{what}: {differences:#?}");
    kept.check(&world, &what);
    settled(workflow, &world, &what);
}

/// Runs until the step.
fn killed(workflow: &Workflow, world: &World, step: usize, what: &str) {
    let point = CrashPoint::at(step);
    let outcome = (workflow.run)(world, &Process::new(world, 1, &point));
    if let Err(failure) = &outcome {
        assert!(point.has_crashed(), "{what}: {failure}");
    }
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
