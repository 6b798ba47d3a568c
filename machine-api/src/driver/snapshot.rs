//! The objects of a management cluster, as they are read.

mod definitions;

use std::collections::{BTreeMap, BTreeSet};

use apply_semantics::op::{
    CollectionRef, Executor, ListOptions, Operation, Outcome, Refusal, ResourceRef,
};
use componentconfig::{GroupVersionKind, Kind};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Object,
    bootstrap::v1beta2::KubeadmConfig,
    certificates::{self, Purpose},
    cloning::without_suffix,
    contract::ContractVersion,
    controlplane::v1beta2::KubeadmControlPlane,
    core::v1beta2::{
        Cluster, ContractVersionedObjectReference, Machine, MachineDeployment, MachineDrainRule,
        MachineHealthCheck, MachineSet,
    },
    labels,
    meta::ObjectMeta,
};
use definitions::Definitions;

/// Kinds of Cluster API that are read.
const OWN: [GroupVersionKind; 6] = [
    Cluster::GVK,
    MachineDeployment::GVK,
    MachineSet::GVK,
    Machine::GVK,
    MachineHealthCheck::GVK,
    MachineDrainRule::GVK,
];

/// Group and kind.
type GroupKind = (String, String);

/// The objects of a management cluster at one time: Cluster API's own, and those of providers that they refer to.
///
/// It is read in rounds, since what is referred to is only known after the first: [`Snapshot::requests`] are carried out and
/// given to [`Snapshot::new`], then [`Snapshot::more_requests`] are, and given to [`Snapshot::add`], until there are no more.
/// [`Snapshot::read`] does all of it.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub(super) clusters: Vec<Cluster>,
    pub(super) machine_deployments: Vec<MachineDeployment>,
    pub(super) machine_sets: Vec<MachineSet>,
    pub(super) machines: Vec<Machine>,
    pub(super) machine_health_checks: Vec<MachineHealthCheck>,
    pub(super) machine_drain_rules: Vec<MachineDrainRule>,
    definitions: Definitions,
    /// By kind; those that were read and are not there are empty.
    external: BTreeMap<GroupKind, Vec<Value>>,
    /// By namespace and name; `None` if they are not there.
    secrets: BTreeMap<(String, String), Option<Value>>,
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
        loop {
            let requests = snapshot.more_requests();
            if requests.is_empty() {
                return Ok(snapshot);
            }
            for request in requests {
                let outcome = api.execute(&request);
                snapshot.add(&request, outcome)?;
            }
        }
    }

    /// What is read first: Cluster API's kinds.
    pub fn requests() -> Vec<Operation> {
        let own = OWN.map(|kind| ResourceRef::of_kind(&kind.api_version(), kind.kind()));
        own.into_iter().map(|kind| list(kind.all())).collect()
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
                "MachineDrainRule" => {
                    keep(&mut snapshot.machine_drain_rules, &mut snapshot.raw, item);
                }
                _ => {}
            }
        }
        snapshot
    }

    /// What is read next, as far as it was not read yet: definitions of the kinds that are referred to, then their objects, then
    /// Secrets of clusters. Nothing if all is there.
    pub fn more_requests(&self) -> Vec<Operation> {
        let kinds = self.kinds_in_use();
        let definitions = kinds.iter();
        let definitions = definitions.filter_map(|kind| self.definitions.request(kind));
        let objects = kinds
            .iter()
            .filter(|kind| !self.external.contains_key(kind))
            .filter_map(|kind| {
                let (api_version, _) = self.definitions.of(kind)?;
                Some(list(ResourceRef::of_kind(&api_version, &kind.1).all()))
            });
        let mut requests: Vec<Operation> = definitions.chain(objects).collect();
        // What needs Secrets is only known when the kinds were read.
        if requests.is_empty() {
            let secrets = self.secrets_in_use().into_iter();
            let missing = secrets.filter(|place| !self.secrets.contains_key(place));
            requests.extend(missing.map(|(namespace, name)| {
                let secrets = ResourceRef::of_kind("v1", "Secret").within(namespace);
                Operation::get(secrets.named(name))
            }));
        }
        requests
    }

    /// The resources that it was read from, but for definitions and Secrets.
    pub fn resources(&self) -> Vec<ResourceRef> {
        let own = OWN.map(|kind| ResourceRef::of_kind(&kind.api_version(), kind.kind()));
        let external = self.external.keys().filter_map(|kind| {
            let (api_version, _) = self.definitions.of(kind)?;
            Some(ResourceRef::of_kind(&api_version, &kind.1))
        });
        own.into_iter().chain(external).collect()
    }

    fn kinds_in_use(&self) -> BTreeSet<GroupKind> {
        let mut kinds: BTreeSet<GroupKind> = BTreeSet::new();
        let mut refer = |reference: &ContractVersionedObjectReference| {
            let group = &reference.api_group;
            kinds.insert((group.clone(), reference.kind.clone()));
            kinds.insert((group.clone(), without_suffix(&reference.kind).to_owned()));
        };
        for cluster in &self.clusters {
            refer(&cluster.spec.infrastructure_ref);
            refer(&cluster.spec.control_plane_ref);
            if let Some(kcp) = self.kubeadm_control_plane(cluster) {
                refer(&kcp.spec.machine_template.spec.infrastructure_ref);
                refer(&reference_of::<KubeadmConfig>());
            }
        }
        let sets = self.machine_sets.iter().map(|set| &set.spec.template.spec);
        let machines = self.machines.iter().map(|machine| &machine.spec);
        for spec in sets.chain(machines) {
            refer(&spec.infrastructure_ref);
            refer(&spec.bootstrap.config_ref);
        }
        kinds
    }

    /// The certificates of clusters that kubeadm makes, and what configurations of their machines refer to.
    fn secrets_in_use(&self) -> BTreeSet<(String, String)> {
        let mut all = BTreeSet::new();
        for cluster in &self.clusters {
            let (namespace, name) = (&cluster.metadata.namespace, &cluster.metadata.name);
            if let Some(kcp) = self.kubeadm_control_plane(cluster) {
                let configuration = &kcp.spec.kubeadm_config_spec.cluster_configuration;
                let needed = certificates::needed(configuration).into_iter();
                let purposes = needed.map(|needed| needed.purpose);
                all.extend(
                    purposes
                        .chain([Purpose::Kubeconfig])
                        .map(|purpose| (namespace.clone(), purpose.secret_name(name))),
                );
            }
        }
        for (namespace, config) in self.kubeadm_configs() {
            let spec = &config.spec;
            let cluster = config.metadata.labels.get(labels::CLUSTER_NAME);
            all.extend(cluster.map(|cluster| {
                (
                    namespace.to_owned(),
                    Purpose::ClusterCa.secret_name(cluster),
                )
            }));
            let files = spec.files.iter().map(|file| &file.content_from.secret.name);
            let users = spec.users.iter().map(|user| &user.passwd_from.secret.name);
            let names = files.chain(users).filter(|name| !name.is_empty());
            all.extend(names.map(|name| (namespace.to_owned(), name.clone())));
        }
        all
    }

    /// Configurations that have no data yet.
    fn kubeadm_configs(&self) -> impl Iterator<Item = (&str, KubeadmConfig)> {
        let kind = (
            KubeadmConfig::GVK.group().to_owned(),
            KubeadmConfig::GVK.kind().to_owned(),
        );
        let objects = self.external.get(&kind).into_iter().flatten();
        objects.filter_map(|object| {
            let config = KubeadmConfig::deserialize(object).ok()?;
            let waits = config.status.data_secret_name.is_empty();
            waits.then_some((place(object).0, config))
        })
    }

    /// Takes what was read next, or that it is not there.
    ///
    /// # Errors
    /// It was refused for another reason.
    pub fn add(
        &mut self,
        request: &Operation,
        outcome: Result<Outcome, Refusal>,
    ) -> Result<(), Refusal> {
        let outcome = match outcome {
            Err(refusal) if refusal.is_not_found() => None,
            outcome => Some(outcome?),
        };
        if let Operation::Get { target } = request {
            let object = outcome.and_then(Outcome::into_object);
            if !self.definitions.add(target, object.as_ref()) {
                let namespace = target.namespace.clone().unwrap_or_default();
                self.secrets
                    .insert((namespace, target.name.clone()), object);
            }
        } else {
            let resource = request.collection().resource;
            let list = outcome.and_then(Outcome::into_list);
            let items = list.map(|list| list.items).unwrap_or_default();
            self.external.insert((resource.group, resource.kind), items);
        }
        Ok(())
    }

    /// A Secret that was read and is there.
    pub(super) fn secret(&self, namespace: &str, name: &str) -> Option<&Value> {
        let key = (namespace.to_owned(), name.to_owned());
        self.secrets.get(&key)?.as_ref()
    }

    /// The control plane of a cluster, if kubeadm makes it.
    pub(super) fn kubeadm_control_plane(&self, cluster: &Cluster) -> Option<KubeadmControlPlane> {
        let reference = &cluster.spec.control_plane_ref;
        let kind = reference_of::<KubeadmControlPlane>();
        if (&reference.api_group, &reference.kind) != (&kind.api_group, &kind.kind) {
            return None;
        }
        let object = self.find(&cluster.metadata.namespace, reference)?;
        KubeadmControlPlane::deserialize(object).ok()
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
        let known = self.definitions.of(&kind);
        known.map_or_else(ContractVersion::default, |(_, contract)| contract)
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

/// A reference to objects of a kind.
fn reference_of<T: Object>() -> ContractVersionedObjectReference {
    ContractVersionedObjectReference {
        api_group: T::GVK.group().to_owned(),
        kind: T::GVK.kind().to_owned(),
        name: String::new(),
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
