//! What is asked over HTTP: the health of a control plane, and the kubeconfig that a node joins by.

#![cfg(feature = "kubeadm")]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use apply_server::Server;
use bootstrap_phases::kubeadm::api::{Api, PORT};
use bootstrap_phases::kubeadm::http::MemHttp;
use bootstrap_phases::kubeadm::join::{
    Connect, Credentials, Endpoint, JoinContext, join_context, join_workflow,
};
use bootstrap_phases::kubeadm::pki::FixedKeys;
use bootstrap_phases::kubeadm::{HostFacts, InitContext, init_context, init_workflow};
use bootstrap_phases::{
    Event, EventKind, EventLog, Files as _, ManualClock, MemFiles, PhaseError, RunError, Runner,
    Selection,
};
use componentconfig::kubeadm::Facts;
use serde_json::json;

const CONFIG: &str = "
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 10.1.2.3}
nodeRegistration: {name: cp-1}
bootstrapTokens:
- token: abcdef.0123456789abcdef
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.1
controlPlaneEndpoint: api.example:6443
encryptionAlgorithm: ECDSA-P256
scheduler: {extraArgs: [{name: secure-port, value: '20259'}]}
";
const HEALTHY: [&str; 4] = [
    "http://127.0.0.1:10248/healthz",
    "https://10.1.2.3:6443/livez",
    "https://127.0.0.1:10257/healthz",
    "https://127.0.0.1:20259/livez",
];

fn context(server: &Server, http: Arc<MemHttp>) -> InitContext {
    let keys = Arc::new(FixedKeys::seeded("http"));
    let facts = Facts::default();
    let context = init_context("init.yaml", CONFIG, &facts, HostFacts::default(), keys).unwrap();
    context
        .api(Api::with_super_admin(server.clone(), server.clone()))
        .http(http)
}

fn server() -> Server {
    let server = Server::builder().seed(1).build();
    let labels = json!({"kubernetes.io/hostname": "cp-1"});
    server
        .seed(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "cp-1", "labels": labels}}))
        .unwrap();
    server
}

#[test]
fn init_goes_on_when_all_components_are_healthy_one_after_the_other() {
    let (server, http, files) = (server(), Arc::new(MemHttp::new()), MemFiles::new());
    let (context, clock) = (
        context(&server, http.clone()),
        ManualClock::at(1_795_235_010),
    );
    let flow = init_workflow().build().unwrap();
    let log = EventLog::new();
    // Each look finds one more healthy; before, it answers that it is not.
    let events = |event: &Event| {
        use bootstrap_phases::EventSink as _;
        log.emit(event);
        if let EventKind::Waiting { error, .. } = &event.kind {
            let url = HEALTHY
                .iter()
                .find(|url| error.message.contains(*url))
                .unwrap();
            let status = if error.message.contains("500") {
                200
            } else {
                500
            };
            http.answer(url, status, "");
        }
    };
    let api = context.api.clone().unwrap();
    let runner = Runner::new(&flow, &files).clock(&clock).port(PORT, &api);
    runner.events(&events).run(&context).unwrap();
    let waited = log
        .events()
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::Waiting { path, error, .. } => {
                assert_eq!(path, "wait-control-plane");
                Some(error.message)
            }
            _ => None,
        });
    let waited: Vec<String> = waited.collect();
    assert_eq!(waited.len(), 8, "{waited:?}");
    for (url, looks) in HEALTHY.iter().zip(waited.chunks(2)) {
        assert!(looks.iter().all(|look| look.contains(url)), "{looks:?}");
    }
}

#[test]
fn a_component_that_stays_ill_ends_the_wait_and_is_named() {
    let (server, http, files) = (server(), Arc::new(MemHttp::new()), MemFiles::new());
    for url in HEALTHY {
        http.answer(url, 200, "ok");
    }
    http.answer(HEALTHY[2], 500, "");
    let (context, clock) = (context(&server, http), ManualClock::at(1_795_235_010));
    let flow = init_workflow().build().unwrap();
    let api = context.api.clone().unwrap();
    let runner = Runner::new(&flow, &files).clock(&clock).port(PORT, &api);
    let failure = runner.run(&context).unwrap_err().to_string();
    assert!(
        failure.contains("kube-controller-manager is not healthy"),
        "{failure}"
    );
}

struct Reach(Server);

impl Connect for Reach {
    fn connect(&self, endpoint: &Endpoint) -> Result<Api, PhaseError> {
        assert_eq!(endpoint.server, "https://api.example:6443");
        assert!(matches!(endpoint.credentials, Credentials::Token(_)));
        Ok(Api::new(self.0.clone()))
    }
}

fn joining(server: &Server, http: Option<Arc<MemHttp>>) -> JoinContext {
    let text = "
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  file: {kubeConfigPath: 'https://config.example/kubeconfig'}
  tlsBootstrapToken: abcdef.0123456789abcdef
nodeRegistration: {name: w-1}
";
    let keys = Arc::new(FixedKeys::seeded("join"));
    let (facts, host) = (Facts::default(), HostFacts::default());
    let reach = Arc::new(Reach(server.clone()));
    let mut context = join_context("join.yaml", text, &facts, host, keys, reach).unwrap();
    context.http = http.map(|http| -> Arc<dyn bootstrap_phases::kubeadm::http::Http> { http });
    context
}

#[test]
fn a_node_finds_its_cluster_by_a_url() {
    let (server, http, files) = (server(), Arc::new(MemHttp::new()), MemFiles::new());
    for url in HEALTHY {
        http.answer(url, 200, "ok");
    }
    let (context, clock) = (
        context(&server, http.clone()),
        ManualClock::at(1_795_235_010),
    );
    let flow = init_workflow().build().unwrap();
    let api = context.api.clone().unwrap();
    let runner = Runner::new(&flow, &files).clock(&clock).port(PORT, &api);
    runner.run(&context).unwrap();
    let kubeconfig = String::from_utf8(files.read("/etc/kubernetes/admin.conf").unwrap()).unwrap();

    let flow = join_workflow().build().unwrap();
    let code = |http: Option<Arc<MemHttp>>, files: &MemFiles| {
        let runner = Runner::new(&flow, files).clock(&clock);
        let runner = runner.select(Selection::only(["kubelet-start"]));
        match runner
            .run(&joining(&server, http))
            .map_err(|failure| failure.error)
        {
            Ok(_) => "joined".to_owned(),
            Err(RunError::Phase { error, .. }) => error.code.into_owned(),
            Err(other) => other.to_string(),
        }
    };
    let node = MemFiles::new();
    assert_eq!(code(None, &node), "join.discovery-url");
    assert_eq!(
        code(Some(http.clone()), &node),
        "phase.deadline",
        "nobody answers"
    );
    http.answer("https://config.example/kubeconfig", 404, "");
    assert_eq!(code(Some(http.clone()), &node), "join.discovery-url");
    http.answer("https://config.example/kubeconfig", 200, "no: kubeconfig");
    assert_eq!(code(Some(http.clone()), &node), "discovery.not-trusted");
    assert!(node.paths().is_empty());
    http.answer("https://config.example/kubeconfig", 200, &kubeconfig);
    assert_eq!(code(Some(http), &node), "joined");
    let ca = |files: &MemFiles| files.read("/etc/kubernetes/pki/ca.crt").unwrap();
    assert_eq!(ca(&node), ca(&files));
}
