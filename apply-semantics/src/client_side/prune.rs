//! What apply deletes because no manifest names it any more.
//!
//! Follows k8s.io/kubectl `pkg/cmd/apply/prune.go` and `pkg/util/prune`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    DryRun, Failure, Kind, Kinds, Options, Request, annotation,
    exchange::{Exchange, Play},
    object,
};
use crate::{
    labels::Selector,
    op::{CollectionRef, ListOptions, ObjectRef},
};

/// Pruning by labels: of the allowed kinds, everything that was applied once, matches, and was not applied now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelPruning {
    /// Which objects; `None` for all (`--all`).
    pub selector: Option<Selector>,
    /// The kinds that are looked at, as `group/version/Kind` with group `core` for the core group (`--prune-allowlist`). If there is
    /// none, a list of kinds that most programs are made of.
    pub allowlist: Vec<String>,
}

/// The kinds that are looked at if none are named, in kubectl's order.
const DEFAULT_KINDS: [(&str, &str); 16] = [
    ("v1", "ConfigMap"),
    ("v1", "Endpoints"),
    ("v1", "Namespace"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "PersistentVolume"),
    ("v1", "Pod"),
    ("v1", "ReplicationController"),
    ("v1", "Secret"),
    ("v1", "Service"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("networking.k8s.io/v1", "Ingress"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "ReplicaSet"),
    ("apps/v1", "StatefulSet"),
];

impl LabelPruning {
    /// The kinds that are looked at.
    pub(super) fn kinds<'a>(&self, kinds: &'a Kinds) -> Result<Vec<&'a Kind>, Failure> {
        let find = |api_version: &str, kind: &str| {
            kinds
                .find(api_version, kind)
                .ok_or_else(|| Failure::UnknownKind {
                    api_version: api_version.to_owned(),
                    kind: kind.to_owned(),
                })
        };
        if self.allowlist.is_empty() {
            let default = DEFAULT_KINDS.iter();
            return default.map(|(version, kind)| find(version, kind)).collect();
        }
        let named = |entry: &String| {
            let parts: Vec<_> = entry.split('/').collect();
            match parts[..] {
                ["" | "core", version, kind] => find(version, kind),
                [group, version, kind] => find(&format!("{group}/{version}"), kind),
                _ => Err(Failure::Options("an allowed kind is group/version/kind")),
            }
        };
        self.allowlist.iter().map(named).collect()
    }
}

/// What was applied, and must not be pruned.
#[derive(Debug, Clone, Default)]
pub(super) struct Visited {
    pub(super) uids: BTreeSet<String>,
    pub(super) namespaces: BTreeSet<String>,
}

/// Looks through the namespaces that were visited, and then outside of namespaces.
pub(super) fn play(
    exchange: &mut Exchange<'_>,
    pruning: &LabelPruning,
    kinds: &Kinds,
    visited: &Visited,
    options: &Options,
) -> Play<Vec<ObjectRef>> {
    let kinds = pruning.kinds(kinds)?;
    let (within, outside): (Vec<_>, Vec<_>) = kinds.into_iter().partition(|kind| kind.namespaced);
    let namespaces = visited.namespaces.iter();
    let inner = namespaces.flat_map(|namespace| {
        within
            .iter()
            .map(move |kind| kind.resource.clone().within(namespace))
    });
    let outer = outside.iter().map(|kind| kind.resource.clone().all());
    let mut pruned = Vec::new();
    for collection in inner.chain(outer) {
        let selector = pruning.selector.as_ref().map(ToString::to_string);
        let applied = |object: &Value| annotation::last_applied(object).is_some();
        for object in list(exchange, &collection, selector.as_deref(), &visited.uids)?
            .into_iter()
            .filter(|object| applied(object))
        {
            pruned.extend(delete(exchange, &collection, object, options)?);
        }
    }
    Ok(pruned)
}

/// The objects of a collection that were not visited.
pub(super) fn list<'x>(
    exchange: &mut Exchange<'x>,
    collection: &CollectionRef,
    label_selector: Option<&str>,
    visited: &BTreeSet<String>,
) -> Play<Vec<&'x Value>> {
    let request = || {
        let options = ListOptions {
            label_selector: label_selector.map(str::to_owned),
            ..ListOptions::default()
        };
        Request::list(collection.clone(), options)
    };
    let crate::op::Outcome::List(found) = exchange.must(request)? else {
        return Ok(Vec::new());
    };
    let unvisited =
        |object: &&Value| !object::text(object, "uid").is_some_and(|uid| visited.contains(uid));
    Ok(found.items.iter().filter(unvisited).collect())
}

/// Deletes an object of a collection, unless nothing is written.
pub(super) fn delete(
    exchange: &mut Exchange<'_>,
    collection: &CollectionRef,
    object: &Value,
    options: &Options,
) -> Play<Option<ObjectRef>> {
    let Some(name) = object::text(object, "name") else {
        return Ok(None);
    };
    let reference = collection.clone().named(name);
    if options.dry_run != DryRun::Client {
        exchange.must(|| Request::delete(reference.clone(), options.delete()).in_full())?;
    }
    Ok(Some(reference))
}
