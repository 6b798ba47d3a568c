//! Machines that cannot be edited where Cluster API replaces them, and MachineDeployments whose templates are of one provider.
//!
//! A Machine is what it was made as: another version, another configuration or other infrastructure is another Machine, and that is
//! for a MachineDeployment to say. What may change on a machine that runs are its labels and annotations, how it is deleted, what it
//! takes to be ready and available, and its taints. [`FixedMachine`] has methods for these and no others, and what it is edited
//! into leaves as an operation.
//!
//! ```
//! use machine_api::{core::v1beta2::Machine, typed::FixedMachine};
//!
//! let machine: Machine = serde_json::from_str(r#"{"metadata": {"name": "a", "namespace": "default", "resourceVersion": "7"}}"#)?;
//! let machine = FixedMachine::new(machine);
//! let operation = machine.edit(|machine| {
//!     machine.label("team", "blue").node_drain_timeout_seconds(Some(60));
//! })?;
//! assert_eq!(operation.expect("a change").verb(), "patch");
//! // What changes nothing is no operation.
//! assert_eq!(machine.edit(|_| ())?, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Anything else is seen, not changed:
//!
//! ```compile_fail,E0594
//! # use machine_api::{core::v1beta2::Machine, typed::FixedMachine};
//! let mut machine = FixedMachine::new(Machine::default());
//! machine.spec.version = "v1.37.0".to_owned();
//! ```
//!
//! ```compile_fail,E0599
//! # use machine_api::{core::v1beta2::Machine, typed::FixedMachine};
//! let machine = FixedMachine::new(Machine::default());
//! machine.edit(|machine| { machine.version("v1.37.0"); });
//! ```
//!
//! A [`TypedDeployment`] takes templates of its provider only:
//!
//! ```
//! use machine_api::{meta::ObjectMeta, typed::{InfrastructureSpec, Template, TypedDeployment}};
//! # use serde::{Deserialize, Serialize};
//! #[derive(Serialize, Deserialize)]
//! struct Demo { size: u32 }
//!
//! impl InfrastructureSpec for Demo {
//!     const API_VERSION: &'static str = "infrastructure.example.com/v1";
//!     const KIND: &'static str = "DemoMachine";
//! }
//!
//! let small = Template::new(ObjectMeta::named("default", "small"), Demo { size: 1 });
//! let large = Template::new(ObjectMeta::named("default", "large"), Demo { size: 8 });
//! let mut workers = TypedDeployment::new(ObjectMeta::named("default", "workers"), "prod", &small).version("v1.36.0").replicas(3);
//! workers.roll_to(&large);
//! let deployment = workers.into_deployment();
//! assert_eq!(deployment.spec.template.spec.infrastructure_ref.name, "large");
//! assert_eq!(deployment.spec.template.spec.infrastructure_ref.kind, "DemoMachineTemplate");
//! ```
//!
//! ```compile_fail,E0308
//! # use machine_api::{meta::ObjectMeta, typed::{InfrastructureSpec, Template, TypedDeployment}};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Serialize, Deserialize)]
//! # struct Demo { size: u32 }
//! # impl InfrastructureSpec for Demo {
//! #     const API_VERSION: &'static str = "infrastructure.example.com/v1";
//! #     const KIND: &'static str = "DemoMachine";
//! # }
//! # #[derive(Serialize, Deserialize)]
//! # struct Other { cores: u32 }
//! # impl InfrastructureSpec for Other {
//! #     const API_VERSION: &'static str = "infrastructure.example.org/v1";
//! #     const KIND: &'static str = "OtherMachine";
//! # }
//! # let small = Template::new(ObjectMeta::named("default", "small"), Demo { size: 1 });
//! let foreign = Template::new(ObjectMeta::named("default", "small"), Other { cores: 1 });
//! let mut workers = TypedDeployment::new(ObjectMeta::named("default", "workers"), "prod", &small);
//! workers.roll_to(&foreign);
//! ```

use std::{marker::PhantomData, ops::Deref};

use apply_semantics::{
    op::{FormError, ObjectRef, Operation, WriteOptions},
    patch::{Patch, merge},
};
use serde_json::{Value, json};

pub use crate::seed::{InfrastructureSpec, Template};

use crate::{
    core::v1beta2::{
        ContractVersionedObjectReference, Machine, MachineDeployment, MachineReadinessGate,
        MachineTaint,
    },
    meta::ObjectMeta,
};

/// Who writes what is edited.
const MANAGER: &str = "manager";

/// A Machine of which only what may change in place can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedMachine(Machine);

impl FixedMachine {
    /// A machine as it was read.
    pub const fn new(machine: Machine) -> Self {
        Self(machine)
    }

    /// The operation that changes a machine in place; `None` if nothing changes. It is refused if the machine is not the one that was
    /// read any more.
    ///
    /// # Errors
    /// The machine has no name.
    pub fn edit(
        &self,
        edit: impl FnOnce(&mut InPlace<'_>),
    ) -> Result<Option<Operation>, FormError> {
        let mut changed = self.0.clone();
        edit(&mut InPlace(&mut changed));
        let (before, after) = (json!(self.0), json!(changed));
        let target = ObjectRef::of(&before)?;
        let unchanged = json!({});
        let mut patch = merge::create(&before, &after).unwrap_or_else(|_| unchanged.clone());
        if patch == unchanged {
            return Ok(None);
        }
        let version = &self.0.metadata.resource_version;
        if let (false, Value::Object(fields)) = (version.is_empty(), &mut patch) {
            let metadata = fields.entry("metadata").or_insert(unchanged);
            if let Value::Object(metadata) = metadata {
                metadata.insert("resourceVersion".to_owned(), json!(version));
            }
        }
        let options = WriteOptions::new(MANAGER);
        Ok(Some(Operation::patch(target, Patch::Merge(patch), options)))
    }

    /// The machine. It can be changed then, but nothing here writes it.
    pub fn into_machine(self) -> Machine {
        self.0
    }
}

impl Deref for FixedMachine {
    type Target = Machine;

    fn deref(&self) -> &Machine {
        &self.0
    }
}

/// What may change on a machine in place.
#[derive(Debug)]
pub struct InPlace<'a>(&'a mut Machine);

impl InPlace<'_> {
    /// A label gets a value.
    pub fn label(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut Self {
        let labels = &mut self.0.metadata.labels;
        labels.insert(key.into(), value.into());
        self
    }

    /// A label goes.
    pub fn remove_label(&mut self, key: &str) -> &mut Self {
        self.0.metadata.labels.remove(key);
        self
    }

    /// An annotation gets a value.
    pub fn annotation(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut Self {
        let annotations = &mut self.0.metadata.annotations;
        annotations.insert(key.into(), value.into());
        self
    }

    /// An annotation goes.
    pub fn remove_annotation(&mut self, key: &str) -> &mut Self {
        self.0.metadata.annotations.remove(key);
        self
    }

    /// For how many seconds its node may be drained; without end if none.
    pub const fn node_drain_timeout_seconds(&mut self, seconds: Option<i32>) -> &mut Self {
        self.0.spec.deletion.node_drain_timeout_seconds = seconds;
        self
    }

    /// For how many seconds volumes may take to leave its node; without end if none.
    pub const fn node_volume_detach_timeout_seconds(&mut self, seconds: Option<i32>) -> &mut Self {
        self.0.spec.deletion.node_volume_detach_timeout_seconds = seconds;
        self
    }

    /// For how many seconds the deletion of its node is tried.
    pub const fn node_deletion_timeout_seconds(&mut self, seconds: Option<i32>) -> &mut Self {
        self.0.spec.deletion.node_deletion_timeout_seconds = seconds;
        self
    }

    /// How many seconds it has to be ready to be available.
    pub const fn min_ready_seconds(&mut self, seconds: Option<i32>) -> &mut Self {
        self.0.spec.min_ready_seconds = seconds;
        self
    }

    /// The conditions that it cannot be ready without.
    pub fn readiness_gates(&mut self, gates: Vec<MachineReadinessGate>) -> &mut Self {
        self.0.spec.readiness_gates = gates;
        self
    }

    /// The taints of its node.
    pub fn taints(&mut self, taints: Vec<MachineTaint>) -> &mut Self {
        self.0.spec.taints = taints;
        self
    }
}

/// A MachineDeployment of machines of one provider.
///
/// It says what its machines are to be; a rollout replaces those that are not. Defaults are for
/// [admission](crate::admission::Admit::set_defaults) to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedDeployment<T> {
    deployment: MachineDeployment,
    provider: PhantomData<fn() -> T>,
}

impl<T: InfrastructureSpec> TypedDeployment<T> {
    /// A MachineDeployment of that cluster, whose machines are made from a template.
    pub fn new(metadata: ObjectMeta, cluster: &str, template: &Template<T>) -> Self {
        let mut deployment = MachineDeployment {
            metadata,
            ..MachineDeployment::default()
        };
        let spec = &mut deployment.spec;
        cluster.clone_into(&mut spec.cluster_name);
        cluster.clone_into(&mut spec.template.spec.cluster_name);
        spec.template.spec.infrastructure_ref = template.reference();
        Self {
            deployment,
            provider: PhantomData,
        }
    }

    /// One that was read; `None` if its machines are of another provider.
    pub fn of(deployment: MachineDeployment) -> Option<Self> {
        let reference = &deployment.spec.template.spec.infrastructure_ref;
        let group = T::API_VERSION
            .split_once('/')
            .map_or("", |(group, _)| group);
        let kind = reference.kind.strip_suffix("Template");
        let same = reference.api_group == group && kind == Some(T::KIND);
        same.then_some(Self {
            deployment,
            provider: PhantomData,
        })
    }

    /// With machines of that Kubernetes version, such as `v1.36.0`.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.deployment.spec.template.spec.version);
        self
    }

    /// With so many machines.
    #[must_use]
    pub const fn replicas(mut self, replicas: i32) -> Self {
        self.deployment.spec.replicas = Some(replicas);
        self
    }

    /// With bootstrap configurations that are made from that template.
    #[must_use]
    pub fn bootstrap(mut self, template: ContractVersionedObjectReference) -> Self {
        self.deployment.spec.template.spec.bootstrap.config_ref = template;
        self
    }

    /// From now on machines are made from that template; those of another one are replaced.
    pub fn roll_to(&mut self, template: &Template<T>) {
        self.deployment.spec.template.spec.infrastructure_ref = template.reference();
    }

    /// From now on machines are of that Kubernetes version; others are replaced.
    pub fn upgrade_to(&mut self, version: &str) {
        version.clone_into(&mut self.deployment.spec.template.spec.version);
    }

    /// The MachineDeployment, as it is written.
    pub fn into_deployment(self) -> MachineDeployment {
        self.deployment
    }
}

impl<T> Deref for TypedDeployment<T> {
    type Target = MachineDeployment;

    fn deref(&self) -> &MachineDeployment {
        &self.deployment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> FixedMachine {
        let machine = json!({
            "metadata": {"name": "a", "namespace": "default", "resourceVersion": "7", "labels": {"old": "1"}},
            "spec": {"clusterName": "prod", "version": "v1.36.0"},
        });
        FixedMachine::new(serde_json::from_value(machine).unwrap())
    }

    #[test]
    fn an_edit_says_what_changed_and_of_which_machine() {
        let operation = machine().edit(|machine| {
            machine
                .label("team", "blue")
                .remove_label("old")
                .min_ready_seconds(Some(5));
        });
        let Operation::Patch {
            patch: Patch::Merge(patch),
            ..
        } = operation.unwrap().unwrap()
        else {
            panic!("no merge patch");
        };
        assert_eq!(
            patch,
            json!({
                "metadata": {"resourceVersion": "7", "labels": {"team": "blue", "old": null}},
                "spec": {"minReadySeconds": 5},
            })
        );
    }

    #[test]
    fn a_machine_without_name_cannot_be_edited() {
        let machine = FixedMachine::new(Machine::default());
        assert!(
            machine
                .edit(|machine| {
                    machine.taints(Vec::new());
                })
                .is_err()
        );
    }

    #[test]
    fn a_deployment_of_another_provider_is_none_of_this_one() {
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Demo {}
        impl InfrastructureSpec for Demo {
            const API_VERSION: &'static str = "infrastructure.example.com/v1";
            const KIND: &'static str = "DemoMachine";
        }
        let template = Template::new(ObjectMeta::named("default", "small"), Demo {});
        let own = TypedDeployment::new(ObjectMeta::named("default", "w"), "prod", &template);
        let mut deployment = own.into_deployment();
        assert!(TypedDeployment::<Demo>::of(deployment.clone()).is_some());
        "OtherMachineTemplate"
            .clone_into(&mut deployment.spec.template.spec.infrastructure_ref.kind);
        assert!(TypedDeployment::<Demo>::of(deployment).is_none());
    }
}
