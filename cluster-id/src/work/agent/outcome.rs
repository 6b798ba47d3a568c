//! The status of a bundle by what came of its objects.

use std::collections::BTreeMap;

use componentconfig::core::Time;
use serde_json::Value;

use crate::{
    Condition, ConditionStatus,
    reconcile::{Ended, ObjectId, Readiness, Report},
    update_conditions,
};

use super::{
    super::{
        Health, ManifestCondition, ManifestOutcome, ResourceIdentifier, Work, WorkStatus,
        aggregate, find,
    },
    bundle::{Bundle, object_of},
};

const TYPES: [&str; 4] = ["Applied", "Progressing", "Available", "Degraded"];

/// The status of a bundle that is to be in the cluster.
pub(super) fn status(
    work: &Work,
    bundle: &Bundle,
    report: &Report,
    live: &BTreeMap<ObjectId, Value>,
    readiness: &dyn Readiness,
    now: Time,
) -> WorkStatus {
    let ended: BTreeMap<&ObjectId, &Ended> = report
        .ended
        .iter()
        .map(|ended| (&ended.object, ended))
        .collect();
    let mut outcomes = Vec::new();
    let mut manifests = Vec::new();
    for (place, identifier) in bundle.identifiers.iter().enumerate() {
        let object = object_of(identifier);
        let refused = bundle.refused.get(&place).cloned();
        let refused = refused.or_else(|| match ended.get(&object) {
            Some(ended) if ended.ending.is_failure() => Some(ended.reasons.join("; ")),
            Some(_) => None,
            None => Some("it is not applied yet".to_owned()),
        });
        let there = live.get(&object);
        let outcome = match refused {
            Some(why) => ManifestOutcome::refused(why),
            None => ManifestOutcome::applied(
                there.map_or(Health::Unknown, |live| readiness.health(live)),
            ),
        };
        let generation = there.and_then(|live| live.pointer("/metadata/generation")?.as_i64());
        manifests.push(manifest(work, identifier, &outcome, generation, now));
        outcomes.push(outcome);
    }
    let mut conditions = work.status.conditions.clone();
    let desired = aggregate(&outcomes);
    update_conditions(&mut conditions, &desired, &TYPES, generation_of(work), now);
    WorkStatus {
        conditions,
        manifest_conditions: manifests,
    }
}

/// The status of a bundle that is to go, and is not gone: only said once something stands in the way.
pub(super) fn leaving(work: &Work, report: &Report, now: Time) -> WorkStatus {
    let why: Vec<String> = report.failures().map(ToString::to_string).collect();
    let mut status = work.status.clone();
    if !why.is_empty() {
        let degraded = Condition::new(
            "Degraded",
            ConditionStatus::True,
            "CleanupFailed",
            why.join("; "),
        );
        let generation = generation_of(work);
        update_conditions(&mut status.conditions, &[degraded], &[], generation, now);
    }
    status
}

fn generation_of(work: &Work) -> Option<i64> {
    work.metadata.rest.get("generation").and_then(Value::as_i64)
}

/// The conditions of one manifest: `Applied` and `Available`, at the generation of the object in the cluster.
fn manifest(
    work: &Work,
    identifier: &ResourceIdentifier,
    outcome: &ManifestOutcome,
    generation: Option<i64>,
    now: Time,
) -> ManifestCondition {
    use ConditionStatus::{False, True, Unknown};
    let applied = match &outcome.refusal {
        None => Condition::new("Applied", True, "AppliedManifestComplete", "it is applied"),
        Some(why) => Condition::new("Applied", False, "AppliedManifestFailed", why),
    };
    let (status, reason, message) = match &outcome.health {
        Health::Available => (True, "AsExpected", "it is available"),
        Health::Progressing(why) => (False, "Progressing", why.as_str()),
        Health::Degraded(why) => (False, "Degraded", why.as_str()),
        Health::Unknown => (Unknown, "Unknown", "its state is not known"),
    };
    let available = Condition::new("Available", status, reason, message);
    let before = &work.status.manifest_conditions;
    let before = find(identifier, before).and_then(|place| before.get(place));
    let mut conditions = before.map_or_else(Vec::new, |before| before.conditions.clone());
    update_conditions(
        &mut conditions,
        &[applied, available],
        &TYPES,
        generation,
        now,
    );
    ManifestCondition {
        identifier: identifier.clone(),
        conditions,
    }
}
