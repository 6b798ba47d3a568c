//! The node's member of etcd.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{as_init, only_for_control_planes};
use crate::kubeadm::join::context::{Found, JoinContext};
use crate::kubeadm::join::etcd::ETCD_PORT;
use crate::kubeadm::{net, phases};
use crate::{Change, Cx, Effect, Note, PhaseError, Plan};

pub(super) fn check_etcd(cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
    if !cx.config.is_control_plane() {
        return Ok(only_for_control_planes());
    }
    match &cx.config.etcd {
        Some(etcd) if !cx.config.join.dry_run => etcd.members().map(|_| Plan::up_to_date()),
        _ => Ok(Plan::up_to_date()),
    }
}

/// One step a plan: the member is added, then its manifest is written, then it gets its vote. Each step sees what is there, so
/// that a member is never added twice.
pub(super) fn etcd_join(cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
    if !cx.config.is_control_plane() {
        return Ok(only_for_control_planes());
    }
    let found = cx.config.found(cx)?;
    if found.init.external_etcd() {
        let note = Note::info("etcd.external", "etcd runs elsewhere");
        return Ok(Plan {
            notes: vec![note],
            ..Plan::up_to_date()
        });
    }
    let there = cx
        .files
        .stat(&format!("{}/etcd.yaml", found.init.manifests_dir()))?
        .is_some();
    let Some(etcd) = &cx.config.etcd else {
        if cx.config.join.dry_run && !there {
            let mut plan = as_init(cx, &found, &phases::etcd().children)?;
            let text = "the members of etcd are not known: its manifest will name them";
            plan.notes.push(Note::info("etcd.no-client", text));
            return Ok(plan);
        }
        let note = Note::warning(
            "etcd.no-client",
            "there is no client of etcd: its member has to be added otherwise",
        );
        return Ok(Plan {
            notes: vec![note],
            ..Plan::up_to_date()
        });
    };
    let address = net::advertised_address(&found.init.init.local_api_endpoint.advertise_address)?;
    let peer_url = match address {
        std::net::IpAddr::V4(address) => format!("https://{address}:2380"),
        std::net::IpAddr::V6(address) => format!("https://[{address}]:2380"),
    };
    let members = etcd.members()?;
    let own = members
        .iter()
        .find(|member| member.peer_urls.contains(&peer_url));
    let mut init = found.init.clone();
    init.etcd_members = members
        .iter()
        .filter(|member| !member.peer_urls.contains(&peer_url))
        .flat_map(|member| {
            member
                .peer_urls
                .iter()
                .map(|url| (member.name.clone(), url.clone()))
        })
        .collect();
    let node = phases::etcd();
    let found = Arc::new(Found {
        cluster: found.cluster.clone(),
        credentials: found.credentials.clone(),
        init,
    });
    let effect = |what: &str, title: String, data: Value| {
        let effect = Effect::new(ETCD_PORT, peer_url.clone(), title, json!({what: data}));
        let undo = json!({"removeAt": peer_url});
        let title = format!("remove the member at {peer_url} from etcd");
        Change::Effect(effect.undone_by(Effect::new(ETCD_PORT, peer_url.clone(), title, undo)))
    };
    let mut plan = Plan::up_to_date();
    if own.is_none() {
        plan.changes.push(effect(
            "add",
            format!("add a learner at {peer_url} to etcd"),
            json!(peer_url),
        ));
    }
    if !there {
        plan.changes
            .extend(as_init(cx, &found, &node.children)?.changes);
    }
    if own.is_none_or(|member| member.learner) {
        plan.changes.push(effect(
            "promote",
            format!("give the member at {peer_url} its vote"),
            json!(peer_url),
        ));
    }
    Ok(plan)
}
