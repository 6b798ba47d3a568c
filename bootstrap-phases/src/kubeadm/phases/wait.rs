//! `wait-control-plane` and `show-join-command`.
//!
//! Follows `cmd/kubeadm/app/cmd/phases/init/{waitcontrolplane,showjoincommand}.go`.

use std::time::Duration;

use apply_semantics::op::{Operation, Reason, ResourceRef};

use super::health::all_healthy;
use super::{missing, noted};
use crate::kubeadm::InitContext;
use crate::kubeadm::tokens::JoinCommand;
use crate::{Compat, Cx, Node, Note, Phase, PhaseError, Plan, RetryPolicy};

const HEALTH_CHECK: Duration = Duration::from_secs(4 * 60);

/// The phase `wait-control-plane`: until the API answers, and, with a client ([`InitContext::http`]), the kubelet, the API server, the
/// controller manager and the scheduler of this node say that they are healthy.
pub fn wait_control_plane() -> Node<InitContext> {
    Node::new("wait-control-plane", "Wait for the control plane to start")
        .after(["kubeconfig", "etcd", "control-plane", "kubelet-start"])
        .run(Wait)
}

struct Wait;

impl Phase<InitContext> for Wait {
    fn plan(&self, cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
        let Some(api) = &cx.config.api else {
            return Ok(noted(Note::info("api.none", "no API is configured")));
        };
        if cx.config.init.dry_run {
            return shown(cx);
        }
        let system = ResourceRef::of_kind("v1", "Namespace")
            .all()
            .named("kube-system");
        match api.execute(&Operation::get(system)) {
            Err(refusal) if is_absent(refusal.reason) => {
                let text = format!("the API server does not answer: {refusal}");
                Err(PhaseError::not_yet("api.not-up", text))
            }
            // Any answer is one.
            _ => all_healthy(cx).map(|()| Plan::up_to_date()),
        }
    }

    fn retry(&self, cx: &Cx<'_, InitContext>) -> RetryPolicy {
        let timeouts = cx.config.init.timeouts.as_ref();
        let limit = |limit: Option<componentconfig::scalar::Duration>| {
            let limit = limit.and_then(|limit| u64::try_from(limit.as_nanos()).ok());
            limit.map_or(HEALTH_CHECK, Duration::from_nanos)
        };
        let kubelet = limit(timeouts.and_then(|limits| limits.kubelet_health_check));
        let components =
            limit(timeouts.and_then(|limits| limits.control_plane_component_health_check));
        // The kubelet has its time first, and then what it starts.
        let kubelet = cx.config.http.as_ref().map_or(Duration::ZERO, |_| kubelet);
        RetryPolicy::new().deadline(kubelet.saturating_add(components))
    }
}

/// The dry run of kubeadm shows here what it has written, and stops if a phase that writes some of it was skipped.
fn shown(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    if cx.config.compat == Compat::Fixed || cx.config.worker {
        return Ok(Plan::up_to_date());
    }
    let manifests = cx.config.manifests_dir();
    let kubelet = cx.config.paths.kubelet.trim_end_matches('/');
    let components = [
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
    ];
    let manifests = components.map(|component| format!("{manifests}/{component}.yaml"));
    let files = ["config.yaml", "kubeadm-flags.env"].map(|name| format!("{kubelet}/{name}"));
    for path in manifests.iter().chain(&files) {
        if cx.files.stat(path)?.is_none() {
            return Err(missing(path).into());
        }
    }
    Ok(Plan::up_to_date())
}

fn is_absent(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Unreachable | Reason::ServiceUnavailable | Reason::Timeout | Reason::ServerTimeout
    )
}

/// The phase `show-join-command`: says how other nodes join. The command holds a token; the note says where to get it.
pub fn show_join_command() -> Node<InitContext> {
    Node::new(
        "show-join-command",
        "Show the join command for control-plane and worker node",
    )
    .dependencies(["bootstrap-token", "upload-certs"])
    .run(show)
}

fn show(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    let command = JoinCommand::of_admin(cx)?;
    let text = format!("other nodes join with: {}", command.without_secrets());
    Ok(noted(Note::info("join.command", text)))
}
