//! `bootstrap-token`: tokens, the rights of who joins with them, and what anybody may know of the cluster.
//!
//! Follows `cmd/kubeadm/app/cmd/phases/init/bootstraptoken.go`.

use std::time::SystemTime;

use componentconfig::kubeadm::token::BootstrapToken;
use serde_json::Value;

use super::api::with_api;
use super::upload::all;
use crate::kubeadm::InitContext;
use crate::kubeadm::api::{ApiDraft, target_of};
use crate::kubeadm::objects::{cluster_info, rbac, token};
use crate::kubeadm::tokens::admin_cluster;
use crate::{Compat, Cx, Node, PhaseError, Plan};

/// The phase `bootstrap-token`.
pub fn bootstrap_token() -> Node<InitContext> {
    Node::new(
        "bootstrap-token",
        "Generates bootstrap tokens used to join a node to a cluster",
    )
    .alias("bootstraptoken")
    .inherit_flags(["config", "kubeconfig", "skip-token-print", "dry-run"])
    .after(["kubeconfig", "wait-control-plane", "upload-config"])
    .run(plan)
}

fn plan(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    with_api(cx, |wanted| {
        for token in &cx.config.init.bootstrap_tokens {
            wanted_token(cx, wanted, token)?;
        }
        all(wanted, rbac::joining())?;
        let (server, authority) = admin_cluster(cx)?;
        let kubeconfig = cluster_info::kubeconfig(&server, &authority);
        wanted.object(cluster_info::config_map_of(&kubeconfig))?;
        all(wanted, cluster_info::rights())
    })
}

/// A token that is there and still lives keeps its end: a second run does not prolong it.
fn wanted_token(
    cx: &Cx<'_, InitContext>,
    wanted: &mut ApiDraft<'_, '_>,
    token: &BootstrapToken,
) -> Result<(), PhaseError> {
    let now = cx.clock.now();
    let Some(secret) = token::secret(token, now) else {
        return Ok(());
    };
    if cx.config.compat == Compat::Upstream {
        return wanted.object(secret);
    }
    let live = wanted.api().get(&target_of(&secret)?)?;
    let live = live.and_then(|live| token::of_secret(&live).ok());
    let kept = live.filter(|live| live.token == token.token && lives(live, now));
    let secret = match kept {
        Some(live) if token.ttl.is_some_and(|ttl| !ttl.is_zero()) => {
            let same = BootstrapToken {
                ttl: None,
                expires: live.expires,
                ..token.clone()
            };
            token::secret(&same, now)
        }
        _ => Some(secret),
    };
    secret.map_or(Ok(()), |secret: Value| wanted.object(secret))
}

fn lives(token: &BootstrapToken, now: SystemTime) -> bool {
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    token
        .expires
        .is_some_and(|end| u64::try_from(end.unix()).is_ok_and(|end| end > now))
}
