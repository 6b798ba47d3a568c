//! The phases of `upgrade apply` and `upgrade node`.

use super::context::{Found, UpgradeContext};
use super::control_plane::ControlPlane;
use super::node::{annotated, unannotated};
use super::{health, kubelet};
use crate::kubeadm::InitContext;
use crate::kubeadm::objects::{cluster_info, rbac};
use crate::kubeadm::phases::api::with_api;
use crate::kubeadm::phases::{self as init, NODE_LOCAL_CRI_SOCKET, all, noted};
use crate::kubeadm::upgrade::versions::ClusterVersions;
use crate::{Cx, Node, Note, PhaseError, Plan};

const UPLOAD: [&str; 3] = ["config", "kubeconfig", "dry-run"];
const WITH_PATCHES: [&str; 4] = ["config", "kubeconfig", "dry-run", "patches"];

/// Those of `upgrade apply`, in kubeadm's order.
pub(super) fn apply() -> Vec<Node<UpgradeContext>> {
    vec![
        Node::new("preflight", "Run preflight checks before upgrade")
            .inherit_flags(["config", "kubeconfig", "force", "dry-run"])
            .inherit_flags(["ignore-preflight-errors", "allow-experimental-upgrades"])
            .inherit_flags(["allow-release-candidate-upgrades", "yes"])
            .run(health::check_apply),
        Node::new("control-plane", "Upgrade the control plane")
            .inherit_flags(["config", "kubeconfig", "dry-run"])
            .inherit_flags(["certificate-renewal", "etcd-upgrade", "patches"])
            .run(ControlPlane),
        upload_config(),
        kubeconfig(),
        kubelet_config(),
        Node::new(
            "bootstrap-token",
            "Configures bootstrap token and cluster-info RBAC rules",
        )
        .inherit_flags(UPLOAD)
        .run(joining_rights),
        addon(),
        post_upgrade(),
    ]
}

/// Those of `upgrade node`, in kubeadm's order.
pub(super) fn node() -> Vec<Node<UpgradeContext>> {
    vec![
        Node::new("preflight", "Run upgrade node pre-flight checks")
            .inherit_flags(["config", "ignore-preflight-errors"])
            .run(health::check_node),
        Node::new(
            "control-plane",
            "Upgrade the control plane instance deployed on this node, if any",
        )
        .inherit_flags(["config", "dry-run", "kubeconfig"])
        .inherit_flags(["certificate-renewal", "etcd-upgrade", "patches"])
        .run(ControlPlane),
        kubeconfig(),
        kubelet_config(),
        addon(),
        post_upgrade(),
    ]
}

fn upload_config() -> Node<UpgradeContext> {
    let short = "Upload the kubeadm and kubelet configurations to ConfigMaps";
    Node::new("upload-config", short)
        .alias("uploadconfig")
        .children([
            Node::run_all("Upload all the configurations to ConfigMaps").inherit_flags(UPLOAD),
            Node::new(
                "kubeadm",
                "Upload the kubeadm ClusterConfiguration to a ConfigMap",
            )
            .inherit_flags(UPLOAD)
            .run(upload_cluster),
            Node::new("kubelet", "Upload the kubelet configuration to a ConfigMap")
                .inherit_flags(UPLOAD)
                .run(upload_kubelet),
        ])
}

fn kubeconfig() -> Node<UpgradeContext> {
    Node::new("kubeconfig", "Upgrade kubeconfig files for this node")
        .hidden()
        .inherit_flags(["config", "dry-run", "kubeconfig"])
        .run(kubelet::local_kubeconfig)
}

fn kubelet_config() -> Node<UpgradeContext> {
    let short = "Upgrade the kubelet configuration for this node";
    Node::new("kubelet-config", short)
        .inherit_flags(["config", "dry-run", "kubeconfig", "patches"])
        .run(kubelet::config)
}

fn addon() -> Node<UpgradeContext> {
    Node::new("addon", "Upgrade the default kubeadm addons").children([
        Node::run_all("Upgrade all the addons").inherit_flags(WITH_PATCHES),
        Node::new("coredns", "Upgrade the CoreDNS addon")
            .inherit_flags(WITH_PATCHES)
            .run(|cx: &Cx<'_, UpgradeContext>| addon_of(cx, "coredns")),
        Node::new("kube-proxy", "Upgrade the kube-proxy addon")
            .inherit_flags(UPLOAD)
            .run(|cx: &Cx<'_, UpgradeContext>| addon_of(cx, "kube-proxy")),
    ])
}

fn post_upgrade() -> Node<UpgradeContext> {
    Node::new("post-upgrade", "Run post upgrade tasks")
        .inherit_flags(UPLOAD)
        .run(kubelet::clean_up)
}

/// Plans with the configuration of the upgraded cluster.
fn as_init(
    cx: &Cx<'_, UpgradeContext>,
    found: &Found,
    plan: impl FnOnce(&Cx<'_, InitContext>) -> Result<Plan, PhaseError>,
) -> Result<Plan, PhaseError> {
    plan(&Cx::new(found.init()?, cx.files, cx.clock, cx.cancel))
}

/// Plans a phase of `init` by its name below a group.
fn child(
    cx: &Cx<'_, InitContext>,
    group: &Node<InitContext>,
    name: &str,
) -> Result<Plan, PhaseError> {
    let node = group.children.iter().find(|node| node.name() == name);
    match node.and_then(|node| node.phase.as_ref()) {
        Some(phase) => phase.plan(cx),
        None => Ok(Plan::up_to_date()),
    }
}

fn upload_cluster(cx: &Cx<'_, UpgradeContext>) -> Result<Plan, PhaseError> {
    let found = cx.config.found(cx)?;
    as_init(cx, &found, |cx| {
        child(cx, &init::upload_config(), "kubeadm")
    })
}

fn upload_kubelet(cx: &Cx<'_, UpgradeContext>) -> Result<Plan, PhaseError> {
    let found = cx.config.found(cx)?;
    as_init(cx, &found, |cx| {
        let mut plan = child(cx, &init::upload_config(), "kubelet")?;
        let registration = &cx.config.init.node_registration;
        let local = cx.config.cluster.feature_gates.get(NODE_LOCAL_CRI_SOCKET) != Some(&false);
        let node = with_api(cx, |wanted| {
            if local {
                unannotated(wanted, &registration.name)
            } else {
                annotated(wanted, &registration.name, &registration.cri_socket)
            }
        })?;
        plan.changes.extend(node.changes);
        Ok(plan)
    })
}

fn joining_rights(cx: &Cx<'_, UpgradeContext>) -> Result<Plan, PhaseError> {
    let found = cx.config.found(cx)?;
    as_init(cx, &found, |cx| {
        with_api(cx, |wanted| {
            all(wanted, rbac::joining())?;
            all(wanted, cluster_info::rights())
        })
    })
}

/// An add-on is upgraded with the last of the control planes: until then it may have to serve both.
fn addon_of(cx: &Cx<'_, UpgradeContext>, name: &str) -> Result<Plan, PhaseError> {
    let found = cx.config.found(cx)?;
    let left = |text: String| Ok(noted(Note::info("upgrade.addon-left", text)));
    if !found.control_plane {
        return left(format!("{name} is upgraded from control-plane nodes"));
    }
    let cluster = &found.init()?.cluster;
    let disabled = if name == "coredns" {
        cluster.dns.disabled
    } else {
        cluster.proxy.disabled
    };
    if disabled {
        return left(format!("{name} is switched off in the configuration"));
    }
    let node = &found.init()?.init.node_registration.name;
    let versions = ClusterVersions::read(&cx.config.api)?;
    let mut here = versions.api_servers.values();
    if !here.any(|nodes| nodes.contains(node)) {
        let text = format!("there is no Pod of the API server of {node}");
        return Err(PhaseError::not_yet("upgrade.no-api-server", text));
    }
    let other = versions
        .api_servers
        .values()
        .filter(|nodes| !nodes.contains(node));
    let other: Vec<&str> = other.flatten().map(String::as_str).collect();
    if !other.is_empty() {
        let text = format!(
            "{name} waits for the control planes that are not upgraded: {}",
            other.join(", ")
        );
        return left(text);
    }
    as_init(cx, &found, |cx| child(cx, &init::addon(), name))
}
