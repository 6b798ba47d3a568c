//! Machine and MachineDrainRule.

use componentconfig::field::{Errors, Path};

use super::{
    Admit, Refusal, Request, Warnings,
    check::{self, path},
    verdict,
};
use crate::{
    core::v1beta2::{Machine, MachineDrainRule, MachineDrainRuleDrainBehavior},
    labels,
    meta::LabelSelector,
};

/// How many seconds the deletion of a node is tried if nothing is said.
pub(super) const NODE_DELETION_TIMEOUT: i32 = 10;

impl Machine {
    fn validate(&self, old: Option<&Self>, request: &Request<'_>) -> Result<Warnings, Refusal> {
        let mut errors = Errors::default();
        let spec = path(&["spec"]);
        if !self.is_of_machine_pool() {
            check::bootstrap(&self.spec.bootstrap, &spec.child("bootstrap"), &mut errors);
        }
        let was = old.map(|old| &old.spec.cluster_name);
        check::immutable(
            &self.spec.cluster_name,
            was,
            &spec.child("clusterName"),
            &mut errors,
        );
        if !self.spec.version.is_empty() {
            check::version(&self.spec.version, &spec.child("version"), &mut errors);
        }
        let at = spec.child("taints");
        check::taints(&self.spec.taints, &at, request.gates, &mut errors);
        if !self.metadata.labels.contains_key(labels::CONTROL_PLANE) {
            check::worker_taints(&self.spec.taints, &at, request.gates, &mut errors);
        }
        verdict(self, errors)
    }

    /// Whether a MachinePool made the machine.
    fn is_of_machine_pool(&self) -> bool {
        let by_label = self.metadata.labels.contains_key(labels::POOL_NAME);
        by_label
            || self
                .metadata
                .owner_references
                .iter()
                .any(|owner| owner.kind == "MachinePool")
    }
}

impl Admit for Machine {
    fn set_defaults(&mut self, _: Option<&Self>, _: &Request<'_>) -> Result<(), Refusal> {
        let name = self.spec.cluster_name.clone();
        self.metadata
            .labels
            .insert(labels::CLUSTER_NAME.to_owned(), name);
        check::with_v(&mut self.spec.version);
        let timeout = &mut self.spec.deletion.node_deletion_timeout_seconds;
        timeout.get_or_insert(NODE_DELETION_TIMEOUT);
        Ok(())
    }

    fn validate_create(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(None, request)
    }

    fn validate_update(&self, old: &Self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(Some(old), request)
    }
}

impl Admit for MachineDrainRule {
    fn validate_create(&self, _: &Request<'_>) -> Result<Warnings, Refusal> {
        let mut errors = Errors::default();
        let spec = path(&["spec"]);
        let drain = &self.spec.drain;
        let unordered = matches!(
            drain.behavior,
            MachineDrainRuleDrainBehavior::Skip | MachineDrainRuleDrainBehavior::WaitCompleted
        );
        if let (true, Some(order)) = (unordered, drain.order) {
            errors.invalid(
                &path(&["spec", "drain", "order"]),
                order,
                "order must not be set if drain behavior is \"Skip\" or \"WaitCompleted\"",
            );
        }
        for (index, machine) in self.spec.machines.iter().enumerate() {
            let at = spec.child("machines").index(index);
            read(
                machine.selector.as_ref(),
                &at.child("selector"),
                &mut errors,
            );
            read(
                machine.cluster_selector.as_ref(),
                &at.child("clusterSelector"),
                &mut errors,
            );
        }
        for (index, pod) in self.spec.pods.iter().enumerate() {
            let at = spec.child("pods").index(index);
            read(pod.selector.as_ref(), &at.child("selector"), &mut errors);
            read(
                pod.namespace_selector.as_ref(),
                &at.child("namespaceSelector"),
                &mut errors,
            );
        }
        verdict(self, errors)
    }

    fn validate_update(&self, _: &Self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate_create(request)
    }
}

fn read(selector: Option<&LabelSelector>, at: &Path, errors: &mut Errors) {
    if let Some(selector) = selector {
        check::selector(selector, at, errors);
    }
}
