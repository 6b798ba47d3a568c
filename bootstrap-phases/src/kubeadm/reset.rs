//! `kubeadm reset` as a library: takes away what `init` and `join` made on a node.
//!
//! Follows `cmd/kubeadm/app/cmd/reset.go` and `cmd/kubeadm/app/cmd/phases/reset`.

use std::{fmt, sync::Arc};

use super::join::Etcd;
use super::{InitContext, Paths, flags};
use crate::{Change, Command, Compat, Cx, Effect, Host, Node, Note, PhaseError, Plan, Workflow};

/// What the phases of `reset` work from.
#[derive(Clone)]
pub struct ResetContext {
    /// The folder of the certificates; that of the cluster's configuration is not looked at.
    pub certificates_dir: String,
    /// The data of etcd: that of the cluster's configuration, or of the manifest that is there.
    pub etcd_data_dir: Option<String>,
    /// The name of this node's member of etcd.
    pub node_name: String,
    /// The socket of the container runtime.
    pub cri_socket: String,
    /// Whether kubeadm's folder of temporary files is emptied, too.
    pub cleanup_tmp_dir: bool,
    /// Whether somebody said that it may be done.
    pub confirmed: bool,
    /// Whether only plans are made.
    pub dry_run: bool,
    /// Where files go.
    pub paths: Paths,
    /// Exactly as kubeadm does it, or better.
    pub compat: Compat,
    /// The host beyond its files. Without one no service is stopped.
    pub machine: Option<Arc<dyn Host>>,
    /// The cluster's etcd, from which this node's member is removed.
    pub etcd: Option<Arc<dyn Etcd>>,
}

/// Kubeconfigs that go.
const KUBECONFIGS: [&str; 6] = [
    "admin.conf",
    "super-admin.conf",
    "kubelet.conf",
    "bootstrap-kubelet.conf",
    "controller-manager.conf",
    "scheduler.conf",
];

impl ResetContext {
    /// A reset of a node with kubeadm's folders, which somebody still has to confirm.
    pub fn new() -> Self {
        Self {
            certificates_dir: "/etc/kubernetes/pki".to_owned(),
            etcd_data_dir: None,
            node_name: String::new(),
            cri_socket: String::new(),
            cleanup_tmp_dir: false,
            confirmed: false,
            dry_run: false,
            paths: Paths::default(),
            compat: Compat::default(),
            machine: None,
            etcd: None,
        }
    }

    /// A reset of the node that this is the configuration of.
    pub fn of(init: &InitContext) -> Self {
        let local = init.cluster.etcd.local.as_ref();
        Self {
            certificates_dir: init.cluster.certificates_dir.clone(),
            etcd_data_dir: local.map(|local| local.data_dir.clone()),
            node_name: init.init.node_registration.name.clone(),
            cri_socket: init.init.node_registration.cri_socket.clone(),
            paths: init.paths.clone(),
            machine: init.machine.clone(),
            ..Self::new()
        }
    }

    /// The same, confirmed.
    #[must_use]
    pub fn confirmed(mut self) -> Self {
        self.confirmed = true;
        self
    }

    fn kubernetes(&self, name: &str) -> String {
        format!("{}/{name}", self.paths.kubernetes.trim_end_matches('/'))
    }
}

impl Default for ResetContext {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ResetContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResetContext")
            .field("certificates_dir", &self.certificates_dir)
            .field("etcd_data_dir", &self.etcd_data_dir)
            .field("confirmed", &self.confirmed)
            .finish_non_exhaustive()
    }
}

/// The workflow `reset`, with kubeadm's names and flags.
pub fn reset_workflow() -> Workflow<ResetContext> {
    Workflow::new("reset").flags(flags::reset_flags()).phases([
        Node::new("preflight", "Run reset pre-flight checks")
            .alias("pre-flight")
            .inherit_flags(["ignore-preflight-errors", "force", "dry-run"])
            .run(preflight),
        Node::new("remove-etcd-member", "Remove a local etcd member.")
            .inherit_flags(["kubeconfig", "dry-run"])
            .run(remove_etcd_member),
        Node::new("cleanup-node", "Run cleanup node.")
            .alias("cleanupnode")
            .inherit_flags(["cert-dir", "cri-socket", "cleanup-tmp-dir", "dry-run"])
            .run(cleanup),
    ])
}

fn preflight(cx: &Cx<'_, ResetContext>) -> Result<Plan, PhaseError> {
    if cx.config.confirmed || cx.config.dry_run {
        return Ok(Plan::up_to_date());
    }
    let text = "nobody has confirmed that what was set up on this node may be taken away";
    Err(PhaseError::invalid("reset.not-confirmed", text))
}

/// The member of this node leaves the cluster's etcd before its data go.
fn remove_etcd_member(cx: &Cx<'_, ResetContext>) -> Result<Plan, PhaseError> {
    let manifest = cx.config.kubernetes("manifests/etcd.yaml");
    let Some(text) = cx.files.read_if_exists(&manifest)? else {
        let note = Note::info("etcd.none", "no etcd runs on this node");
        return Ok(Plan {
            notes: vec![note],
            ..Plan::up_to_date()
        });
    };
    let mut draft = cx.draft();
    if let (Some(etcd), false) = (&cx.config.etcd, cx.config.dry_run) {
        let members = etcd.members()?;
        let own = members
            .iter()
            .find(|member| member.name == cx.config.node_name);
        // The last member has nobody to leave to.
        if let (Some(own), true) = (own, members.len() > 1) {
            let title = format!("remove the member {} from etcd", own.name);
            let data = serde_json::json!({"remove": own.id});
            draft.effect(Effect::new(
                super::join::ETCD_PORT,
                own.name.clone(),
                title,
                data,
            ));
        }
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    if let Some(folder) = cx.config.etcd_data_dir.clone().or_else(|| data_dir(&text)) {
        draft.empty_dir(&folder)?;
    }
    Ok(draft.finish())
}

/// Where the manifest of etcd keeps its data: the host path of the volume of that name.
fn data_dir(manifest: &str) -> Option<String> {
    let pod = componentconfig::yaml::read(manifest).ok()?;
    let volumes = pod.get("spec")?.get("volumes")?.as_array()?;
    let named = |volume: &&serde_json::Value| {
        volume.get("name").and_then(|name| name.as_str()) == Some("etcd-data")
    };
    let path = volumes.iter().find(named)?.get("hostPath")?.get("path")?;
    path.as_str().map(str::to_owned)
}

fn cleanup(cx: &Cx<'_, ResetContext>) -> Result<Plan, PhaseError> {
    let context = cx.config;
    let mut draft = cx.draft();
    if let Some(host) = &context.machine {
        stop_kubelet(host.as_ref(), &mut draft)?;
        unmount(context, host.as_ref(), &mut draft);
    }
    let mut folders = vec![
        context.kubernetes("manifests"),
        context.paths.kubelet.clone(),
    ];
    folders.push(context.certificates_dir.clone());
    if context.cleanup_tmp_dir {
        folders.push(context.kubernetes("tmp"));
    }
    for folder in folders {
        draft.empty_dir(folder.trim_end_matches('/'))?;
    }
    for name in KUBECONFIGS {
        draft.absent(&context.kubernetes(name))?;
    }
    let mut plan = draft.finish();
    let text = "networks, packet filters and users' own kubeconfigs stay as they are";
    plan.notes.push(Note::info("reset.left", text));
    Ok(plan)
}

fn stop_kubelet(host: &dyn Host, draft: &mut crate::Draft<'_>) -> Result<(), PhaseError> {
    if host.find_program("systemctl").is_none() {
        let text = "there is no known init system: somebody has to stop the kubelet";
        draft.note(Note::warning("kubelet.not-stopped", text));
        return Ok(());
    }
    let active = Command::new("systemctl", ["is-active", "kubelet"]);
    if host.run(&active)?.is_success() {
        draft.effect(Command::new("systemctl", ["stop", "kubelet"]).into_effect("kubelet"));
    }
    Ok(())
}

/// What is mounted below the kubelet's folder, innermost first.
fn unmount(context: &ResetContext, host: &dyn Host, draft: &mut crate::Draft<'_>) {
    let mounts = host.kernel_file("/proc/mounts").unwrap_or_default();
    let below = format!("{}/", context.paths.kubelet.trim_end_matches('/'));
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(1));
    let mut points: Vec<&str> = points.filter(|point| point.starts_with(&below)).collect();
    points.sort_unstable();
    for point in points.into_iter().rev() {
        draft.push(Change::Effect(
            Command::new("umount", [point]).into_effect(point),
        ));
    }
}
