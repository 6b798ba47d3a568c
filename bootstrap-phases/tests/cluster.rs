//! The whole of `init` against an API server inside the process: what is there then, and that a second run has nothing to do.

#![cfg(feature = "kubeadm")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

#[path = "support/cluster.rs"]
mod cluster;

use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use apply_semantics::op::{
    DeleteOptions, ListOptions, Operation, Refusal, ResourceRef, WriteOptions, from_fn,
};
use apply_semantics::patch::Patch;
use apply_server::Server;
use bootstrap_phases::kubeadm::api::{Api, PORT};
use bootstrap_phases::kubeadm::join::{
    Connect, Credentials, ETCD_PORT, Endpoint, Etcd as _, EtcdPort, JoinContext, MemEtcd,
    join_context, join_workflow,
};
use bootstrap_phases::kubeadm::objects::bundle::{self, CertificateKey};
use bootstrap_phases::kubeadm::pki::{Certificate, FixedKeys};
use bootstrap_phases::kubeadm::{HostFacts, InitContext, init_context, init_workflow};
use bootstrap_phases::{
    CancelToken, Event, EventKind, EventLog, Files as _, Flow, ManualClock, MemFiles, PhaseError,
    RunError, RunPlan, Runner,
};
use cluster::{BEGINNING, INIT};
use componentconfig::kubeadm::Facts;
use serde_json::{Value, json};

struct World {
    flow: Flow<InitContext>,
    server: Server,
    files: MemFiles,
    clock: ManualClock,
    context: InitContext,
}

impl World {
    fn new() -> Self {
        let clock = ManualClock::new(UNIX_EPOCH + Duration::from_secs(BEGINNING));
        let server = cluster::server();
        let keys = Arc::new(FixedKeys::seeded("cluster"));
        let facts = Facts::default();
        let context = init_context("init.yaml", INIT, &facts, HostFacts::default(), keys).unwrap();
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

/// Reaches the server of the world, whoever asks, and remembers as whom.
struct Reach(Server, Mutex<Vec<(bool, String)>>);

impl Connect for Reach {
    fn connect(&self, endpoint: &Endpoint) -> Result<Api, PhaseError> {
        assert_eq!(endpoint.server, "https://api.example:6443");
        let who = match &endpoint.credentials {
            Credentials::Anonymous => "anonymous",
            Credentials::Token(_) => "token",
            _ => "kubeconfig",
        };
        self.1
            .lock()
            .unwrap()
            .push((endpoint.authority.is_some(), who.to_owned()));
        Ok(Api::new(self.0.clone()))
    }
}

fn join(world: &World, pin: &str, extra: &str) -> (JoinContext, Arc<Reach>) {
    let text = cluster::join(pin, extra);
    let reach = Arc::new(Reach(world.server.clone(), Mutex::default()));
    let keys = Arc::new(FixedKeys::seeded("join"));
    let (facts, host) = (Facts::default(), HostFacts::default());
    let context = join_context("join.yaml", &text, &facts, host, keys, reach.clone()).unwrap();
    (context, reach)
}

/// What a run tells, without what is different each time.
fn told(log: &EventLog) -> Vec<Value> {
    fn blank(value: &mut Value) {
        const TOKEN: &str = "bootstrap-token-";
        const PIN: &str = "sha256:";
        match value {
            Value::Object(fields) => {
                for volatile in ["time", "tookMs", "elapsedMs", "sha256", "size"] {
                    fields.remove(volatile);
                }
                fields.values_mut().for_each(blank);
            }
            // Who owns the uploaded certificates is known by what they are.
            Value::String(text) => {
                if let Some(at) = text.find(TOKEN) {
                    text.replace_range(at + TOKEN.len()..at + TOKEN.len() + 6, "*");
                }
                // Which of the keys the authority gets is for the threads to decide.
                if let Some(at) = text.find(PIN) {
                    text.replace_range(at + PIN.len()..at + PIN.len() + 64, "*");
                }
            }
            _ => {}
        }
    }
    let events = log.events().into_iter();
    let mut events: Vec<Value> = events
        .map(|event| serde_json::to_value(event).unwrap())
        .collect();
    events.iter_mut().for_each(blank);
    events
}

#[test]
fn planned_at_the_same_time_init_leaves_and_tells_the_same() {
    let run = |jobs: usize| {
        let (world, log) = (World::new(), EventLog::new());
        let api = world.context.api.clone().unwrap();
        let runner = world.runner(&api).events(&log).jobs(jobs);
        runner.run(&world.context).unwrap();
        assert!(world.plan().is_empty());
        let paths = world.files.paths().into_iter();
        let modes: Vec<_> = paths.map(|(path, stat)| (path, stat.mode)).collect();
        (modes, told(&log))
    };
    assert_eq!(run(1), run(4));
}

/// A client on a runtime of its own, as in a program that is not async.
#[cfg(feature = "kube")]
#[test]
fn init_through_a_kube_client_leaves_the_same() {
    use apply_semantics::op::{BlockingExecutor, KubeExecutor};
    let through = |server: &Server| {
        let server = server.clone();
        BlockingExecutor::start(async {
            Ok::<_, std::io::Error>(KubeExecutor::new(kube::Client::new(server, "default")))
        })
        .unwrap()
    };
    let (mut world, direct) = (World::new(), World::new());
    let api = Api::with_super_admin(through(&world.server), through(&world.server));
    world.context = world.context.clone().api(api);
    world.run();
    direct.run();
    assert!(world.plan().is_empty());
    let kinds = [
        ("v1", "ConfigMap"),
        ("v1", "Secret"),
        ("v1", "Service"),
        ("v1", "ServiceAccount"),
        ("apps/v1", "Deployment"),
        ("apps/v1", "DaemonSet"),
        ("rbac.authorization.k8s.io/v1", "RoleBinding"),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ];
    for (api_version, kind) in kinds {
        let names = |world: &World| {
            let all = ResourceRef::of_kind(api_version, kind).all();
            let list = Operation::list(all, ListOptions::default());
            let list = world.server.execute(&list).unwrap().into_list().unwrap();
            let names = list.items.iter();
            let names = names.map(|item| item["metadata"]["name"].as_str().unwrap().to_owned());
            // The token that owns the uploaded certificates is known by what they are.
            let known = names
                .filter(|name| !name.starts_with("bootstrap-token-") || name.ends_with("abcdef"));
            known.collect::<Vec<String>>()
        };
        assert!(!names(&world).is_empty(), "{kind}");
        assert_eq!(names(&world), names(&direct), "{kind}");
    }
}

#[test]
fn a_worker_joins_by_token_and_a_second_join_changes_nothing() {
    let world = World::new();
    world.run();
    cluster::sign_cluster_info(&world.server);
    let (context, reach) = join(
        &world,
        &cluster::pin(&world.files),
        "nodeRegistration: {name: w-1}",
    );
    let flow = join_workflow().build().unwrap();
    let files = MemFiles::new();
    let bootstrapped = |event: &Event| {
        if matches!(&event.kind, EventKind::Waiting { path, .. } if path == "kubelet-wait-bootstrap")
        {
            cluster::kubelet(&world.server, &files, "w-1");
        }
    };
    let runner = Runner::new(&flow, &files)
        .clock(&world.clock)
        .events(&bootstrapped);
    runner.run(&context).unwrap();
    let asked: Vec<(bool, String)> = reach.1.lock().unwrap().clone();
    let wanted = [(false, "anonymous"), (true, "anonymous"), (true, "token")];
    assert_eq!(
        asked,
        wanted.map(|(trusted, who)| (trusted, who.to_owned()))
    );
    assert!(
        files
            .stat("/etc/kubernetes/bootstrap-kubelet.conf")
            .unwrap()
            .is_none()
    );
    assert_eq!(
        files.read("/etc/kubernetes/pki/ca.crt").unwrap(),
        world.files.read("/etc/kubernetes/pki/ca.crt").unwrap()
    );
    let flags =
        String::from_utf8(files.read("/var/lib/kubelet/kubeadm-flags.env").unwrap()).unwrap();
    assert!(!flags.contains("register-with-taints"), "{flags}");
    let (again, _) = join(
        &world,
        &cluster::pin(&world.files),
        "nodeRegistration: {name: w-1}",
    );
    let plan = Runner::new(&flow, &files)
        .clock(&world.clock)
        .plan(&again)
        .unwrap();
    assert!(plan.is_empty(), "{plan}");
}

#[test]
fn a_control_plane_joins_with_uploaded_certificates() {
    let world = World::new();
    world.run();
    cluster::sign_cluster_info(&world.server);
    let extra = "nodeRegistration: {name: cp-2}
controlPlane:
  localAPIEndpoint: {advertiseAddress: 10.1.2.4}
  certificateKey: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
";
    let (mut context, _) = join(&world, &cluster::pin(&world.files), extra);
    let etcd = Arc::new(MemEtcd::new("cp-1", "https://10.1.2.3:2380"));
    context.etcd = Some(etcd.clone());
    let flow = join_workflow().build().unwrap();
    let files = MemFiles::new();
    let bootstrapped = |event: &Event| {
        if matches!(&event.kind, EventKind::Waiting { path, .. } if path == "kubelet-wait-bootstrap")
        {
            cluster::kubelet(&world.server, &files, "cp-2");
        }
    };
    let api = Api::new(world.server.clone());
    let members = EtcdPort(etcd.as_ref());
    let runner = Runner::new(&flow, &files)
        .clock(&world.clock)
        .port(PORT, &api)
        .port(ETCD_PORT, &members);
    runner.events(&bootstrapped).run(&context).unwrap();
    for name in ["ca.key", "front-proxy-ca.crt", "sa.key", "etcd/ca.key"] {
        let path = format!("/etc/kubernetes/pki/{name}");
        assert_eq!(
            files.read(&path).unwrap(),
            world.files.read(&path).unwrap(),
            "{name}"
        );
    }
    let own =
        Certificate::from_pem(&files.read("/etc/kubernetes/pki/apiserver.crt").unwrap()).unwrap();
    assert!(own.ip_addresses().contains(&"10.1.2.4".parse().unwrap()));
    let manifest =
        String::from_utf8(files.read("/etc/kubernetes/manifests/etcd.yaml").unwrap()).unwrap();
    assert!(
        manifest
            .contains("--initial-cluster=cp-1=https://10.1.2.3:2380,cp-2=https://10.1.2.4:2380")
    );
    assert!(manifest.contains("--initial-cluster-state=existing"));
    assert_eq!(
        etcd.members()
            .unwrap()
            .iter()
            .filter(|member| !member.learner)
            .count(),
        2
    );
    let node = world.get("v1", "Node", None, "cp-2");
    assert_eq!(node["spec"]["taints"][0]["effect"], "NoSchedule");
    let (mut again, _) = join(&world, &cluster::pin(&world.files), extra);
    again.etcd = Some(etcd.clone());
    let runner = Runner::new(&flow, &files)
        .clock(&world.clock)
        .port(PORT, &api)
        .port(ETCD_PORT, &members);
    let plan = runner.plan(&again).unwrap();
    assert!(plan.is_empty(), "{plan}");
}

#[test]
fn who_is_not_trusted_is_not_joined() {
    let world = World::new();
    world.run();
    let flow = join_workflow().build().unwrap();
    let refused = |pin: &str, extra: &str| {
        let (context, _) = join(&world, pin, extra);
        let files = MemFiles::new();
        let runner = Runner::new(&flow, &files).clock(&world.clock);
        let failure = runner.run(&context).unwrap_err();
        assert!(files.paths().is_empty(), "{:?}", files.paths());
        failure.error
    };
    let worker = "nodeRegistration: {name: w-1}";
    let code = |error: RunError| match error {
        RunError::Phase { error, .. } => error.code.into_owned(),
        other => other.to_string(),
    };
    // Nobody has signed yet: it is waited for until discovery has taken its time.
    assert_eq!(
        code(refused(&cluster::pin(&world.files), worker)),
        "phase.deadline"
    );
    cluster::sign_cluster_info(&world.server);
    let other = format!("sha256:{}", "11".repeat(32));
    assert_eq!(code(refused(&other, worker)), "discovery.not-trusted");
    let ready = json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": "w-1"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    });
    world.server.seed(ready).unwrap();
    assert_eq!(
        code(refused(&cluster::pin(&world.files), worker)),
        "join.node-exists"
    );
    let wrong = "nodeRegistration: {name: cp-2}
controlPlane:
  localAPIEndpoint: {advertiseAddress: 10.1.2.4}
  certificateKey: ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
";
    assert_eq!(
        code(refused(&cluster::pin(&world.files), wrong)),
        "join.bad-secret"
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
                Patch::Merge(patch),
                WriteOptions::new("someone"),
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
    let gone = Operation::delete(gone.named("kubeadm:get-nodes"), DeleteOptions::default());
    world.server.execute(&gone).unwrap();
    assert_eq!(world.plan().changes().count(), 1);
    assert_eq!(world.run(), 1);
}

#[test]
fn phases_that_need_the_api_wait_for_it_and_plans_say_so() {
    let world = World::new();
    let absent = Api::new(from_fn(|_: &Operation| {
        Err(Refusal::unreachable("connection refused"))
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
