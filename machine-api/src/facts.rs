//! What labels, annotations and conditions say about a machine.

use crate::{
    conditions::has_status,
    core::v1beta2::{Cluster, Machine},
    labels,
    meta::{Condition, ConditionStatus, ObjectMeta},
};

/// The hook of the extension that updates a machine in place.
const UPDATE_MACHINE: &str = "UpdateMachine";

/// Whether a machine has a node, and neither its node nor a health check is known to be bad.
///
/// What is unknown counts as good. Follows `isMachineHealthy` of Cluster API's MachineSet controller.
pub fn is_healthy(machine: &Machine) -> bool {
    let conditions = &machine.status.conditions;
    let is_false = |condition: &Condition| condition.status == ConditionStatus::False;
    let bad = |kind| has_status(conditions, kind, &ConditionStatus::False);
    !machine.status.node_ref.name.is_empty()
        // Of a healthy machine hardly any condition is false, which is seen without a look at their names.
        && !(conditions.iter().any(is_false) && (bad("NodeHealthy") || bad("HealthCheckSucceeded")))
}

/// Whether a health check failed and the owner of the machine was asked to do something about it.
///
/// Follows `collections.IsUnhealthyAndOwnerRemediated` of Cluster API.
pub fn awaits_remediation(machine: &Machine) -> bool {
    let failed = |kind| has_status(&machine.status.conditions, kind, &ConditionStatus::False);
    failed("HealthCheckSucceeded") && failed("OwnerRemediated")
}

/// Whether a machine is being updated in place, or is about to be.
pub fn is_update_in_progress(machine: &Machine) -> bool {
    let annotations = &machine.metadata.annotations;
    annotations.contains_key(labels::UPDATE_IN_PROGRESS)
        || annotations
            .get(labels::PENDING_HOOKS)
            .is_some_and(|hooks| hooks.split(',').any(|hook| hook == UPDATE_MACHINE))
}

/// Whether a machine came from another MachineSet and is not counted yet.
pub fn is_pending_acknowledge_move(machine: &Machine) -> bool {
    has_annotation(&machine.metadata, labels::PENDING_ACKNOWLEDGE_MOVE)
}

/// Whether a machine belongs to a control plane.
pub fn is_control_plane(machine: &Machine) -> bool {
    machine.metadata.labels.contains_key(labels::CONTROL_PLANE)
}

/// Whether an object of a cluster is left as it is: the object itself is paused, or the whole cluster.
pub fn is_paused(cluster: &Cluster, metadata: &ObjectMeta) -> bool {
    cluster.spec.paused == Some(true) || has_annotation(metadata, labels::PAUSED)
}

/// Whether there is such an annotation, whatever its value.
pub fn has_annotation(metadata: &ObjectMeta, key: &str) -> bool {
    metadata.annotations.contains_key(key)
}

/// The value of an annotation that is there and not empty.
pub fn annotation<'a>(metadata: &'a ObjectMeta, key: &str) -> Option<&'a str> {
    let value = metadata.annotations.get(key)?;
    (!value.is_empty()).then_some(value)
}
