//! The whole of `init` against an API server inside the process: what is there then, and that a second run has nothing to do.

#![cfg(feature = "kubeadm")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use apply_semantics::op::{ListOptions, Operation, ResourceRef};
use apply_server::Server;
use bootstrap_phases::kubeadm::api::{Api, PORT};
use bootstrap_phases::kubeadm::objects::bundle::{self, CertificateKey};
use bootstrap_phases::kubeadm::pki::FixedKeys;
use bootstrap_phases::kubeadm::{HostFacts, InitContext, init_context, init_workflow};
use bootstrap_phases::{
    CancelToken, EventLog, Files as _, Flow, ManualClock, MemFiles, RunPlan, Runner,
};
use componentconfig::kubeadm::Facts;
use serde_json::{Value, json};

const CONFIG: &str = "
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

struct World {
    flow: Flow<InitContext>,
    server: Server,
    files: MemFiles,
    clock: ManualClock,
    context: InitContext,
}

impl World {
    fn new() -> Self {
        let clock = ManualClock::new(UNIX_EPOCH + Duration::from_secs(1_795_235_010));
        let server = Server::builder().seed(1).build();
        server
            .seed(json!({
                "apiVersion": "v1", "kind": "Node",
                "metadata": {"name": "cp-1", "labels": {"kubernetes.io/hostname": "cp-1"}},
            }))
            .unwrap();
        let keys = Arc::new(FixedKeys::seeded("cluster"));
        let facts = Facts::default();
        let context =
            init_context("init.yaml", CONFIG, &facts, HostFacts::default(), keys).unwrap();
        let api = Api::with_super_admin(server.clone(), server.clone());
        let context = context.api(api).upload_certificates().unwrap();
        let flow = init_workflow().build().unwrap();
        Self {
            flow,
            server,
            files: MemFiles::new(),
            clock,
            context,
        }
    }

    fn runner<'a>(&'a self, api: &'a Api) -> Runner<'a, InitContext> {
        Runner::new(&self.flow, &self.files)
            .clock(&self.clock)
            .port(PORT, api)
    }

    fn run(&self) -> usize {
        let api = self.context.api.clone().unwrap();
        self.runner(&api).run(&self.context).unwrap().changes()
    }

    fn plan(&self) -> RunPlan {
        let api = self.context.api.clone().unwrap();
        self.runner(&api).plan(&self.context).unwrap()
    }

    fn get(&self, api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Value {
        let resource = ResourceRef::of_kind(api_version, kind);
        let collection = match namespace {
            Some(namespace) => resource.within(namespace),
            None => resource.all(),
        };
        let found = self.server.execute(&Operation::get(collection.named(name)));
        found.unwrap().into_object().unwrap()
    }
}

#[test]
fn init_brings_a_cluster_up_and_a_second_run_changes_nothing() {
    let world = World::new();
    assert!(world.run() > 60);
    let plan = world.plan();
    assert!(plan.is_empty(), "{plan}");
    let revision = world.server.revision();
    assert_eq!(world.run(), 0);
    assert_eq!(world.server.revision(), revision);

    let node = world.get("v1", "Node", None, "cp-1");
    assert_eq!(
        node["spec"]["taints"][0]["key"],
        "node-role.kubernetes.io/control-plane"
    );
    let secrets = ResourceRef::of_kind("v1", "Secret").within("kube-system");
    let secrets = Operation::list(secrets, ListOptions::default());
    let secrets = world
        .server
        .execute(&secrets)
        .unwrap()
        .into_list()
        .unwrap()
        .items;
    assert_eq!(
        secrets.len(),
        3,
        "a token, uploaded certificates, and the token that owns them"
    );
    let uploaded = world.get("v1", "Secret", Some("kube-system"), bundle::NAME);
    let key = CertificateKey::parse(world.context.init.certificate_key.expose()).unwrap();
    let entry = bundle::entry(&uploaded, "ca.key").unwrap();
    assert_eq!(
        key.decrypt(&entry).unwrap().expose(),
        world.files.read("/etc/kubernetes/pki/ca.key").unwrap()
    );
    let uid = &uploaded["metadata"]["ownerReferences"][0]["uid"];
    assert!(
        secrets
            .iter()
            .any(|secret| secret["metadata"]["uid"] == *uid)
    );
}

#[test]
fn what_others_set_stays_theirs_and_drift_is_one_repair() {
    let world = World::new();
    world.run();
    let patch =
        |kind: &str, api_version: &str, namespace: Option<&str>, name: &str, patch: Value| {
            let resource = ResourceRef::of_kind(api_version, kind);
            let target = match namespace {
                Some(namespace) => resource.within(namespace),
                None => resource.all(),
            };
            let operation = Operation::patch(
                target.named(name),
                apply_semantics::patch::Patch::Merge(patch),
                apply_semantics::op::WriteOptions::new("someone"),
            );
            world.server.execute(&operation).unwrap();
        };
    let proxy = |value: Value| json!({"metadata": {"labels": {"own": "kept"}}, "data": value});
    patch(
        "ConfigMap",
        "v1",
        Some("kube-system"),
        "kube-proxy",
        proxy(json!({"own": "kept"})),
    );
    patch(
        "Deployment",
        "apps/v1",
        Some("kube-system"),
        "coredns",
        json!({"spec": {"replicas": 5}}),
    );
    assert!(world.plan().is_empty(), "{}", world.plan());
    // Somebody changes what is ours: it is left to him, and said.
    let spec =
        json!({"spec": {"template": {"spec": {"priorityClassName": "system-node-critical"}}}});
    patch(
        "Deployment",
        "apps/v1",
        Some("kube-system"),
        "coredns",
        spec,
    );
    let plan = world.plan();
    assert!(plan.phases.iter().any(|phase| {
        phase
            .notes
            .iter()
            .any(|note| note.code == "api.field-kept" && note.text.contains("someone"))
    }));
    world.run();
    let deployment = world.get("apps/v1", "Deployment", Some("kube-system"), "coredns");
    assert_eq!(
        deployment["spec"]["template"]["spec"]["priorityClassName"],
        "system-node-critical"
    );
    assert_eq!(deployment["spec"]["replicas"], 5);
    assert!(world.plan().is_empty(), "{}", world.plan());
    // Something is gone: it comes back, and nothing else.
    let gone = ResourceRef::of_kind("rbac.authorization.k8s.io/v1", "ClusterRole").all();
    let gone = Operation::delete(
        gone.named("kubeadm:get-nodes"),
        apply_semantics::op::DeleteOptions::default(),
    );
    world.server.execute(&gone).unwrap();
    assert_eq!(world.plan().changes().count(), 1);
    assert_eq!(world.run(), 1);
}

#[test]
fn phases_that_need_the_api_wait_for_it_and_plans_say_so() {
    let world = World::new();
    let absent = Api::new(apply_semantics::op::from_fn(|_: &Operation| {
        Err(apply_semantics::op::Refusal::unreachable(
            "connection refused",
        ))
    }));
    let mut context = world.context.clone();
    context.api = Some(absent.clone());
    let runner = world.runner(&absent);
    let plan = runner.plan(&context).unwrap().to_string();
    assert!(plan.contains("wait-control-plane: later"), "{plan}");
    assert!(plan.contains("upload-config/kubeadm: later"), "{plan}");
    let failure = runner.run(&context).unwrap_err();
    assert!(
        failure.to_string().contains("wait-control-plane"),
        "{failure}"
    );
    // Once it is there, the run goes on.
    assert!(world.run() > 20);
}

#[test]
fn no_secret_is_told() {
    let world = World::new();
    let api = world.context.api.clone().unwrap();
    let (log, cancel) = (EventLog::new(), CancelToken::new());
    let plan = world.runner(&api).plan(&world.context).unwrap();
    world
        .runner(&api)
        .events(&log)
        .cancel(&cancel)
        .run(&world.context)
        .unwrap();
    let told =
        serde_json::to_string(&log.events()).unwrap() + &serde_json::to_string(&plan).unwrap();
    for secret in [
        "0123456789abcdef\"",
        "MDEyMzQ1Njc4OWFiY2RlZg==",
        "00112233445566778899aabb",
    ] {
        assert!(!told.contains(secret), "{secret}");
    }
}
