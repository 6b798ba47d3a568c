//! The bugs of upstream, for who needs its very answers: see [`Compat::Upstream`](crate::Compat::Upstream).

use super::{LoadOptions, gate};
use crate::{
    Compat, Diagnostic, DocumentSet, Strictness,
    decode::decode,
    kubeadm::{
        constants::{DEFAULT_TOKEN_GROUP, DEFAULT_TOKEN_TTL},
        kinds::{CLUSTER, GROUP, INIT},
        token::BootstrapToken,
        v1beta3,
    },
    scalar::Duration,
};

/// What a token is given whatever else it says.
pub(super) fn token_defaults(token: &mut BootstrapToken) {
    token.ttl.get_or_insert(DEFAULT_TOKEN_TTL);
    if token.groups.is_empty() {
        token.groups.push(DEFAULT_TOKEN_GROUP.to_owned());
    }
}

/// Every document that another command reads is ignored by each command, and all of them are read in turn.
pub(super) fn ignored(set: &DocumentSet, options: LoadOptions) -> Vec<Diagnostic> {
    let ours = set.iter().filter_map(|document| {
        let gvk = document.gvk().filter(|gvk| gvk.group() == GROUP)?;
        Some((document, gvk))
    });
    let ours: Vec<_> = ours.collect();
    let command = |kind| if kind == CLUSTER { INIT } else { kind };
    let several = ours.iter().any(|(_, gvk)| {
        ours.first().map(|first| command(first.1.kind())) != Some(command(gvk.kind()))
    });
    if options.compat == Compat::Fixed || !several {
        return Vec::new();
    }
    ours.into_iter()
        .map(|(document, gvk)| gate::ignored(document, gvk))
        .collect()
}

/// The timeout that a v1beta3 `ClusterConfiguration` leaves in the global variable; `None` if there is no such document.
pub(in crate::kubeadm) fn global_timeout(set: &DocumentSet) -> Option<Duration> {
    let document = set.by_kind(CLUSTER)?;
    document.gvk().filter(|gvk| gvk.version() == "v1beta3")?;
    let cluster: v1beta3::ClusterConfiguration = decode(document, Strictness::Ignore).value?;
    let given = cluster.api_server.timeout_for_control_plane;
    Some(given.unwrap_or(Duration::from_mins(4)))
}
