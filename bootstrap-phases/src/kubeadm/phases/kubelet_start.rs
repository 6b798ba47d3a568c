//! `kubelet-start`: the kubelet's files.
//!
//! Follows `cmd/kubeadm/app/cmd/phases/init/kubelet.go` and `WriteConfigToDisk` in `cmd/kubeadm/app/phases/kubelet`. The
//! kubelet itself is left alone: who runs it is for the embedder to know.

use componentconfig::{Kind as _, yaml};
use serde_json::Value;

use apply_semantics::patch::Patch;

use super::settings;
use crate::{
    Cx, Node, Note, PhaseError, Plan,
    kubeadm::{
        InitContext,
        kubelet::{self, NodeFlags},
        patches::Patches,
    },
};

const FLAGS: [&str; 6] = [
    "config",
    "image-repository",
    "cri-socket",
    "node-name",
    "patches",
    "dry-run",
];

/// The phase `kubelet-start`: writes the flags, the configuration of this node and that of the kubelet.
///
/// kubeadm stops the kubelet before and starts it after; this phase says in a note that somebody has to.
pub fn kubelet_start() -> Node<InitContext> {
    Node::new("kubelet-start", "Write kubelet settings and (re)start the kubelet")
        .long(
            "Write a file with KubeletConfiguration and an environment file with node specific kubelet settings, \
             and then (re)start kubelet.",
        )
        .inherit_flags(FLAGS)
        .outputs(["kubelet/config"])
        .run(write)
}

/// Whether the configuration of this node holds the endpoint of its container runtime; else a flag does.
pub(crate) const GATE: &str = "NodeLocalCRISocket";

fn write(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    let context = cx.config;
    let registration = &context.init.node_registration;
    let endpoint = registration.cri_socket.as_str();
    let in_config = context.cluster.feature_gates.get(GATE) != Some(&false);
    let flags = kubelet::flags(&NodeFlags {
        registration,
        host_name: &context.host.hostname.trim().to_lowercase(),
        runtime_endpoint: (!in_config).then_some(endpoint),
        with_taints: context.worker,
    });
    let document = kubelet_document(cx, in_config.then_some(endpoint))?;
    let mut draft = cx.draft();
    let folder = context.paths.kubelet.trim_end_matches('/');
    draft.dir(folder, 0o700)?;
    let mut file = |name: &str, text: String| -> Result<(), PhaseError> {
        settings(cx, &mut draft, &format!("{folder}/{name}"), 0o644, text)
    };
    file("kubeadm-flags.env", kubelet::flags_file(&flags))?;
    if in_config {
        file("instance-config.yaml", kubelet::instance_config(endpoint))?;
    }
    file("config.yaml", yaml::write(&document))?;
    let mut plan = draft.finish();
    if !plan.is_empty() {
        let text = "the kubelet is not restarted here: it sees the new files when it starts";
        plan.notes.push(Note::info("kubelet.not-restarted", text));
    }
    Ok(plan)
}

/// The kubelet's configuration on this node: the cluster's, patched by the user, with this endpoint of the container runtime.
pub(crate) fn kubelet_document(
    cx: &Cx<'_, InitContext>,
    endpoint: Option<&str>,
) -> Result<Value, PhaseError> {
    let document = patched(cx)?;
    match endpoint {
        Some(endpoint) => for_this_node(document, endpoint),
        None => Ok(document),
    }
}

/// The cluster's configuration with the user's patches.
fn patched(cx: &Cx<'_, InitContext>) -> Result<Value, PhaseError> {
    let document = cx.config.kubelet.to_document();
    match cx.config.patches_folder() {
        None => Ok(document),
        Some(folder) => {
            let patches = Patches::read(cx.files, folder)?;
            Ok(patches.apply("kubeletconfiguration", document, None)?)
        }
    }
}

/// The configuration with what belongs to this node: it counts more than the user's patches.
fn for_this_node(document: Value, endpoint: &str) -> Result<Value, PhaseError> {
    Patch::Strategic(kubelet::instance_patch(endpoint))
        .apply(document, None)
        .map_err(|error| {
            let text = format!("the patched kubelet configuration is none: {error}");
            PhaseError::invalid("patches.invalid-kubelet-configuration", text)
        })
}
