//! The phases of `join`.

mod etcd;
mod kubelet;

use std::sync::Arc;
use std::time::Duration;

use self::etcd::{check_etcd, etcd_join};
use self::kubelet::{Bootstrap, kubelet_start};
use super::context::{Credentials, Found, JoinContext};
use super::download::download;
use crate::kubeadm::InitContext;
use crate::kubeadm::phases;
use crate::kubeadm::preflight::{self, Check, Facts, OWN_VERSION};
use crate::{
    Change, Compat, Cx, Files as _, Node, Note, Overlay, Phase, PhaseError, Plan, RetryPolicy,
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
