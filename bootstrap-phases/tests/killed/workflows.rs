//! The workflows that are killed: one line of [`WORKFLOWS`] each.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, UNIX_EPOCH};

use apply_semantics::op::{Operation, ResourceRef, WriteOptions};
use apply_semantics::patch::Patch;
use apply_server::Server;
use bootstrap_phases::kubeadm::api::Api;
use bootstrap_phases::kubeadm::credentials::{Renewal, renew_workflow};
use bootstrap_phases::kubeadm::join::{
    Connect, Endpoint, JoinContext, MemEtcd, join_context, join_workflow,
};
use bootstrap_phases::kubeadm::objects::cluster_info;
use bootstrap_phases::kubeadm::pki::Certificate;
use bootstrap_phases::kubeadm::reset::{ResetContext, reset_workflow};
use bootstrap_phases::kubeadm::{HostFacts, InitContext, init_context, init_workflow};
use bootstrap_phases::testing::CrashPoint;
use bootstrap_phases::{
    Event, EventKind, Files as _, MemFiles, PhaseError, Report, RunFailure, RunPlan, Silent,
};
use componentconfig::kubeadm::Facts;
use serde_json::json;

use super::upgrade;
use super::world::{BEGINNING, DAY, Process, World, node_object};

/// A workflow to be killed.
pub(crate) struct Workflow {
    pub(crate) name: &'static str,
    /// The world before it.
    pub(crate) before: fn() -> World,
    /// Runs it in a process that may crash.
    pub(crate) run: fn(&World, &Process<'_>) -> Result<Report, Box<RunFailure>>,
    /// What it would do.
    pub(crate) plan: fn(&World, &Process<'_>) -> RunPlan,
    /// It has this many steps or more.
    pub(crate) steps_at_least: usize,
}

pub(crate) const WORKFLOWS: &[Workflow] = &[
    Workflow {
        name: "init",
        before: empty,
        run: init,
        plan: init_plan,
        steps_at_least: 300,
    },
    Workflow {
        name: "join of a worker",
        before: cluster,
        run: worker,
        plan: worker_plan,
        steps_at_least: 30,
    },
    Workflow {
        name: "join of a control plane",
        before: cluster,
        run: control_plane,
        plan: control_plane_plan,
        steps_at_least: 150,
    },
    Workflow {
        name: "renew",
        before: aged,
        run: renew,
        plan: renew_plan,
        steps_at_least: 100,
    },
    Workflow {
        name: "reset",
        before: joined,
        run: reset,
        plan: reset_plan,
        steps_at_least: 10,
    },
    Workflow {
        name: "upgrade",
        before: upgrade::older,
        run: upgrade::run,
        plan: upgrade::plan,
        steps_at_least: 100,
    },
];

const INIT: &str = "
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 10.1.2.3}
nodeRegistration: {name: cp-1}
bootstrapTokens:
- token: abcdef.0123456789abcdef
certificateKey: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.1
controlPlaneEndpoint: api.example:6443
encryptionAlgorithm: ECDSA-P256
networking: {podSubnet: 10.244.0.0/16}
";
const WORKER: &str = "nodeRegistration: {name: w-1}";
const CONTROL_PLANE: &str = "nodeRegistration: {name: cp-2}
controlPlane:
  localAPIEndpoint: {advertiseAddress: 10.1.2.4}
  certificateKey: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
";

/// A machine on which nothing is yet; the API answers, since nobody here starts it.
fn empty() -> World {
    let server = Server::builder().seed(1).build();
    server.seed(node_object("cp-1")).unwrap();
    World::new(MemFiles::new(), server, BEGINNING)
}

/// The files and the API that `init` leaves.
fn initialised() -> &'static World {
    static INITIALISED: OnceLock<World> = OnceLock::new();
    INITIALISED.get_or_init(|| {
        let (world, never) = (empty(), CrashPoint::never());
        init(&world, &Process::new(&world, 0, &never)).unwrap();
        sign_cluster_info(&world);
        world
    })
}

/// Another machine, and a cluster to join.
fn cluster() -> World {
    let mut world = initialised().again();
    world.files = MemFiles::new();
    world.etcd = Some(Arc::new(MemEtcd::new("cp-1", "https://10.1.2.3:2380")));
    world
}

/// The control plane, half a year later.
fn aged() -> World {
    let mut world = initialised().again();
    world.time = BEGINNING + 200 * DAY;
    world
}

/// The first control plane, a member of etcd.
fn joined() -> World {
    let mut world = initialised().again();
    world.etcd = Some(Arc::new(MemEtcd::new("cp-1", "https://10.1.2.3:2380")));
    world
}

/// What the controller manager does: signs `cluster-info` with the tokens that may sign.
fn sign_cluster_info(world: &World) {
    let map = world
        .get("ConfigMap", "kube-public", "cluster-info")
        .unwrap();
    let token = "abcdef.0123456789abcdef".parse().unwrap();
    let text = map["data"]["kubeconfig"].as_str().unwrap();
    let data = json!({cluster_info::signature_key("abcdef"): cluster_info::sign(text, &token)});
    let target = ResourceRef::of_kind("v1", "ConfigMap")
        .within("kube-public")
        .named("cluster-info");
    let patch = Patch::Merge(json!({"data": data}));
    let options = WriteOptions::new("signer");
    let signing = Operation::patch(target, patch, options);
    world.server.execute(&signing).unwrap();
}

fn init_of(process: &Process<'_>) -> InitContext {
    init_from(INIT, process)
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
    let context = init_from(&INIT.replace("v1.36.1", version), &process);
    process.run(&world, &flow, &context, &Silent).unwrap();
    world.again()
}

fn init(world: &World, process: &Process<'_>) -> Result<Report, Box<RunFailure>> {
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
    let authority = initialised().files.read("/etc/kubernetes/pki/ca.crt");
    let authority = Certificate::from_pem(&authority.unwrap()).unwrap();
    let pin = authority.public_key().pin();
    let text = format!(
        "
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken:
    token: abcdef.0123456789abcdef
    apiServerEndpoint: api.example:6443
    caCertHashes: ['{pin}']
{own}"
    );
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
            world.kubelet(node);
        }
    };
    process.run(world, &flow, &join_of(world, process, own), &kubelet)
}

fn join_plan(world: &World, process: &Process<'_>, own: &str) -> RunPlan {
    let flow = join_workflow().build().unwrap();
    process.plan(world, &flow, &join_of(world, process, own))
}

fn worker(world: &World, process: &Process<'_>) -> Result<Report, Box<RunFailure>> {
    join(world, process, WORKER, "w-1")
}

fn worker_plan(world: &World, process: &Process<'_>) -> RunPlan {
    join_plan(world, process, WORKER)
}

fn control_plane(world: &World, process: &Process<'_>) -> Result<Report, Box<RunFailure>> {
    join(world, process, CONTROL_PLANE, "cp-2")
}

fn control_plane_plan(world: &World, process: &Process<'_>) -> RunPlan {
    join_plan(world, process, CONTROL_PLANE)
}

/// Every process is told when the first one began.
fn renewal_of(world: &World, process: &Process<'_>) -> Renewal {
    Renewal {
        context: init_of(process),
        since: UNIX_EPOCH + Duration::from_secs(world.time),
    }
}

fn renew(world: &World, process: &Process<'_>) -> Result<Report, Box<RunFailure>> {
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
