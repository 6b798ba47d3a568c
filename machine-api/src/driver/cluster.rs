//! Clusters: what their status says about infrastructure and control plane, and their end.

use std::collections::BTreeMap;

use componentconfig::Kind;
use serde_json::Value;

use super::{Chain, Context, infrastructure::is_deleting};
use crate::{
    cluster::Observed,
    contract::{ControlPlane, InfraCluster, Untyped},
    core::v1beta2::{
        APIEndpoint, Cluster, ClusterStatus, ContractVersionedObjectReference, Machine,
        MachineDeployment, MachineSet, Topology,
    },
    explain::Why,
    facts,
    machine::{observed::External, shortened},
    meta::ObjectMeta,
    provider::Provider,
};

/// For how many seconds a connection that broke still counts.
const GRACE_SECONDS: i64 = 300;

/// A cluster that does not answer is asked again after so many seconds.
const PROBE_SECONDS: u32 = 10;

/// So many names are shown.
const SHOWN: usize = 5;

/// Finalizer of a Cluster.
const FINALIZER: &str = "cluster.cluster.x-k8s.io";

impl<P: Provider> Context<'_, P> {
    pub(super) fn see_nodes(&mut self, cluster: &Cluster) {
        let kcp = self.snapshot.kubeadm_control_plane(cluster);
        let kcp = kcp.and_then(|kcp| kcp.status.initialization.control_plane_initialized);
        let initialized = cluster.status.initialization.control_plane_initialized;
        let initialized = initialized == Some(true) || kcp == Some(true);
        let nodes = initialized
            .then(|| self.provider.nodes(cluster, self.now))
            .flatten();
        let meta = &cluster.metadata;
        let key = (meta.namespace.clone(), meta.name.clone());
        if initialized {
            let connection = self.connections.entry(key.clone()).or_default();
            connection.grace_seconds = GRACE_SECONDS;
            if nodes.is_some() {
                connection.last_success = Some(self.now);
                connection.consecutive_failures = 0;
            } else {
                connection.consecutive_failures = connection.consecutive_failures.saturating_add(1);
                self.look_again(PROBE_SECONDS);
            }
        }
        self.nodes.insert(key, nodes);
    }

    pub(super) fn cluster(&mut self, cluster: &Cluster) {
        let meta = &cluster.metadata;
        let subject = format!("Cluster {}/{}", meta.namespace, meta.name);
        let mut chain = Chain::new(subject);
        let mut desired = cluster.clone();
        if !meta.is_deleting() && !meta.finalizers.iter().any(|one| one == FINALIZER) {
            desired.metadata.finalizers.push(FINALIZER.to_owned());
        }
        if self.pause(cluster, cluster, &mut desired.status.conditions) {
            chain.change(cluster, &desired);
            self.plan.chains.push(chain);
            return;
        }
        self.look_at_references(cluster, &mut desired);
        let mut end = End::default();
        if meta.is_deleting() {
            end = self.tear_down(cluster, &mut chain);
            if end.is_done {
                desired.metadata.finalizers.retain(|one| one != FINALIZER);
            }
        }
        desired.status = self.cluster_status(&desired, &end);
        chain.change(cluster, &desired);
        self.plan.chains.push(chain);
    }

    /// Takes over what infrastructure and control plane say.
    fn look_at_references(&mut self, cluster: &Cluster, desired: &mut Cluster) {
        let spec = &cluster.spec;
        let initialization = &mut desired.status.initialization;
        let was = |flag: Option<bool>| flag == Some(true);
        let endpoint = &mut desired.spec.control_plane_endpoint;
        let is_valid = |endpoint: &APIEndpoint| !endpoint.host.is_empty() && endpoint.port != 0;
        if let Some(object) = self.referred(cluster, &spec.infrastructure_ref) {
            let facts = object.infra_cluster_facts();
            if facts.provisioned || was(initialization.infrastructure_provisioned) {
                initialization.infrastructure_provisioned = Some(true);
                if !is_valid(endpoint) {
                    *endpoint = facts.control_plane_endpoint.unwrap_or_default();
                }
                desired.status.failure_domains = facts.failure_domains;
            }
        } else if spec.infrastructure_ref.name.is_empty()
            && spec.topology == Topology::default()
            && !cluster.metadata.is_deleting()
        {
            initialization.infrastructure_provisioned = Some(true);
        }
        if let Some(object) = self.referred(cluster, &spec.control_plane_ref) {
            let facts = object.control_plane_facts();
            if facts.initialized || was(initialization.control_plane_initialized) {
                initialization.control_plane_initialized = Some(true);
                if !is_valid(endpoint) {
                    *endpoint = facts.control_plane_endpoint.unwrap_or_default();
                }
            }
        }
        if cluster.metadata.is_deleting() {
            return;
        }
        let subject = format!("Cluster {}", cluster.metadata.name);
        if !was(initialization.infrastructure_provisioned) {
            let evidence = "its infrastructure is not provisioned yet";
            let why = Why::new(subject, "InfrastructureNotReady", evidence);
            self.plan.why.push(why);
        } else if !was(initialization.control_plane_initialized) {
            let evidence = "its control plane does not answer yet";
            let why = Why::new(subject, "ControlPlaneNotInitialized", evidence);
            self.plan.why.push(why);
        }
    }

    /// An object that a Cluster refers to and that is to stay.
    fn referred(
        &self,
        cluster: &Cluster,
        reference: &ContractVersionedObjectReference,
    ) -> Option<Untyped<'_>> {
        let object = self.snapshot.find(&cluster.metadata.namespace, reference)?;
        let contract = self.snapshot.contract(reference);
        (!is_deleting(object)).then(|| Untyped::new(object, contract))
    }

    fn cluster_status(&self, cluster: &Cluster, end: &End) -> ClusterStatus {
        let (snapshot, spec) = (self.snapshot, &cluster.spec);
        let (namespace, name) = (&cluster.metadata.namespace, &cluster.metadata.name);
        let find = |reference| match snapshot.find(namespace, reference) {
            Some(object) => External::Found(object),
            None => External::Missing,
        };
        let key = (namespace.clone(), name.clone());
        let connection = self.connections.get(&key).copied();
        let within = |meta: &ObjectMeta, cluster_name: &str| {
            meta.namespace == *namespace && cluster_name == name
        };
        let deployments = snapshot.machine_deployments.iter();
        let sets = snapshot.machine_sets.iter();
        let machines = snapshot.machines.iter();
        let contract = snapshot.contract(&spec.control_plane_ref);
        Observed::of(cluster, self.now)
            .infrastructure(find(&spec.infrastructure_ref))
            .control_plane(find(&spec.control_plane_ref), contract)
            .machine_deployments(
                deployments.filter(|one| within(&one.metadata, &one.spec.cluster_name)),
            )
            .machine_sets(sets.filter(|one| within(&one.metadata, &one.spec.cluster_name)))
            .machines(machines.filter(|one| within(&one.metadata, &one.spec.cluster_name)))
            .connection(connection.unwrap_or_default())
            .deleting(end.reason, &end.message)
            .status()
    }

    /// Deletes what belongs to a cluster: workers first, then the control plane, the infrastructure last.
    fn tear_down(&mut self, cluster: &Cluster, chain: &mut Chain) -> End {
        let mut left = self.descendants(cluster);
        let (mut reason, mut message) = ("WaitingForWorkersDeletion", left.message());
        if left.objects.is_empty() {
            let spec = &cluster.spec;
            for (reference, waits) in [
                (&spec.control_plane_ref, "WaitingForControlPlaneDeletion"),
                (&spec.infrastructure_ref, "WaitingForInfrastructureDeletion"),
            ] {
                let namespace = &cluster.metadata.namespace;
                if let Some(object) = self.snapshot.find(namespace, reference) {
                    left.objects.push((object, is_deleting(object)));
                    reason = waits;
                    message = format!("Waiting for {} to be deleted", reference.kind);
                    break;
                }
            }
        }
        for (object, waiting) in &left.objects {
            if !waiting {
                chain.delete(object);
            }
        }
        if left.objects.is_empty() {
            return End {
                is_done: true,
                reason: "DeletionCompleted",
                message: "Deletion completed".to_owned(),
            };
        }
        let evidence = format!("{} of its objects are still there", left.objects.len());
        let subject = format!("Cluster {}", cluster.metadata.name);
        self.plan.why.push(Why::new(subject, "Deleting", evidence));
        End {
            is_done: false,
            reason,
            message,
        }
    }

    /// What a cluster consists of, but for its control plane and its infrastructure.
    fn descendants(&self, cluster: &Cluster) -> Descendants<'_> {
        let snapshot = self.snapshot;
        let (namespace, name) = (&cluster.metadata.namespace, &cluster.metadata.name);
        let within = |meta: &ObjectMeta, cluster_name: &str| {
            meta.namespace == *namespace && cluster_name == name
        };
        let mut left = Descendants::default();
        for deployment in &snapshot.machine_deployments {
            let meta = &deployment.metadata;
            if within(meta, &deployment.spec.cluster_name) {
                let raw = snapshot.raw::<MachineDeployment>(meta);
                left.add("MachineDeployments", meta, raw, false);
            }
        }
        for set in &snapshot.machine_sets {
            let meta = &set.metadata;
            let owned = meta
                .controller()
                .is_some_and(|owner| owner.kind == MachineDeployment::GVK.kind());
            if within(meta, &set.spec.cluster_name) {
                left.add("MachineSets", meta, snapshot.raw::<MachineSet>(meta), owned);
            }
        }
        let has_control_plane = !cluster.spec.control_plane_ref.name.is_empty();
        for machine in &snapshot.machines {
            let meta = &machine.metadata;
            let owned = meta.controller().is_some();
            let kind = match facts::is_control_plane(machine) {
                // Those of a control plane go with it.
                true if owned || has_control_plane => continue,
                true => "Control plane Machines",
                false => "Worker Machines",
            };
            if within(meta, &machine.spec.cluster_name) {
                left.add(kind, meta, snapshot.raw::<Machine>(meta), owned);
            }
        }
        left
    }
}

/// How far the end of a cluster is.
#[derive(Default)]
struct End {
    is_done: bool,
    reason: &'static str,
    message: String,
}

/// Objects that go before their cluster, each with whether somebody else sees to that.
#[derive(Default)]
struct Descendants<'a> {
    objects: Vec<(&'a Value, bool)>,
    names: BTreeMap<&'static str, Vec<String>>,
}

impl<'a> Descendants<'a> {
    fn add(&mut self, kind: &'static str, meta: &ObjectMeta, raw: Option<&'a Value>, owned: bool) {
        let waits = owned || meta.is_deleting();
        self.objects.extend(raw.map(|raw| (raw, waits)));
        self.names.entry(kind).or_default().push(meta.name.clone());
    }

    /// A line for each kind, with the first of their names.
    fn message(&self) -> String {
        let lines = self.names.iter().map(|(kind, names)| {
            let mut names = names.clone();
            names.sort_unstable();
            format!("* {kind}: {}", shortened(&names, SHOWN))
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}
