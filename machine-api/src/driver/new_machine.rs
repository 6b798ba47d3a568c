//! Machines that are made, with what they are made of.

use apply_semantics::op::ObjectRef;
use serde_json::{Value, json};

use super::{Chain, Context, infrastructure::is_deleting, machine_set::MANAGER, snapshot::place};
use crate::{
    cloning::FromTemplate,
    core::v1beta2::{ContractVersionedObjectReference, Machine, MachineSet},
    propagation::{self, owner_reference},
    provider::Provider,
};

impl<P: Provider> Context<'_, P> {
    /// Makes a machine: its bootstrap configuration first, then its infrastructure, then itself. What is made and not used, since
    /// the rest was refused, is [deleted](Context::clean_up) the next time.
    pub(super) fn new_machine(&mut self, set: &MachineSet) {
        let subject = format!(
            "MachineSet {}/{}",
            set.metadata.namespace, set.metadata.name
        );
        let mut machine = match propagation::machine(set, None, &mut *self.random) {
            Ok(machine) => machine,
            Err(error) => {
                self.fails(subject, "MachineCreationFailed", &error);
                return;
            }
        };
        let mut chain = Chain::new(subject.clone());
        let spec = &set.spec.template.spec;
        if !spec.bootstrap.config_ref.name.is_empty() {
            let template = &spec.bootstrap.config_ref;
            let Some(object) = self.clone_of(set, &machine, template) else {
                self.fails(subject, "BootstrapTemplateNotFound", &template.name);
                return;
            };
            machine.spec.bootstrap.config_ref = reference(&object);
            chain.apply(object, MANAGER);
        }
        let template = &spec.infrastructure_ref;
        let Some(object) = self.clone_of(set, &machine, template) else {
            self.fails(subject, "InfrastructureTemplateNotFound", &template.name);
            return;
        };
        machine.spec.infrastructure_ref = reference(&object);
        chain.apply(object, MANAGER);
        chain.apply(json!(machine), MANAGER);
        self.plan.chains.push(chain);
    }

    /// Deletes what was made from templates, by whoever asks, for machines that were not made after that.
    pub(super) fn delete_unused(
        &mut self,
        subject: String,
        templates: [&ContractVersionedObjectReference; 2],
        is_ours: impl Fn(&Value) -> bool,
    ) {
        let used = |object: &Value| {
            let kind = object.get("kind").and_then(Value::as_str);
            let (namespace, name) = place(object);
            let mut machines = self.snapshot.machines.iter();
            machines.any(|machine| {
                let spec = &machine.spec;
                let references = [&spec.infrastructure_ref, &spec.bootstrap.config_ref];
                let mut references = references.iter();
                machine.metadata.namespace == namespace
                    && references.any(|one| Some(one.kind.as_str()) == kind && one.name == name)
            })
        };
        let mut chain = Chain::new(subject);
        for template in templates {
            for object in self.snapshot.clones_of(template) {
                if is_ours(object) && !is_deleting(object) && !used(object) {
                    chain.delete(object);
                }
            }
        }
        self.plan.chains.push(chain);
    }

    fn clone_of(
        &self,
        set: &MachineSet,
        machine: &Machine,
        template: &ContractVersionedObjectReference,
    ) -> Option<Value> {
        let meta = &machine.metadata;
        let template = self.snapshot.find(&meta.namespace, template)?;
        let owner = owner_reference(set);
        let object = FromTemplate::new(&meta.namespace, &meta.name, &machine.spec.cluster_name)
            .owner(&owner)
            .labels(&meta.labels)
            .annotations(&meta.annotations);
        Some(object.of(template))
    }
}

pub(super) fn reference(object: &Value) -> ContractVersionedObjectReference {
    let Ok(target) = ObjectRef::of(object) else {
        return ContractVersionedObjectReference::default();
    };
    ContractVersionedObjectReference {
        kind: target.resource.kind,
        name: target.name,
        api_group: target.resource.group,
    }
}
