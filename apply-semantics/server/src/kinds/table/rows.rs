//! The cells of each kind, by groups of kinds.

mod core;
mod events;
mod networking;
mod others;
mod workloads;

use serde_json::{Value, json};

use super::{
    super::read::{at, flag, text},
    autoscaling, cells,
};

/// What stands in a row.
pub(super) enum Row {
    /// The cells behind the name; the age where there is none.
    Between(Vec<Option<Value>>),
    /// All cells.
    Whole(Vec<Value>),
}

/// The row of an object of a kind that has columns of its own.
pub(super) fn row(object: &Value, now: &str) -> Option<Row> {
    let (group, kind) = (text(object, "apiVersion"), text(object, "kind"));
    let group = group.rsplit_once('/').map_or("", |(group, _)| group);
    let cells = match (group, kind) {
        ("", "Event") | ("events.k8s.io", _) => {
            return Some(Row::Whole(events::event(object, now)));
        }
        ("", kind) => core::core(kind, object, now)?,
        ("apps", kind) => workloads::apps(kind, object)?,
        ("batch", kind) => workloads::batch(kind, object, now)?,
        ("autoscaling", _) => autoscaling::row(object),
        ("policy", _) => others::disruption_budget(object),
        ("networking.k8s.io", kind) => networking::networking(kind, object)?,
        ("discovery.k8s.io", _) => networking::endpoint_slice(object),
        ("rbac.authorization.k8s.io", kind) if kind.ends_with("Binding") => others::binding(object),
        ("storage.k8s.io", kind) => others::storage(kind, object)?,
        ("coordination.k8s.io", "Lease") => {
            vec![
                Some(json!(text(at(object, "spec"), "holderIdentity"))),
                None,
            ]
        }
        ("certificates.k8s.io", _) => others::signing_request(object),
        ("scheduling.k8s.io", _) => vec![
            Some(cells::number(object, "value")),
            Some(json!(flag(object, "globalDefault"))),
            None,
            Some(json!(text(object, "preemptionPolicy"))),
        ],
        ("node.k8s.io", _) => vec![Some(json!(text(object, "handler"))), None],
        ("admissionregistration.k8s.io", kind) if text(object, "apiVersion").ends_with("/v1") => {
            others::admission(kind, object)?
        }
        ("flowcontrol.apiserver.k8s.io", kind) => others::flow_control(kind, object),
        ("resource.k8s.io", kind) if text(object, "apiVersion").ends_with("/v1") => {
            others::devices(kind, object)?
        }
        _ => return None,
    };
    Some(Row::Between(cells))
}
