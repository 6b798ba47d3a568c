//! The objects of a management cluster, as they are read.

use std::collections::{BTreeMap, BTreeSet};

use apply_semantics::op::{
    CollectionRef, Executor, ListOptions, Operation, Outcome, Refusal, ResourceRef,
};
use componentconfig::Kind;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Object,
    cloning::without_suffix,
    contract::ContractVersion,
    core::v1beta2::{
        Cluster, ContractVersionedObjectReference, Machine, MachineDeployment, MachineHealthCheck,
        MachineSet,
    },
    labels,
    meta::ObjectMeta,
};

/// Group and kind.
type GroupKind = (String, String);

/// The objects of a management cluster at one time: Cluster API's own, and those of providers that they refer to.
///
/// It is read in two rounds, since what is referred to is only known after the first: [`Snapshot::requests`] are carried out and
/// given to [`Snapshot::new`], then [`Snapshot::more_requests`] are, and given to [`Snapshot::add`]. [`Snapshot::read`] does both.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub(super) clusters: Vec<Cluster>,
    pub(super) machine_deployments: Vec<MachineDeployment>,
    pub(super) machine_sets: Vec<MachineSet>,
    pub(super) machines: Vec<Machine>,
    pub(super) machine_health_checks: Vec<MachineHealthCheck>,
    /// By kind: the API version to use, and the contract that it follows.
    kinds: BTreeMap<GroupKind, (String, ContractVersion)>,
    external: BTreeMap<GroupKind, Vec<Value>>,
    /// Objects as they were read, with managed fields and all.
    raw: BTreeMap<(String, String, String), Value>,
}

impl Snapshot {
    /// Reads everything.
    ///
    /// # Errors
    /// A list is refused.
    pub fn read(api: &mut dyn Executor) -> Result<Self, Refusal> {
        let mut outcomes = Vec::new();
        for request in Self::requests() {
            outcomes.push(api.execute(&request)?);
        }
        let mut snapshot = Self::new(outcomes);
        for request in snapshot.more_requests() {
            snapshot.add(api.execute(&request)?);
        }
        Ok(snapshot)
    }

    /// What is read first: Cluster API's kinds, and the definitions of all kinds.
    pub fn requests() -> Vec<Operation> {
        let own = [
            Cluster::GVK,
            MachineDeployment::GVK,
            MachineSet::GVK,
            Machine::GVK,
            MachineHealthCheck::GVK,
        ];
        let own = own.map(|kind| ResourceRef::of_kind(&kind.api_version(), kind.kind()));
        let definitions =
            ResourceRef::of_kind("apiextensions.k8s.io/v1", "CustomResourceDefinition");
        own.into_iter()
            .chain([definitions])
            .map(|kind| list(kind.all()))
            .collect()
    }

    /// A snapshot of what was read first, in any order.
    pub fn new(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        let mut snapshot = Self::default();
        for item in outcomes
            .into_iter()
            .filter_map(Outcome::into_list)
            .flat_map(|list| list.items)
        {
            let kind = item
                .get("kind")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            match kind.as_str() {
                "Cluster" => keep(&mut snapshot.clusters, &mut snapshot.raw, item),
                "MachineDeployment" => {
                    keep(&mut snapshot.machine_deployments, &mut snapshot.raw, item);
                }
                "MachineSet" => keep(&mut snapshot.machine_sets, &mut snapshot.raw, item),
                "Machine" => keep(&mut snapshot.machines, &mut snapshot.raw, item),
                "MachineHealthCheck" => {
                    keep(&mut snapshot.machine_health_checks, &mut snapshot.raw, item);
                }
                "CustomResourceDefinition" => snapshot.define(&item),
                _ => {}
            }
        }
        snapshot
    }

    /// What is read next: objects of the kinds that are referred to.
    pub fn more_requests(&self) -> Vec<Operation> {
        let mut kinds: BTreeSet<GroupKind> = BTreeSet::new();
        let mut refer = |reference: &ContractVersionedObjectReference| {
            let group = &reference.api_group;
            kinds.insert((group.clone(), reference.kind.clone()));
            kinds.insert((group.clone(), without_suffix(&reference.kind).to_owned()));
        };
        for cluster in &self.clusters {
            refer(&cluster.spec.infrastructure_ref);
            refer(&cluster.spec.control_plane_ref);
        }
        let sets = self.machine_sets.iter().map(|set| &set.spec.template.spec);
        let machines = self.machines.iter().map(|machine| &machine.spec);
        for spec in sets.chain(machines) {
            refer(&spec.infrastructure_ref);
            refer(&spec.bootstrap.config_ref);
        }
        kinds
            .iter()
            .filter_map(|kind| {
                let (api_version, _) = self.kinds.get(kind)?;
                Some(list(ResourceRef::of_kind(api_version, &kind.1).all()))
            })
            .collect()
    }

    /// Takes what was read next.
    pub fn add(&mut self, outcome: Outcome) {
        for item in outcome.into_list().into_iter().flat_map(|list| list.items) {
            let text = |field: &str| item.get(field).and_then(Value::as_str).unwrap_or_default();
            let group = text("apiVersion")
                .split_once('/')
                .map_or("", |(group, _)| group);
            let kind = (group.to_owned(), text("kind").to_owned());
            self.external.entry(kind).or_default().push(item);
        }
    }

    fn define(&mut self, definition: &Value) {
        let text = |pointer: &str| {
            let text = definition.pointer(pointer).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        if let Some((contract, version)) = ContractVersion::of(definition) {
            let group = text("/spec/group");
            let api_version = format!("{group}/{version}");
            self.kinds
                .insert((group, text("/spec/names/kind")), (api_version, contract));
        }
    }

    /// The object that is referred to, from the same namespace.
    pub(super) fn find(
        &self,
        namespace: &str,
        reference: &ContractVersionedObjectReference,
    ) -> Option<&Value> {
        let kind = (reference.api_group.clone(), reference.kind.clone());
        let mut objects = self.external.get(&kind)?.iter();
        objects.find(|object| place(object) == (namespace, reference.name.as_str()))
    }

    /// Objects of a kind that a template is for.
    pub(super) fn clones_of(&self, template: &ContractVersionedObjectReference) -> &[Value] {
        let kind = without_suffix(&template.kind).to_owned();
        let objects = self.external.get(&(template.api_group.clone(), kind));
        objects.map_or(&[], Vec::as_slice)
    }

    /// What clusters and machines refer to.
    pub(super) fn referenced(&self) -> impl Iterator<Item = &Value> {
        let clusters = self.clusters.iter().flat_map(|cluster| {
            let spec = &cluster.spec;
            let namespace = cluster.metadata.namespace.as_str();
            [&spec.infrastructure_ref, &spec.control_plane_ref].map(|one| (namespace, one))
        });
        let machines = self.machines.iter().flat_map(|machine| {
            let spec = &machine.spec;
            let namespace = machine.metadata.namespace.as_str();
            [&spec.infrastructure_ref, &spec.bootstrap.config_ref].map(|one| (namespace, one))
        });
        clusters
            .chain(machines)
            .filter_map(|(namespace, reference)| self.find(namespace, reference))
    }

    /// Everything of providers.
    pub(super) fn external(&self) -> impl Iterator<Item = &Value> {
        self.external.values().flatten()
    }

    /// The contract that objects of a kind follow.
    pub(super) fn contract(&self, reference: &ContractVersionedObjectReference) -> ContractVersion {
        let kind = (reference.api_group.clone(), reference.kind.clone());
        self.kinds
            .get(&kind)
            .map_or_else(ContractVersion::default, |(_, contract)| *contract)
    }

    /// An object as it was read.
    pub(super) fn raw<T: Object>(&self, metadata: &ObjectMeta) -> Option<&Value> {
        let key = (
            T::GVK.kind().to_owned(),
            metadata.namespace.clone(),
            metadata.name.clone(),
        );
        self.raw.get(&key)
    }

    /// The MachineDeployment that a MachineSet says to belong to.
    pub(super) fn deployment_of(&self, set: &MachineSet) -> Option<&MachineDeployment> {
        let name = set.metadata.labels.get(labels::DEPLOYMENT_NAME)?;
        let mut deployments = self.machine_deployments.iter();
        deployments.find(|one| {
            one.metadata.name == *name && one.metadata.namespace == set.metadata.namespace
        })
    }

    /// The Cluster of that name.
    pub(super) fn cluster(&self, namespace: &str, name: &str) -> Option<&Cluster> {
        let mut clusters = self.clusters.iter();
        clusters.find(|cluster| {
            cluster.metadata.namespace == namespace && cluster.metadata.name == name
        })
    }
}

fn list(collection: CollectionRef) -> Operation {
    Operation::list(collection, ListOptions::default())
}

/// Namespace and name.
pub(super) fn place(object: &Value) -> (&str, &str) {
    let text = |pointer| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    (text("/metadata/namespace"), text("/metadata/name"))
}

fn keep<T: Object + DeserializeOwned>(
    all: &mut Vec<T>,
    raw: &mut BTreeMap<(String, String, String), Value>,
    item: Value,
) {
    // An object of another version of the kind is none of ours.
    if let Ok(object) = T::deserialize(&item) {
        let meta = object.metadata();
        raw.insert(
            (
                T::GVK.kind().to_owned(),
                meta.namespace.clone(),
                meta.name.clone(),
            ),
            item,
        );
        all.push(object);
    }
}
