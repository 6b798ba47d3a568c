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
/// It is read in rounds, since what is referred to is only known after the first: it begins empty, and what
/// [`Snapshot::requests`] says is carried out and given to [`Snapshot::add`], until there are no more. [`Snapshot::read`] does all
/// of it.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub(super) clusters: Vec<Cluster>,
    pub(super) machine_deployments: Vec<MachineDeployment>,
    pub(super) machine_sets: Vec<MachineSet>,
    pub(super) machines: Vec<Machine>,
    pub(super) machine_health_checks: Vec<MachineHealthCheck>,
    pub(super) machine_drain_rules: Vec<MachineDrainRule>,
    definitions: Definitions,
    /// What was listed, and the version of the list.
    lists: Vec<(ResourceRef, String)>,
    /// Control planes that kubeadm makes, of those below.
    kubeadm_control_planes: Vec<KubeadmControlPlane>,
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
        let mut snapshot = Self::default();
        loop {
            let requests = snapshot.requests();
            if requests.is_empty() {
                return Ok(snapshot);
            }
            for request in requests {
                let outcome = api.execute(&request);
                snapshot.add(&request, outcome)?;
            }
        }
    }

    /// What is read next: Cluster API's kinds, then definitions of the kinds that are referred to, then their objects, then
    /// Secrets of clusters. Nothing if all is there.
    pub fn requests(&self) -> Vec<Operation> {
        if self.lists.is_empty() {
            let own = OWN.map(|kind| ResourceRef::of_kind(&kind.api_version(), kind.kind()));
            return own.into_iter().map(|kind| list(kind.all())).collect();
        }
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

    /// The resources that were listed, each with the version of its list: whoever watches from there misses nothing.
    pub fn lists(&self) -> impl Iterator<Item = (&ResourceRef, &str)> {
        self.lists
            .iter()
            .map(|(resource, version)| (resource, version.as_str()))
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
        let deployments = self.machine_deployments.iter();
        let deployments = deployments.map(|deployment| &deployment.spec.template.spec);
        let sets = self.machine_sets.iter().map(|set| &set.spec.template.spec);
        let machines = self.machines.iter().map(|machine| &machine.spec);
        for spec in deployments.chain(sets).chain(machines) {
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
    /// It was refused for another reason, or Cluster API's own kinds are not there.
    pub fn add(
        &mut self,
        request: &Operation,
        outcome: Result<Outcome, Refusal>,
    ) -> Result<(), Refusal> {
        let resource = request.collection().resource;
        let is_own = OWN
            .iter()
            .any(|own| own.group() == resource.group && own.kind() == resource.kind);
        let outcome = match outcome {
            Err(refusal) if refusal.is_not_found() && !is_own => None,
            outcome => Some(outcome?),
        };
        if let Operation::Get { target } = request {
            let object = outcome.and_then(Outcome::into_object);
            if !self.definitions.add(target, object.as_ref()) {
                let namespace = target.namespace.clone().unwrap_or_default();
                self.secrets
                    .insert((namespace, target.name.clone()), object);
            }
            return Ok(());
        }
        let list = outcome.and_then(Outcome::into_list);
        let (items, version) = list.map_or_else(Default::default, |list| {
            (list.items, Some(list.resource_version))
        });
        if is_own {
            self.keep_all(&resource.kind, items);
        } else {
            let kind = KubeadmControlPlane::GVK;
            if (resource.group.as_str(), resource.kind.as_str()) == (kind.group(), kind.kind()) {
                let objects = items.iter();
                let read = objects.filter_map(|one| KubeadmControlPlane::deserialize(one).ok());
                self.kubeadm_control_planes = read.collect();
            }
            let kind = (resource.group.clone(), resource.kind.clone());
            self.external.insert(kind, items);
        }
        self.lists
            .extend(version.map(|version| (resource, version)));
        Ok(())
    }

    fn keep_all(&mut self, kind: &str, items: Vec<Value>) {
        let raw = &mut self.raw;
        for item in items {
            match kind {
                "Cluster" => keep(&mut self.clusters, raw, item),
                "MachineDeployment" => keep(&mut self.machine_deployments, raw, item),
                "MachineSet" => keep(&mut self.machine_sets, raw, item),
                "Machine" => keep(&mut self.machines, raw, item),
                "MachineHealthCheck" => keep(&mut self.machine_health_checks, raw, item),
                _ => keep(&mut self.machine_drain_rules, raw, item),
            }
        }
    }

    /// A Secret that was read and is there.
    pub(super) fn secret(&self, namespace: &str, name: &str) -> Option<&Value> {
        let key = (namespace.to_owned(), name.to_owned());
        self.secrets.get(&key)?.as_ref()
    }

    /// The control plane of a cluster, if kubeadm makes it.
    pub(super) fn kubeadm_control_plane(&self, cluster: &Cluster) -> Option<&KubeadmControlPlane> {
        let reference = &cluster.spec.control_plane_ref;
        let kind = KubeadmControlPlane::GVK;
        if (reference.api_group.as_str(), reference.kind.as_str()) != (kind.group(), kind.kind()) {
            return None;
        }
        let place = (&cluster.metadata.namespace, &reference.name);
        let mut all = self.kubeadm_control_planes.iter();
        all.find(|kcp| (&kcp.metadata.namespace, &kcp.metadata.name) == place)
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

    /// Whether an object is in it in just this version.
    pub(super) fn shows(&self, object: &Value) -> bool {
        let text = |field: &str| object.get(field).and_then(Value::as_str);
        let kind = text("kind").unwrap_or_default().to_owned();
        let group = text("apiVersion").and_then(|version| version.split_once('/'));
        let group = group.map_or("", |(group, _)| group).to_owned();
        let (namespace, name) = place(object);
        let key = (namespace.to_owned(), name.to_owned());
        let found = match (group.as_str(), kind.as_str()) {
            ("", "Secret") => self.secrets.get(&key).and_then(Option::as_ref),
            (group, _) if group == Cluster::GVK.group() => self.raw.get(&(kind, key.0, key.1)),
            _ => {
                let objects = self.external.get(&(group, kind));
                let mut objects = objects.into_iter().flatten();
                objects.find(|one| place(one) == (namespace, name))
            }
        };
        let version = |object: &Value| object.pointer("/metadata/resourceVersion").cloned();
        found.is_some_and(|found| version(found) == version(object))
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
