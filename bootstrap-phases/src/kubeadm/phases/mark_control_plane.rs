//! `mark-control-plane`: the node says what it is for.
//!
//! Follows `cmd/kubeadm/app/cmd/phases/init/markcontrolplane.go`.

use apply_semantics::op::{Refusal, ResourceRef};
use serde_json::Value;

use super::api::with_api;
use crate::kubeadm::InitContext;
use crate::kubeadm::api::{error_of, undo_of_marks};
use crate::kubeadm::objects::node;
use crate::{Compat, Cx, Node, PhaseError, Plan};

/// The phase `mark-control-plane`: adds the labels and taints of a control-plane node, and takes none away.
pub fn mark_control_plane() -> Node<InitContext> {
    Node::new("mark-control-plane", "Mark a node as a control-plane")
        .inherit_flags(["node-name", "config", "dry-run"])
        .after(["wait-control-plane", "upload-config"])
        .run(mark)
}

fn mark(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    let registration = &cx.config.init.node_registration;
    with_api(cx, |wanted| {
        let target = ResourceRef::of_kind("v1", "Node")
            .all()
            .named(&registration.name);
        let there = wanted.api().get(&target)?;
        let Some(there) = there.filter(has_host_name) else {
            if cx.config.compat == Compat::Upstream {
                // kubeadm finds out once it has made sure of its rights.
                let refusal = Refusal::not_found(&target);
                wanted.refused(&error_of("mark the node", &refusal));
                return Ok(());
            }
            let text = format!("{target}: the kubelet has not registered it yet");
            return Err(PhaseError::not_yet("node.not-registered", text));
        };
        let taints = registration.taints.as_deref().unwrap_or_default();
        let patch = node::patch(&there, taints);
        let empty = patch.as_object().is_none_or(serde_json::Map::is_empty);
        if !empty || cx.config.compat == Compat::Upstream {
            let (labels, taints) = node::added(&there, &patch);
            let undo = undo_of_marks(&target, &labels, &taints);
            let request = wanted.patching(target, patch);
            wanted.request(request.undone_by(undo));
        }
        Ok(())
    })
}

/// A node that the kubelet has not filled in yet lacks its host's name.
fn has_host_name(node: &Value) -> bool {
    node.pointer("/metadata/labels/kubernetes.io~1hostname")
        .is_some()
}
