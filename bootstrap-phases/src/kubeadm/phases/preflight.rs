//! `preflight`: whether the host can become a control-plane node.
//!
//! Follows `cmd/kubeadm/app/cmd/phases/init/preflight.go`. Images are not pulled here: `config images pull` does that.

use super::{NOTHING, noted};
use crate::kubeadm::InitContext;
use crate::kubeadm::preflight::{self, Check, Facts, OWN_VERSION};
use crate::{Cx, Node, Note, PhaseError, Plan};

const FLAGS: [&str; 5] = [
    "config",
    "image-repository",
    "cri-socket",
    "ignore-preflight-errors",
    "dry-run",
];

/// The phase `preflight`: looks, and changes nothing.
pub fn preflight() -> Node<InitContext> {
    Node::new("preflight", "Run pre-flight checks")
        .inherit_flags(FLAGS)
        .after(NOTHING)
        .run(check)
}

fn check(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    let context = cx.config;
    let Some(host) = &context.machine else {
        return Ok(noted(Note::info(
            "preflight.no-host",
            "the host is not looked at",
        )));
    };
    let mut checks = vec![Check::Root];
    checks.extend(preflight::init(
        &context.init,
        &context.cluster,
        false,
        false,
    ));
    let facts = Facts {
        host: host.as_ref(),
        files: cx.files,
        environment: &context.host.environment,
        own_version: OWN_VERSION,
    };
    let ignored = &context.init.node_registration.ignore_preflight_errors;
    let notes = preflight::run(&checks, &facts, ignored).into_result()?;
    Ok(Plan {
        notes,
        ..Plan::up_to_date()
    })
}
