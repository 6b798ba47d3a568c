//! What runs on real machines and in real control planes while phases do their work: kubelets, and the controllers that
//! sign for tokens and certificates. Here nothing runs, so this does what they would have done, when they would have.

use std::time::SystemTime;

use apply_semantics::{
    op::{ListOptions, Operation, Outcome, Reason, ResourceRef, WriteOptions},
    patch::Patch,
};
use apply_server::Server;
use bootstrap_phases::{
    Event, EventKind, EventSink, Files, PhaseError,
    kubeadm::{
        HostFacts, InitContext,
        credentials::{UserCredentials, user_kubeconfig},
        init_context,
        objects::{cluster_info, token},
        pki::SystemKeys,
    },
};
use componentconfig::kubeadm::Facts;
use serde_json::{Value, json};

/// Who would be at work beside a run.
#[expect(
    missing_debug_implementations,
    reason = "a server need not show itself"
)]
pub struct StandIns<'a> {
    /// The API server of the cluster.
    pub server: Server,
    /// Where the certificate and the key of the cluster's authority are.
    pub authority: &'a dyn Files,
    /// The files of the node.
    pub files: &'a dyn Files,
    /// The node.
    pub node: Node,
}

/// The node whose kubelet would run.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its address, if it is known.
    pub address: Option<String>,
    /// The version of its kubelet.
    pub version: String,
    /// What the cloud calls the machine, if there is a cloud.
    pub provider_id: Option<String>,
    /// Whether it says that it is ready.
    pub ready: bool,
}

impl Node {
    /// A node in no cloud that is not ready.
    pub fn new(name: &str, version: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            address: None,
            version: version.into(),
            provider_id: None,
            ready: false,
        }
    }

    /// What its kubelet registers.
    pub fn object(&self) -> Value {
        let name = &self.name;
        let mut addresses = vec![json!({"type": "Hostname", "address": name})];
        let ip = self.address.iter();
        addresses.extend(ip.map(|ip| json!({"type": "InternalIP", "address": ip})));
        let condition = |kind: &str, status: bool, reason: &str| {
            let status = if status { "True" } else { "False" };
            json!({"type": kind, "status": status, "reason": reason})
        };
        let mut conditions = vec![
            condition("MemoryPressure", false, "KubeletHasSufficientMemory"),
            condition("DiskPressure", false, "KubeletHasNoDiskPressure"),
            condition("PIDPressure", false, "KubeletHasSufficientPID"),
        ];
        conditions.push(if self.ready {
            condition("Ready", true, "KubeletReady")
        } else {
            condition("Ready", false, "NothingRuns")
        });
        let mut node = json!({
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}},
            "status": {
                "addresses": addresses,
                "nodeInfo": {"kubeletVersion": self.version, "operatingSystem": "linux", "osImage": "none", "containerRuntimeVersion": "none"},
                "conditions": conditions,
            },
        });
        if let (Some(id), Some(fields)) = (&self.provider_id, node.as_object_mut()) {
            fields.insert("spec".to_owned(), json!({"providerID": id}));
        }
        node
    }
}

impl EventSink for StandIns<'_> {
    #[expect(
        clippy::print_stderr,
        reason = "programs that embed this talk to whoever started them"
    )]
    fn emit(&self, event: &Event) {
        let outcome = match &event.kind {
            // Its files are there, and it starts; or somebody waits for what it does.
            EventKind::PhaseFinished { path, .. } if path == "kubelet-start" => self.kubelet(),
            EventKind::Waiting { path, .. } if path.ends_with("mark-control-plane") => {
                self.register()
            }
            EventKind::PhaseFinished { path, .. } if path == "bootstrap-token" => {
                sign_cluster_info(&self.server)
            }
            _ => Ok(()),
        };
        if let Err(error) = outcome {
            eprintln!("nobody stands in here: {error}");
        }
    }
}

impl StandIns<'_> {
    fn kubelet(&self) -> Result<(), PhaseError> {
        self.register()?;
        self.bootstrap()
    }

    /// The kubelet registers its node.
    fn register(&self) -> Result<(), PhaseError> {
        let nodes = ResourceRef::of_kind("v1", "Node").all();
        let create = Operation::create(nodes, self.node.object(), WriteOptions::new("kubelet"));
        match self.server.execute(&create) {
            Err(refusal) if refusal.reason != Reason::AlreadyExists => Err(refused(&refusal)),
            _ => Ok(()),
        }
    }

    /// The kubelet of a node that joins gets a certificate of its own, in exchange for the token that it came with.
    fn bootstrap(&self) -> Result<(), PhaseError> {
        const OWN: &str = "/etc/kubernetes/kubelet.conf";
        const FIRST: &str = "/etc/kubernetes/bootstrap-kubelet.conf";
        let files = self.files;
        if files.stat(OWN)?.is_some() || files.stat(FIRST)?.is_none() {
            return Ok(());
        }
        let credentials = UserCredentials::Certificate {
            organizations: vec!["system:nodes".to_owned()],
            period: None,
        };
        let kubeconfig = user_kubeconfig(
            &self.configuration()?,
            self.authority,
            SystemTime::now(),
            &format!("system:node:{}", self.node.name),
            &credentials,
        )?;
        // The kubelet, too, writes it under another name first.
        let new = format!("{OWN}.new");
        if files.stat(&new)?.is_some() {
            files.remove(&new)?;
        }
        files.create_file(&new, kubeconfig.expose(), 0o600)?;
        Ok(files.rename(&new, OWN)?)
    }

    /// The cluster's configuration, as the cluster keeps it.
    fn configuration(&self) -> Result<InitContext, PhaseError> {
        let map = get(&self.server, "ConfigMap", "kube-system", "kubeadm-config");
        let map = map.ok_or_else(|| missing("kubeadm-config"))?;
        let text = map.pointer("/data/ClusterConfiguration");
        let text = text.and_then(Value::as_str).unwrap_or_default();
        let own = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n\
                   localAPIEndpoint: {advertiseAddress: 192.0.2.1}\nnodeRegistration: {name: none}\n";
        let (facts, keys) = (Facts::default(), std::sync::Arc::new(SystemKeys));
        let text = format!("{own}---\n{text}");
        init_context("kubeadm-config", &text, &facts, HostFacts::default(), keys)
            .map_err(|report| PhaseError::invalid("stand-in", report.to_string()))
    }
}

/// The controller that signs `cluster-info` with the tokens that may sign.
///
/// # Errors
/// There is no `cluster-info`, or the API server refuses.
pub fn sign_cluster_info(server: &Server) -> Result<(), PhaseError> {
    let map = get(server, "ConfigMap", "kube-public", "cluster-info");
    let map = map.ok_or_else(|| missing("cluster-info"))?;
    let text = map.pointer("/data/kubeconfig").and_then(Value::as_str);
    let text = text.unwrap_or_default();
    let secrets = ResourceRef::of_kind("v1", "Secret").within("kube-system");
    let secrets = server
        .execute(&Operation::list(secrets, ListOptions::default()))
        .map_err(|refusal| refused(&refusal))?;
    let secrets = secrets.into_list().unwrap_or_default().items;
    let tokens = secrets.iter().filter_map(|one| token::of_secret(one).ok());
    let signatures = tokens
        .filter(|one| one.usages.iter().any(|usage| usage == "signing"))
        .filter_map(|one| one.token)
        .map(|one| {
            let signature = cluster_info::sign(text, &one);
            (cluster_info::signature_key(one.id()), signature.into())
        });
    let signatures: serde_json::Map<String, Value> = signatures.collect();
    let signed =
        |(key, value): (&String, &Value)| map.pointer(&format!("/data/{key}")) == Some(value);
    if signatures.iter().all(signed) {
        return Ok(());
    }
    let target = ResourceRef::of_kind("v1", "ConfigMap")
        .within("kube-public")
        .named("cluster-info");
    let patch = Patch::Merge(json!({"data": signatures}));
    let options = WriteOptions::new("kube-controller-manager");
    let patched = server.execute(&Operation::patch(target, patch, options));
    patched.map(drop).map_err(|refusal| refused(&refusal))
}

/// An object of the core group, if it is there.
pub fn get(server: &Server, kind: &str, namespace: &str, name: &str) -> Option<Value> {
    let target = ResourceRef::of_kind("v1", kind)
        .within(namespace)
        .named(name);
    let found = server.execute(&Operation::get(target)).ok();
    found.and_then(Outcome::into_object)
}

fn missing(what: &str) -> PhaseError {
    PhaseError::fatal("stand-in", format!("there is no {what}"))
}

fn refused(refusal: &apply_semantics::op::Refusal) -> PhaseError {
    PhaseError::fatal("stand-in", refusal.to_string())
}
