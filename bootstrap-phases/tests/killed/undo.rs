//! Undoing what the others did.

use bootstrap_phases::kubeadm::credentials::renew_workflow;
use bootstrap_phases::kubeadm::init_workflow;
use bootstrap_phases::kubeadm::join::join_workflow;
use bootstrap_phases::testing::CrashPoint;
use bootstrap_phases::{Report, RunFailure, RunPlan, Workflow as Phases};

use super::workflows::{self, Workflow, a_cluster, aged, empty, initialised};
use super::world::{Process, World};

pub(crate) const INIT: Workflow = Workflow {
    before: || initialised().anew(),
    run: |world, process| undo(world, process, init_workflow()),
    plan: |world, process| plan(world, process, init_workflow()),
    leaves: Some(empty),
    steps_at_least: 150,
};
pub(crate) const CONTROL_PLANE: Workflow = Workflow {
    before: || after(&a_cluster(), workflows::control_plane),
    run: |world, process| undo(world, process, join_workflow()),
    plan: |world, process| plan(world, process, join_workflow()),
    // The kubelet keeps what it made.
    leaves: None,
    steps_at_least: 80,
};
pub(crate) const RENEW: Workflow = Workflow {
    before: || after(&aged(), workflows::renew),
    run: |world, process| undo(world, process, renew_workflow(false)),
    plan: |world, process| plan(world, process, renew_workflow(false)),
    leaves: Some(aged),
    steps_at_least: 100,
};

type Run = fn(&World, &Process<'_>) -> Result<Report, Box<RunFailure>>;

/// A world after this run.
fn after(world: &World, run: Run) -> World {
    let never = CrashPoint::never();
    run(world, &Process::new(world, 0, &never)).unwrap();
    world.anew()
}

fn undo<C>(
    world: &World,
    process: &Process<'_>,
    phases: Phases<C>,
) -> Result<Report, Box<RunFailure>> {
    process.undo(world, &phases.build().unwrap())
}

fn plan<C>(world: &World, process: &Process<'_>, phases: Phases<C>) -> RunPlan {
    process.undo_plan(world, &phases.build().unwrap())
}
