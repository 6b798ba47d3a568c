//! What an upgrade changes of the Node: the endpoint of its container runtime stands in the kubelet's own configuration now.
//!
//! Follows `cmd/kubeadm/app/phases/patchnode`.

use apply_semantics::op::ResourceRef;
use serde_json::{Value, json};

use super::context::CRI_ANNOTATION;
use crate::kubeadm::api::ApiDraft;
use crate::{Compat, PhaseError};

/// Wants no annotation with the endpoint.
pub(super) fn unannotated(wanted: &mut ApiDraft<'_, '_>, name: &str) -> Result<(), PhaseError> {
    annotation(wanted, name, None)
}

/// Wants the annotation to be this.
pub(super) fn annotated(
    wanted: &mut ApiDraft<'_, '_>,
    name: &str,
    endpoint: &str,
) -> Result<(), PhaseError> {
    annotation(wanted, name, Some(endpoint))
}

fn annotation(
    wanted: &mut ApiDraft<'_, '_>,
    name: &str,
    value: Option<&str>,
) -> Result<(), PhaseError> {
    let target = ResourceRef::of_kind("v1", "Node").all().named(name);
    let node = wanted.api().get(&target)?;
    let there = node
        .as_ref()
        .and_then(|node| node.pointer("/metadata/annotations"));
    let there = there
        .and_then(|all| all.get(CRI_ANNOTATION))
        .and_then(Value::as_str);
    if there == value {
        // kubeadm patches a Node whatever there is to patch.
        if wanted.compat() == Compat::Upstream {
            wanted.patched(target, json!({}));
        }
        return Ok(());
    }
    let patch = json!({"metadata": {"annotations": {CRI_ANNOTATION: value}}});
    wanted.patched(target, patch);
    Ok(())
}
