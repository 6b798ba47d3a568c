//! The workflows that are killed.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, UNIX_EPOCH};

use apply_server::Server;
use bootstrap_phases::kubeadm::api::Api;
use bootstrap_phases::kubeadm::credentials::{Renewal, renew_workflow};
use bootstrap_phases::kubeadm::join::{
    Connect, Endpoint, JoinContext, MemEtcd, join_context, join_workflow,
};
use bootstrap_phases::kubeadm::reset::{ResetContext, reset_workflow};
use bootstrap_phases::kubeadm::{HostFacts, InitContext, init_context, init_workflow};
use bootstrap_phases::testing::CrashPoint;
use bootstrap_phases::{
    Event, EventKind, MemFiles, PhaseError, Report, RunFailure, RunPlan, Silent,
};
use componentconfig::kubeadm::Facts;

use super::cluster::{self, BEGINNING};
use super::upgrade;
use super::world::{DAY, Process, World};

/// A workflow to be killed.
pub(crate) struct Workflow {
    /// The world before it.
    pub(crate) before: fn() -> World,
    /// Runs it in a process that may crash.
    pub(crate) run: fn(&World, &Process<'_>) -> Result<Report, Box<RunFailure>>,
    /// What it would do.
    pub(crate) plan: fn(&World, &Process<'_>) -> RunPlan,
    /// A world like the one that it leaves, if there is another way to one.
    pub(crate) leaves: Option<fn() -> World>,
    /// It has this many steps or more.
    pub(crate) steps_at_least: usize,
}

pub(crate) const INIT: Workflow = Workflow {
    before: empty,
    run: init,
    plan: init_plan,
    leaves: None,
    steps_at_least: 300,
};
pub(crate) const WORKER: Workflow = Workflow {
    before: a_cluster,
    run: worker,
    plan: worker_plan,
    leaves: None,
    steps_at_least: 30,
};
pub(crate) const CONTROL_PLANE: Workflow = Workflow {
    before: a_cluster,
    run: control_plane,
    plan: control_plane_plan,
    leaves: None,
    steps_at_least: 150,
};
pub(crate) const RENEW: Workflow = Workflow {
    before: aged,
    run: renew,
    plan: renew_plan,
    leaves: None,
    steps_at_least: 100,
};
pub(crate) const RESET: Workflow = Workflow {
    before: joined,
    run: reset,
    plan: reset_plan,
    leaves: None,
    steps_at_least: 10,
};
pub(crate) const UPGRADE: Workflow = Workflow {
    before: upgrade::older,
    run: upgrade::run,
    plan: upgrade::plan,
    leaves: None,
    steps_at_least: 100,
};

const WORKER_NODE: &str = "nodeRegistration: {name: w-1}";
const CONTROL_PLANE_NODE: &str = "nodeRegistration: {name: cp-2}
controlPlane:
  localAPIEndpoint: {advertiseAddress: 10.1.2.4}
  certificateKey: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
";

/// A machine on which nothing is yet; the API answers, since nobody here starts it.
pub(crate) fn empty() -> World {
    World::new(MemFiles::new(), cluster::server(), BEGINNING)
}

/// The files and the API that `init` leaves.
pub(super) fn initialised() -> &'static World {
    static INITIALISED: OnceLock<World> = OnceLock::new();
    INITIALISED.get_or_init(|| {
        let (world, never) = (empty(), CrashPoint::never());
        init(&world, &Process::new(&world, 0, &never)).unwrap();
        cluster::sign_cluster_info(&world.server);
        world
    })
}

/// Another machine, and a cluster to join.
pub(super) fn a_cluster() -> World {
    let mut world = initialised().anew();
    world.files = MemFiles::new();
    world.etcd = Some(Arc::new(MemEtcd::new("cp-1", "https://10.1.2.3:2380")));
    world
}

/// The control plane, half a year later.
pub(super) fn aged() -> World {
    let mut world = initialised().anew();
    world.time = BEGINNING + 200 * DAY;
    world
}

/// The first control plane, a member of etcd.
fn joined() -> World {
    let mut world = initialised().anew();
    world.etcd = Some(Arc::new(MemEtcd::new("cp-1", "https://10.1.2.3:2380")));
    world
}

fn init_of(process: &Process<'_>) -> InitContext {
    init_from(cluster::INIT, process)
}

fn init_from(text: &str, process: &Process<'_>) -> InitContext {
    let (facts, host) = (Facts::default(), HostFacts::default());
    let context = init_context("init.yaml", text, &facts, host, process.keys.clone()).unwrap();
    let context = context.api(process.api.clone());
    context.upload_certificates().unwrap()
}

/// The files and the API that `init` of this version leaves.
pub(super) fn initialised_at(version: &str) -> World {
    let (world, never) = (empty(), CrashPoint::never());
    let process = Process::new(&world, 0, &never);
    let flow = init_workflow().build().unwrap();
    let context = init_from(&cluster::INIT.replace("v1.36.1", version), &process);
    process.run(&world, &flow, &context, &Silent).unwrap();
    world.anew()
}

pub(super) fn init(world: &World, process: &Process<'_>) -> Result<Report, Box<RunFailure>> {
    let flow = init_workflow().build().unwrap();
    process.run(world, &flow, &init_of(process), &Silent)
}

fn init_plan(world: &World, process: &Process<'_>) -> RunPlan {
    let flow = init_workflow().build().unwrap();
    process.plan(world, &flow, &init_of(process))
}

/// Reaches the server of the world, whoever asks.
struct Reach(Server);

impl Connect for Reach {
    fn connect(&self, _: &Endpoint) -> Result<Api, PhaseError> {
        Ok(Api::new(self.0.clone()))
    }
}

fn join_of(world: &World, process: &Process<'_>, own: &str) -> JoinContext {
    let text = cluster::join(&cluster::pin(&initialised().files), own);
    let (facts, host) = (Facts::default(), HostFacts::default());
    let reach = Arc::new(Reach(world.server.clone()));
    let keys = process.keys.clone();
    let mut context = join_context("join.yaml", &text, &facts, host, keys, reach).unwrap();
    let etcd = world.etcd.clone();
    context.etcd = etcd.map(|etcd| etcd as _);
    context
}

fn join(
    world: &World,
    process: &Process<'_>,
    own: &str,
    node: &str,
) -> Result<Report, Box<RunFailure>> {
    let flow = join_workflow().build().unwrap();
    let kubelet = |event: &Event| {
        if matches!(&event.kind, EventKind::Waiting { path, .. } if path == "kubelet-wait-bootstrap")
        {
            cluster::kubelet(&world.server, &world.files, node);
        }
    };
    process.run(world, &flow, &join_of(world, process, own), &kubelet)
}

fn join_plan(world: &World, process: &Process<'_>, own: &str) -> RunPlan {
    let flow = join_workflow().build().unwrap();
    process.plan(world, &flow, &join_of(world, process, own))
}

fn worker(world: &World, process: &Process<'_>) -> Result<Report, Box<RunFailure>> {
    join(world, process, WORKER_NODE, "w-1")
}

fn worker_plan(world: &World, process: &Process<'_>) -> RunPlan {
    join_plan(world, process, WORKER_NODE)
}

pub(super) fn control_plane(
    world: &World,
    process: &Process<'_>,
) -> Result<Report, Box<RunFailure>> {
    join(world, process, CONTROL_PLANE_NODE, "cp-2")
}

fn control_plane_plan(world: &World, process: &Process<'_>) -> RunPlan {
    join_plan(world, process, CONTROL_PLANE_NODE)
}

/// Every process is told when the first one began.
fn renewal_of(world: &World, process: &Process<'_>) -> Renewal {
    Renewal {
        context: init_of(process),
        since: UNIX_EPOCH + Duration::from_secs(world.time),
    }
}

pub(super) fn renew(world: &World, process: &Process<'_>) -> Result<Report, Box<RunFailure>> {
    let flow = renew_workflow(false).build().unwrap();
    process.run(world, &flow, &renewal_of(world, process), &Silent)
}

fn renew_plan(world: &World, process: &Process<'_>) -> RunPlan {
    let flow = renew_workflow(false).build().unwrap();
    process.plan(world, &flow, &renewal_of(world, process))
}

fn reset_of(world: &World, process: &Process<'_>) -> ResetContext {
    let mut context = ResetContext::of(&init_of(process)).confirmed();
    context.etcd = world.etcd.clone().map(|etcd| etcd as _);
    context
}

fn reset(world: &World, process: &Process<'_>) -> Result<Report, Box<RunFailure>> {
    let flow = reset_workflow().build().unwrap();
    process.run(world, &flow, &reset_of(world, process), &Silent)
}

fn reset_plan(world: &World, process: &Process<'_>) -> RunPlan {
    let flow = reset_workflow().build().unwrap();
    process.plan(world, &flow, &reset_of(world, process))
}
