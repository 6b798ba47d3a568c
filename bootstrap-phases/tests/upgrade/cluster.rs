//! A cluster of two control planes and a worker, made by `init` and `join`, and what its kubelets do.

use std::sync::Arc;
use std::time::Duration;

use apply_semantics::op::{
    ApplyOptions, DeleteOptions, ObjectRef, Operation, ResourceRef, WriteOptions,
};
use apply_semantics::patch::Patch;
use apply_server::Server;
use bootstrap_phases::kubeadm::api::{Api, PORT};
use bootstrap_phases::kubeadm::join::{
    Connect, ETCD_PORT, Endpoint, EtcdPort, MemEtcd, join_context, join_workflow,
};
use bootstrap_phases::kubeadm::pki::FixedKeys;
use bootstrap_phases::kubeadm::upgrade::{
    self, STATIC_POD_PORT, StaticPodPort, UpgradeCommand, UpgradeContext, UpgradeSettings,
};
use bootstrap_phases::kubeadm::{HostFacts, init_context, init_workflow};
use bootstrap_phases::{
    Digest, Event, EventKind, Files as _, Flow, HOST_PORT, HostPort, ManualClock, MemFiles,
    MemHost, PhaseError, Report, RunFailure, RunPlan, Runner,
};
use componentconfig::kubeadm::Facts;
use componentconfig::kubeadm::v1beta4::UpgradeConfiguration;
use serde_json::{Value, json};

use crate::support;

const INIT: &str = "
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 10.1.2.3}
nodeRegistration: {name: cp-1, criSocket: 'unix:///run/own.sock'}
bootstrapTokens:
- token: abcdef.0123456789abcdef
certificateKey: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.35.3
controlPlaneEndpoint: api.example:6443
encryptionAlgorithm: ECDSA-P256
etcd: {local: {dataDir: /var/lib/etcd}}
";
const OLD_ETCD: &str = "etcd:3.5.24-0";

/// A node: its files, its name, and the kubelet's view of it.
pub(crate) struct Node {
    pub(crate) name: &'static str,
    pub(crate) files: MemFiles,
    pub(crate) host: MemHost,
}

pub(crate) struct Cluster {
    pub(crate) server: Server,
    pub(crate) clock: ManualClock,
    pub(crate) etcd: Arc<MemEtcd>,
    pub(crate) nodes: [Node; 3],
}

struct Reach(Server);

impl Connect for Reach {
    fn connect(&self, _: &Endpoint) -> Result<Api, PhaseError> {
        Ok(Api::new(self.0.clone()))
    }
}

impl Node {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            files: MemFiles::new(),
            host: MemHost::new()
                .program("crictl")
                .program("cp")
                .program("mkdir"),
        }
    }

    pub(crate) fn text(&self, path: &str) -> String {
        String::from_utf8(self.files.read(path).unwrap()).unwrap()
    }

    pub(crate) fn manifest(&self, component: &str) -> String {
        self.text(&format!("/etc/kubernetes/manifests/{component}.yaml"))
    }

    /// What a kubelet does: it tells of itself, and shows a mirror Pod for each manifest.
    fn kubelet(&self, server: &Server, version: &str) {
        let put = |object: Value| {
            let options = ApplyOptions::new("kubelet").force();
            server
                .execute(&Operation::apply_object(object, options).unwrap())
                .unwrap();
        };
        put(json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": self.name, "labels": {"kubernetes.io/hostname": self.name}},
        }));
        let target = ResourceRef::of_kind("v1", "Node").all().named(self.name);
        let status = json!({"status": {
            "nodeInfo": {"kubeletVersion": version},
            "conditions": [{"type": "Ready", "status": "True"}],
        }});
        let patch = Operation::patch(
            target.subresource("status"),
            Patch::Merge(status),
            WriteOptions::new("kubelet"),
        );
        server.execute(&patch).unwrap();
        for component in [
            "etcd",
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
        ] {
            let path = format!("/etc/kubernetes/manifests/{component}.yaml");
            let Some(text) = self.files.read_if_exists(&path).unwrap() else {
                continue;
            };
            let mut pod = componentconfig::yaml::read(std::str::from_utf8(&text).unwrap()).unwrap();
            pod["metadata"]["name"] = json!(format!("{component}-{}", self.name));
            pod["metadata"]["annotations"]["kubernetes.io/config.hash"] =
                json!(Digest::of(&text).to_string());
            pod["spec"]["nodeName"] = json!(self.name);
            pod.as_object_mut().unwrap().remove("status");
            let target = ObjectRef::of(&pod).unwrap();
            let delete = DeleteOptions::default().grace_period_seconds(0);
            let _ = server.execute(&Operation::delete(target.clone(), delete));
            put(pod);
            let patch = Operation::patch(
                target.subresource("status"),
                Patch::Merge(json!({"status": {"phase": "Running"}})),
                WriteOptions::new("kubelet"),
            );
            server.execute(&patch).unwrap();
        }
    }
}

impl Cluster {
    /// Made by `init` and two `join`s, with an etcd of an older release.
    pub(crate) fn new() -> Self {
        let cluster = Self {
            server: Server::builder().seed(1).build(),
            clock: ManualClock::at(1_795_235_010),
            etcd: Arc::new(MemEtcd::new("cp-1", "https://10.1.2.3:2380")),
            nodes: ["cp-1", "cp-2", "w-1"].map(Node::new),
        };
        cluster.init();
        support::sign_cluster_info(&cluster.server);
        let control_plane = "controlPlane:
  localAPIEndpoint: {advertiseAddress: 10.1.2.4}
  certificateKey: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
";
        cluster.join(&cluster.nodes[1], control_plane);
        cluster.join(&cluster.nodes[2], "");
        for node in &cluster.nodes[..2] {
            let path = "/etc/kubernetes/manifests/etcd.yaml";
            let text = node.text(path).replace("etcd:3.6.8-0", OLD_ETCD);
            node.files
                .write_atomic(path, text.as_bytes(), 0o600)
                .unwrap();
        }
        cluster.kubelets("v1.35.3");
        cluster.clock.advance(Duration::from_secs(86_400));
        cluster
    }

    fn kubelets(&self, version: &str) {
        for node in &self.nodes {
            node.kubelet(&self.server, version);
        }
    }

    fn init(&self) {
        let [first, ..] = &self.nodes;
        let (keys, facts) = (Arc::new(FixedKeys::seeded("init")), Facts::default());
        let host = HostFacts {
            hostname: "cp-1".to_owned(),
            ..HostFacts::default()
        };
        let context = init_context("init.yaml", INIT, &facts, host, keys).unwrap();
        let api = Api::with_super_admin(self.server.clone(), self.server.clone());
        let context = context.api(api.clone()).upload_certificates().unwrap();
        first.kubelet(&self.server, "v1.35.3");
        let flow = init_workflow().build().unwrap();
        let runner = Runner::new(&flow, &first.files).clock(&self.clock);
        runner.port(PORT, &api).run(&context).unwrap();
    }

    fn join(&self, node: &Node, extra: &str) {
        let pin = support::pin(&self.nodes[0].files);
        let own = format!("nodeRegistration: {{name: {}}}\n{extra}", node.name);
        let text = support::join(&pin, &own);
        let keys = Arc::new(FixedKeys::seeded(node.name));
        let host = HostFacts {
            hostname: node.name.to_owned(),
            ..HostFacts::default()
        };
        let reach = Arc::new(Reach(self.server.clone()));
        let mut context =
            join_context("join.yaml", &text, &Facts::default(), host, keys, reach).unwrap();
        context.etcd = Some(self.etcd.clone());
        let flow = join_workflow().build().unwrap();
        let api = Api::new(self.server.clone());
        let members = EtcdPort(self.etcd.as_ref());
        let bootstrapped = |event: &Event| {
            let EventKind::Waiting { path, .. } = &event.kind else {
                return;
            };
            if path == "kubelet-wait-bootstrap" {
                self.own_credentials(node);
                node.kubelet(&self.server, "v1.35.3");
            }
        };
        Runner::new(&flow, &node.files)
            .clock(&self.clock)
            .port(PORT, &api)
            .port(ETCD_PORT, &members)
            .events(&bootstrapped)
            .run(&context)
            .unwrap();
    }

    /// A kubelet's own kubeconfig: through the cluster's endpoint, with a certificate that it keeps in a file.
    fn own_credentials(&self, node: &Node) {
        let first = &self.nodes[0];
        let text = first.text("/etc/kubernetes/kubelet.conf");
        let mut config = componentconfig::yaml::read(&text).unwrap();
        config["clusters"][0]["cluster"]["server"] = json!("https://api.example:6443");
        config["users"][0]["user"] = json!({"token": "of-the-kubelet"});
        let text = componentconfig::yaml::write(&config);
        node.files
            .create_file("/etc/kubernetes/kubelet.conf", text.as_bytes(), 0o600)
            .unwrap();
    }

    pub(crate) fn context(&self, command: UpgradeCommand, node: &Node) -> UpgradeContext {
        let mut config = UpgradeConfiguration::default();
        config.set_defaults();
        let mut settings = UpgradeSettings::new(command, &config);
        settings.confirmed = true;
        // The kernel of this host is not described.
        settings.ignore_preflight_errors = vec!["systemverification".to_owned()];
        if command != UpgradeCommand::Node {
            "v1.36.2".clone_into(&mut settings.version);
        }
        let host = HostFacts {
            hostname: node.name.to_owned(),
            ..HostFacts::default()
        };
        let keys = Arc::new(FixedKeys::seeded(format!("upgrade of {}", node.name)));
        let api = Api::new(self.server.clone());
        let mut context = UpgradeContext::new(settings, api, Facts::default(), host, keys);
        context.machine = Some(Arc::new(node.host.clone()));
        context.etcd = Some(self.etcd.clone());
        context
    }

    /// Runs an upgrade; `events` sees it go, the kubelet follows.
    pub(crate) fn run(
        &self,
        command: UpgradeCommand,
        node: &Node,
        events: &(dyn Fn(&Event) + Send + Sync),
    ) -> Result<Report, Box<RunFailure>> {
        let context = self.context(command, node);
        let members = EtcdPort(self.etcd.as_ref());
        let pods = StaticPodPort(context.api.clone());
        let (host, flow) = (HostPort(&node.host), flow_of(command));
        let seen = |event: &Event| events(event);
        Runner::new(&flow, &node.files)
            .clock(&self.clock)
            .port(PORT, &context.api)
            .port(STATIC_POD_PORT, &pods)
            .port(ETCD_PORT, &members)
            .port(HOST_PORT, &host)
            .events(&seen)
            .run(&context)
    }

    pub(crate) fn plan(&self, command: UpgradeCommand, node: &Node) -> RunPlan {
        let flow = flow_of(command);
        let runner = Runner::new(&flow, &node.files).clock(&self.clock);
        runner.plan(&self.context(command, node)).unwrap()
    }

    /// The kubelet sees new manifests while they are waited for, and completes Jobs.
    pub(crate) fn attend(&self, node: &Node, event: &Event) {
        if matches!(event.kind, EventKind::Waiting { .. }) {
            node.kubelet(&self.server, "v1.35.3");
            let jobs = ResourceRef::of_kind("batch/v1", "Job").within("kube-system");
            let job = jobs.named("upgrade-health-check").subresource("status");
            let done = json!({"status": {"conditions": [{"type": "Complete", "status": "True"}]}});
            let patch = Operation::patch(job, Patch::Merge(done), WriteOptions::new("job"));
            let _ = self.server.execute(&patch);
        }
    }

    pub(crate) fn get(&self, api_version: &str, kind: &str, name: &str) -> Value {
        let target = ResourceRef::of_kind(api_version, kind)
            .within("kube-system")
            .named(name);
        let found = self.server.execute(&Operation::get(target)).unwrap();
        found.into_object().unwrap()
    }

    pub(crate) fn proxy_image(&self) -> String {
        let proxy = self.get("apps/v1", "DaemonSet", "kube-proxy");
        proxy["spec"]["template"]["spec"]["containers"][0]["image"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

pub(crate) fn flow_of(command: UpgradeCommand) -> Flow<UpgradeContext> {
    let workflow = match command {
        UpgradeCommand::Node => upgrade::node_workflow(),
        _ => upgrade::apply_workflow(),
    };
    workflow.build().unwrap()
}
