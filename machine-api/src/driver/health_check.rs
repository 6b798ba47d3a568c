//! MachineHealthChecks.

use std::collections::BTreeMap;

use super::{Chain, Context};
use crate::{
    conditions,
    core::v1beta2::{Machine, MachineHealthCheck},
    health_check::{Action, Observed},
    labels,
    propagation::owner_reference,
    provider::Provider,
};

impl<P: Provider> Context<'_, P> {
    /// Owners remediate; external remediation is not looked at.
    pub(super) fn health_check(&mut self, check: &MachineHealthCheck) {
        let meta = &check.metadata;
        let subject = format!("MachineHealthCheck {}/{}", meta.namespace, meta.name);
        let Some(cluster) = self
            .snapshot
            .cluster(&meta.namespace, &check.spec.cluster_name)
        else {
            self.fails(subject, "NoCluster", &"its Cluster was not found");
            return;
        };
        if meta.is_deleting() {
            return;
        }
        let mut desired = check.clone();
        if self.pause(cluster, check, &mut desired.status.conditions) {
            let mut chain = Chain::new(subject);
            chain.change(check, &desired);
            self.plan.chains.push(chain);
            return;
        }
        let key = (meta.namespace.clone(), cluster.metadata.name.clone());
        let nodes = self.nodes.get(&key).cloned().flatten();
        let machines = &self.snapshot.machines;
        let plan = Observed::new(cluster, check, machines, nodes.as_deref(), self.now).plan();
        let plan = match plan {
            Ok(plan) => plan,
            Err(error) => {
                self.fails(subject, "InvalidSelector", &error);
                return;
            }
        };
        let label = (
            labels::CLUSTER_NAME.to_owned(),
            check.spec.cluster_name.clone(),
        );
        desired.metadata.labels.insert(label.0, label.1);
        let owner = owner_reference(cluster);
        if !meta.owner_references.iter().any(|one| one.uid == owner.uid) {
            desired.metadata.owner_references.push(owner);
        }
        if let Some(status) = plan.status(self.now) {
            desired.status = status;
            self.pause(cluster, check, &mut desired.status.conditions);
        }
        self.plan.why.extend(plan.explain());
        let mut chain = Chain::new(subject);
        chain.change(check, &desired);
        self.plan.chains.push(chain);
        let mut changed: BTreeMap<&str, (&Machine, Machine)> = BTreeMap::new();
        for action in &plan.actions {
            match action {
                Action::SetCondition { machine, condition } => {
                    let (_, desired) = changed
                        .entry(machine.metadata.name.as_str())
                        .or_insert_with(|| (*machine, (*machine).clone()));
                    let generation = machine.metadata.generation;
                    let list = &mut desired.status.conditions;
                    conditions::set(list, condition.clone(), generation, self.now);
                }
                // Without the template of requests, none are made.
                Action::CreateRequest { .. } | Action::DeleteRequest { .. } => {}
            }
        }
        for (current, desired) in changed.into_values() {
            let meta = &current.metadata;
            let mut chain = Chain::new(format!("Machine {}/{}", meta.namespace, meta.name));
            chain.change(current, &desired);
            self.plan.chains.push(chain);
        }
        if let Some(seconds) = plan.next_check_seconds {
            self.look_again(seconds);
        }
    }
}
