//! The phases of `join`.

use std::sync::Arc;
use std::time::Duration;

use apply_semantics::op::ResourceRef;
use serde_json::{Value, json};

use super::context::{Credentials, Found, JoinContext};
use super::download::download;
use super::etcd::ETCD_PORT;
use crate::kubeadm::InitContext;
use crate::kubeadm::api::refusal;
use crate::kubeadm::http::healthy;
use crate::kubeadm::preflight::{self, Check, Facts, OWN_VERSION};
use crate::kubeadm::{net, phases};
use crate::{
    Change, Compat, Content, Cx, Effect, Files as _, Node, Note, Overlay, Phase, PhaseError, Plan,
    RetryPolicy,
};

const DISCOVERY: [&str; 6] = [
    "discovery-file",
    "discovery-token",
    "discovery-token-ca-cert-hash",
    "discovery-token-unsafe-skip-ca-verification",
    "tls-bootstrap-token",
    "token",
];
const CONTROL_PLANE: [&str; 6] = [
    "config",
    "control-plane",
    "node-name",
    "patches",
    "apiserver-advertise-address",
    "dry-run",
];
/// The kubelet's first credentials.
const BOOTSTRAP_CONF: &str = "bootstrap-kubelet.conf";
const BOOTSTRAP_USER: &str = "tls-bootstrap-token-user";
/// How long discovery and the TLS bootstrap may take where nobody says otherwise.
const FIVE_MINUTES: Duration = Duration::from_secs(300);

/// All of them, in kubeadm's order.
pub(super) fn all() -> Vec<Node<JoinContext>> {
    vec![
        Node::new(
            "preflight [api-server-endpoint]",
            "Run join pre-flight checks",
        )
        .inherit_flags([
            "config",
            "ignore-preflight-errors",
            "tls-bootstrap-token",
            "token",
            "control-plane",
        ])
        .inherit_flags([
            "apiserver-advertise-address",
            "apiserver-bind-port",
            "cri-socket",
            "node-name",
        ])
        .inherit_flags([
            "discovery-file",
            "discovery-token",
            "discovery-token-ca-cert-hash",
        ])
        .inherit_flags([
            "discovery-token-unsafe-skip-ca-verification",
            "certificate-key",
            "dry-run",
        ])
        .run(Patient(check)),
        prepare().undoable(),
        Node::new("check-etcd", "")
            .hidden()
            .run(Patient(check_etcd)),
        Node::new(
            "kubelet-start [api-server-endpoint]",
            "Write kubelet settings, certificates and (re)start the kubelet",
        )
        .inherit_flags(["config", "cri-socket", "node-name"])
        .inherit_flags(DISCOVERY)
        .inherit_flags(["patches", "dry-run"])
        .undoable()
        .run(Patient(kubelet_start)),
        Node::new("etcd-join", "Join etcd for control plane nodes")
            .max_args(0)
            .inherit_flags(CONTROL_PLANE)
            .undoable()
            .run(Patient(etcd_join)),
        Node::new(
            "kubelet-wait-bootstrap",
            "Wait for the kubelet to bootstrap itself",
        )
        .inherit_flags(["config", "cri-socket", "dry-run"])
        .undoable()
        .run(Bootstrap),
        Node::new(
            "control-plane-join",
            "Join a machine as a control plane instance",
        )
        .children([
            Node::run_all("Join a machine as a control plane instance")
                .max_args(0)
                .inherit_flags(CONTROL_PLANE),
            Node::new("mark-control-plane", "Mark a node as a control-plane")
                .max_args(0)
                .inherit_flags(["config", "control-plane", "node-name", "dry-run"])
                .undoable()
                .run(Patient(mark)),
        ]),
        Node::new("wait-control-plane", "Wait for the control plane to start").run(Patient(wait)),
    ]
}

fn prepare() -> Node<JoinContext> {
    let short = "Prepare the machine for serving a control plane";
    Node::new("control-plane-prepare", short).children([
        Node::new("all [api-server-endpoint]", short)
            .run_all_siblings()
            .inherit_flags([
                "apiserver-advertise-address",
                "apiserver-bind-port",
                "config",
                "control-plane",
                "node-name",
            ])
            .inherit_flags(DISCOVERY)
            .inherit_flags(["certificate-key", "patches", "dry-run"]),
        Node::new(
            "download-certs [api-server-endpoint]",
            "Download certificates shared among control-plane nodes from the kubeadm-certs Secret",
        )
        .inherit_flags(["config", "control-plane"])
        .inherit_flags(DISCOVERY)
        .inherit_flags(["certificate-key", "dry-run"])
        .run(Patient(download)),
        Node::new(
            "certs [api-server-endpoint]",
            "Generate the certificates for the new control plane components",
        )
        .inherit_flags([
            "apiserver-advertise-address",
            "config",
            "control-plane",
            "node-name",
        ])
        .inherit_flags(DISCOVERY)
        .inherit_flags(["dry-run"])
        .run(Patient(certs)),
        Node::new(
            "kubeconfig [api-server-endpoint]",
            "Generate the kubeconfig for the new control plane components",
        )
        .inherit_flags(["config", "control-plane"])
        .inherit_flags(DISCOVERY)
        .inherit_flags(["certificate-key", "dry-run"])
        .run(Patient(kubeconfigs)),
        Node::new(
            "control-plane",
            "Generate the manifests for the new control plane components",
        )
        .max_args(0)
        .inherit_flags([
            "apiserver-advertise-address",
            "apiserver-bind-port",
            "config",
            "control-plane",
            "patches",
        ])
        .inherit_flags(["dry-run"])
        .run(Patient(static_pods)),
    ])
}

/// A phase that looks for the cluster for as long as discovery may take.
struct Patient(fn(&Cx<'_, JoinContext>) -> Result<Plan, PhaseError>);

impl Phase<JoinContext> for Patient {
    fn plan(&self, cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
        (self.0)(cx)
    }

    fn retry(&self, cx: &Cx<'_, JoinContext>) -> RetryPolicy {
        let timeouts = cx.config.join.timeouts.as_ref();
        RetryPolicy::new().deadline(limit(timeouts.and_then(|limits| limits.discovery)))
    }
}

fn limit(configured: Option<componentconfig::scalar::Duration>) -> Duration {
    let nanos = configured.and_then(|limit| u64::try_from(limit.as_nanos()).ok());
    nanos.map_or(FIVE_MINUTES, Duration::from_nanos)
}

/// Plans phases of `init`, one after the other, with the configuration that the cluster and the node make together. Each sees the files of
/// those before it.
fn as_init<'n>(
    cx: &Cx<'_, JoinContext>,
    found: &Arc<Found>,
    nodes: impl IntoIterator<Item = &'n Node<InitContext>>,
) -> Result<Plan, PhaseError> {
    let overlay = Overlay::new(cx.files);
    let init = Cx::new(&found.init, &overlay, cx.clock, cx.cancel);
    let mut whole = Plan::up_to_date();
    for node in nodes {
        let Some(phase) = &node.phase else { continue };
        let Plan { changes, notes } = phase.plan(&init)?;
        for change in &changes {
            match change {
                Change::CreateDir { path, mode, .. } => overlay.create_dir_all(path, *mode)?,
                Change::WriteFile {
                    path,
                    mode,
                    content,
                    ..
                } => overlay.write_atomic(path, content.bytes(), *mode)?,
                _ => {}
            }
        }
        whole.notes.extend(notes);
        whole.changes.extend(changes);
    }
    Ok(whole)
}

pub(super) fn only_for_control_planes() -> Plan {
    let text = "the node does not become a control plane";
    Plan {
        notes: vec![Note::info("join.worker", text)],
        ..Plan::up_to_date()
    }
}

fn check(cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
    let Some(host) = &cx.config.machine else {
        let note = Note::info("preflight.no-host", "the host is not looked at");
        return Ok(Plan {
            notes: vec![note],
            ..Plan::up_to_date()
        });
    };
    let join = &cx.config.join;
    let facts = Facts {
        host: host.as_ref(),
        files: cx.files,
        environment: &cx.config.host.environment,
        own_version: OWN_VERSION,
    };
    let ignored = &join.node_registration.ignore_preflight_errors;
    let mut checks = vec![Check::Root];
    checks.extend(preflight::join(join, OWN_VERSION));
    let mut notes = preflight::run(&checks, &facts, ignored).into_result()?;
    let found = cx.config.found(cx)?;
    if cx.config.is_control_plane() {
        let certificates = !found.init.init.certificate_key.is_empty();
        let checks = preflight::init(&found.init.init, &found.init.cluster, true, certificates);
        notes.extend(preflight::run(&checks, &facts, ignored).into_result()?);
    }
    Ok(Plan {
        notes,
        ..Plan::up_to_date()
    })
}

fn certs(cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
    if !cx.config.is_control_plane() {
        return Ok(only_for_control_planes());
    }
    as_init(cx, &cx.config.found(cx)?, &phases::certs().children)
}

fn kubeconfigs(cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
    if !cx.config.is_control_plane() {
        return Ok(only_for_control_planes());
    }
    let wanted = ["admin", "controller-manager", "scheduler"];
    let node = phases::kubeconfig();
    let nodes = node
        .children
        .iter()
        .filter(|node| wanted.contains(&node.name()));
    as_init(cx, &cx.config.found(cx)?, nodes)
}

fn static_pods(cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
    if !cx.config.is_control_plane() {
        return Ok(only_for_control_planes());
    }
    as_init(cx, &cx.config.found(cx)?, &phases::control_plane().children)
}

fn check_etcd(cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
    if !cx.config.is_control_plane() {
        return Ok(only_for_control_planes());
    }
    match &cx.config.etcd {
        Some(etcd) if !cx.config.join.dry_run => etcd.members().map(|_| Plan::up_to_date()),
        _ => Ok(Plan::up_to_date()),
    }
}

fn kubelet_start(cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
    let found = cx.config.found(cx)?;
    let config = cx.config;
    let joined = cx.files.stat(&kubernetes(cx, "kubelet.conf"))?.is_some();
    let taken = if joined {
        None
    } else {
        ready_node(cx, &found)?
    };
    if let (Some(error), Compat::Fixed) = (&taken, config.compat) {
        return Err(error.clone());
    }
    let mut draft = cx.draft();
    if !joined {
        let path = kubernetes(cx, BOOTSTRAP_CONF);
        draft.dir(config.paths.kubernetes.trim_end_matches('/'), 0o755)?;
        draft.file(&path, 0o600, Content::secret(bootstrap_conf(cx, &found)?))?;
    }
    let authority = &config.join.ca_cert_path;
    if cx.files.stat(authority)?.is_none() {
        let folder = authority.rsplit_once('/').map_or("/", |(folder, _)| folder);
        let text = String::from_utf8_lossy(&found.cluster.authority).into_owned();
        draft
            .dir(folder, 0o755)?
            .file(authority, 0o644, Content::text(text))?;
    }
    if let Some(error) = taken {
        // kubeadm looks when these files are written, and leaves them.
        draft.effect(refusal(&error));
        return Ok(draft.finish());
    }
    let first = draft.finish();
    let mut plan = as_init(cx, &found, [&phases::kubelet_start()])?;
    plan.changes.splice(0..0, first.changes);
    Ok(plan)
}

fn kubernetes(cx: &Cx<'_, JoinContext>, name: &str) -> String {
    format!(
        "{}/{name}",
        cx.config.paths.kubernetes.trim_end_matches('/')
    )
}

/// A node of this name that is ready is somebody else: why the join is refused then. A refused join leaves nothing behind.
fn ready_node(cx: &Cx<'_, JoinContext>, found: &Found) -> Result<Option<PhaseError>, PhaseError> {
    let (Some(api), false) = (&found.init.api, cx.config.join.dry_run) else {
        return Ok(None);
    };
    let name = &cx.config.join.node_registration.name;
    let target = ResourceRef::of_kind("v1", "Node").all().named(name);
    let node = match api.get(&target) {
        // Who joins may not always look.
        Err(error) if error.code == "api.denied" => None,
        outcome => outcome?,
    };
    let conditions = node
        .as_ref()
        .and_then(|node| node.pointer("/status/conditions")?.as_array());
    let ready = conditions.into_iter().flatten().any(|condition| {
        let is = |field: &str, wanted: &str| {
            condition.get(field).and_then(Value::as_str) == Some(wanted)
        };
        is("type", "Ready") && is("status", "True")
    });
    Ok(ready.then(|| {
        let text = format!(
            "a Node {name} is there already and ready: delete it, or join under another name"
        );
        PhaseError::conflict("join.node-exists", text)
    }))
}

/// The kubeconfig that the kubelet gets its first certificate with. On a control plane it leads to the API server beside it: through the
/// cluster's endpoint the kubelet might meet a server older than itself.
fn bootstrap_conf(cx: &Cx<'_, JoinContext>, found: &Found) -> Result<String, PhaseError> {
    let token = match &found.credentials {
        Credentials::Token(token) => String::from_utf8_lossy(token.expose()).into_owned(),
        Credentials::Kubeconfig(text) => {
            return Ok(String::from_utf8_lossy(text.expose()).into_owned());
        }
        Credentials::Anonymous => String::new(),
    };
    let server = if cx.config.is_control_plane() {
        found.init.local_endpoint()?.url()
    } else {
        found.cluster.server.clone()
    };
    let cluster = &found.init.cluster.cluster_name;
    let name = format!("{BOOTSTRAP_USER}@{cluster}");
    let authority = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        &found.cluster.authority,
    );
    Ok(componentconfig::yaml::write(&json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{
            "name": cluster,
            "cluster": {"certificate-authority-data": authority, "server": server},
        }],
        "contexts": [{"name": name, "context": {"cluster": cluster, "user": BOOTSTRAP_USER}}],
        "current-context": name,
        "users": [{"name": BOOTSTRAP_USER, "user": {"token": token}}],
    })))
}

/// One step a plan: the member is added, then its manifest is written, then it gets its vote. Each step sees what is there, so
/// that a member is never added twice.
fn etcd_join(cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
    if !cx.config.is_control_plane() {
        return Ok(only_for_control_planes());
    }
    let found = cx.config.found(cx)?;
    if found.init.external_etcd() {
        let note = Note::info("etcd.external", "etcd runs elsewhere");
        return Ok(Plan {
            notes: vec![note],
            ..Plan::up_to_date()
        });
    }
    let there = cx
        .files
        .stat(&format!("{}/etcd.yaml", found.init.manifests_dir()))?
        .is_some();
    let Some(etcd) = &cx.config.etcd else {
        if cx.config.join.dry_run && !there {
            let mut plan = as_init(cx, &found, &phases::etcd().children)?;
            let text = "the members of etcd are not known: its manifest will name them";
            plan.notes.push(Note::info("etcd.no-client", text));
            return Ok(plan);
        }
        let note = Note::warning(
            "etcd.no-client",
            "there is no client of etcd: its member has to be added otherwise",
        );
        return Ok(Plan {
            notes: vec![note],
            ..Plan::up_to_date()
        });
    };
    let address = net::advertised_address(&found.init.init.local_api_endpoint.advertise_address)?;
    let peer_url = match address {
        std::net::IpAddr::V4(address) => format!("https://{address}:2380"),
        std::net::IpAddr::V6(address) => format!("https://[{address}]:2380"),
    };
    let members = etcd.members()?;
    let own = members
        .iter()
        .find(|member| member.peer_urls.contains(&peer_url));
    let mut init = found.init.clone();
    init.etcd_members = members
        .iter()
        .filter(|member| !member.peer_urls.contains(&peer_url))
        .flat_map(|member| {
            member
                .peer_urls
                .iter()
                .map(|url| (member.name.clone(), url.clone()))
        })
        .collect();
    let node = phases::etcd();
    let found = Arc::new(Found {
        cluster: found.cluster.clone(),
        credentials: found.credentials.clone(),
        init,
    });
    let effect = |what: &str, title: String, data: Value| {
        let effect = Effect::new(ETCD_PORT, peer_url.clone(), title, json!({what: data}));
        let undo = json!({"removeAt": peer_url});
        let title = format!("remove the member at {peer_url} from etcd");
        Change::Effect(effect.undone_by(Effect::new(ETCD_PORT, peer_url.clone(), title, undo)))
    };
    let mut plan = Plan::up_to_date();
    if own.is_none() {
        plan.changes.push(effect(
            "add",
            format!("add a learner at {peer_url} to etcd"),
            json!(peer_url),
        ));
    }
    if !there {
        plan.changes
            .extend(as_init(cx, &found, &node.children)?.changes);
    }
    if own.is_none_or(|member| member.learner) {
        plan.changes.push(effect(
            "promote",
            format!("give the member at {peer_url} its vote"),
            json!(peer_url),
        ));
    }
    Ok(plan)
}

/// Waits for the kubelet's own credentials, then removes those that it came with.
struct Bootstrap;

impl Phase<JoinContext> for Bootstrap {
    fn plan(&self, cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
        if cx.config.join.dry_run {
            return Ok(Plan::up_to_date());
        }
        if let Some(http) = &cx.config.http
            && let Some(url) = phases::kubelet_url(&cx.config.found(cx)?.init.kubelet)
        {
            healthy(http.as_ref(), "the kubelet", &url)?;
        }
        let path = kubernetes(cx, "kubelet.conf");
        if cx.files.stat(&path)?.is_none() {
            let text = format!("the kubelet has not written {path} yet");
            return Err(PhaseError::not_yet("kubelet.not-bootstrapped", text));
        }
        let mut draft = cx.draft();
        draft.absent(&kubernetes(cx, BOOTSTRAP_CONF))?;
        Ok(draft.finish())
    }

    fn retry(&self, cx: &Cx<'_, JoinContext>) -> RetryPolicy {
        let timeouts = cx.config.join.timeouts.as_ref();
        RetryPolicy::new().deadline(limit(timeouts.and_then(|limits| limits.tls_bootstrap)))
    }
}

fn mark(cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
    if !cx.config.is_control_plane() {
        return Ok(only_for_control_planes());
    }
    // The dry run of kubeadm only says so.
    if cx.config.join.dry_run && cx.config.compat == Compat::Upstream {
        return Ok(Plan::up_to_date());
    }
    as_admin(cx, &phases::mark_control_plane())
}

fn wait(cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
    if !cx.config.is_control_plane() {
        return Ok(only_for_control_planes());
    }
    as_admin(cx, &phases::wait_control_plane())
}

/// With the credentials of `admin.conf`, which a control plane has by then.
fn as_admin(cx: &Cx<'_, JoinContext>, node: &Node<InitContext>) -> Result<Plan, PhaseError> {
    let found = cx.config.found(cx)?;
    let path = found.init.kubeconfig_path("admin.conf");
    let Some(kubeconfig) = cx.files.read_if_exists(&path)? else {
        let text = format!("{path} is not there yet");
        return Err(PhaseError::not_yet("join.no-admin-conf", text));
    };
    let endpoint = super::Endpoint {
        server: found.cluster.server.clone(),
        authority: Some(found.cluster.authority.clone()),
        credentials: Credentials::Kubeconfig(crate::Secret::new(kubeconfig)),
    };
    let api = cx.config.connect.connect(&endpoint)?;
    let init = found.init.clone().api(api);
    let found = Arc::new(Found {
        cluster: found.cluster.clone(),
        credentials: found.credentials.clone(),
        init,
    });
    as_init(cx, &found, [node])
}
