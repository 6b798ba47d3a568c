//! Whether an object is left as it is.

use super::told;
use crate::{
    core::v1beta2::Cluster,
    facts, labels,
    meta::{Condition, ConditionStatus, ObjectMeta},
};

/// The condition `Paused` of an object of a cluster.
pub(crate) fn paused(cluster: &Cluster, metadata: &ObjectMeta, kind: &str) -> Condition {
    let mut messages = Vec::new();
    if cluster.spec.paused == Some(true) {
        messages.push("Cluster spec.paused is set to true".to_owned());
    }
    if facts::has_annotation(metadata, labels::PAUSED) {
        messages.push(format!("{kind} has the {} annotation", labels::PAUSED));
    }
    if messages.is_empty() {
        return told("Paused", ConditionStatus::False, "NotPaused", "");
    }
    told(
        "Paused",
        ConditionStatus::True,
        "Paused",
        &messages.join(", "),
    )
}
