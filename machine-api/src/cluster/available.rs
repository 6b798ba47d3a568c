//! Whether a Cluster can be used.

use super::Observed;
use crate::{
    conditions::{Summary, told},
    core::v1beta2::ConditionPolarity,
    meta::{Condition, ConditionStatus},
};

/// What always counts.
const GATES: [&str; 6] = [
    "Deleting",
    "RemoteConnectionProbe",
    "InfrastructureReady",
    "ControlPlaneAvailable",
    "WorkersAvailable",
    "TopologyReconciled",
];

/// Reasons for which a topology that is not as it is to be is a fault; for all others it is on its way.
const FAULTS: [&str; 2] = ["ReconcileFailed", "ClusterClassNotReconciled"];

impl Observed<'_> {
    pub(super) fn available(&self, conditions: &[Condition]) -> Condition {
        let own = &self.cluster.spec.availability_gates;
        let gates = if own.is_empty() {
            self.class_gates
        } else {
            own
        };
        let mut kinds = GATES.to_vec();
        kinds.extend(gates.iter().map(|gate| gate.condition_type.as_str()));
        let negative = gates
            .iter()
            .filter(|gate| gate.polarity == ConditionPolarity::Negative)
            .map(|gate| gate.condition_type.as_str());
        let negative: Vec<&str> = ["Deleting"].into_iter().chain(negative).collect();
        let optional: &[&str] = if self.has_topology() {
            &[]
        } else {
            &["TopologyReconciled"]
        };
        let summary = Summary::of(&kinds)
            .negative(&negative)
            .optional(optional)
            .harmless(if self.cluster.metadata.is_deleting() {
                is_harmless_at_the_end
            } else {
                is_on_its_way
            });
        match summary.compute("Available", conditions) {
            Ok(available) => Condition {
                reason: match available.status {
                    ConditionStatus::True => "Available",
                    ConditionStatus::False => "NotAvailable",
                    _ => "AvailableUnknown",
                }
                .to_owned(),
                ..available
            },
            Err(_) => told(
                "Available",
                ConditionStatus::Unknown,
                "InternalError",
                "Please check controller logs for errors",
            ),
        }
    }
}

fn is_on_its_way(condition: &Condition) -> bool {
    condition.r#type == "TopologyReconciled"
        && condition.status == ConditionStatus::False
        && !FAULTS.contains(&condition.reason.as_str())
}

/// What a Cluster is made of goes before itself.
fn is_harmless_at_the_end(condition: &Condition) -> bool {
    let gone = ["InfrastructureReady", "ControlPlaneAvailable"];
    let reasons = ["ObjectDeleted", "ObjectDoesNotExist"];
    is_on_its_way(condition)
        || (gone.contains(&condition.r#type.as_str())
            && reasons.contains(&condition.reason.as_str()))
}
