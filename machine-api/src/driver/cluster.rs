//! Clusters: what their status says about infrastructure and control plane, and their end.

use componentconfig::Kind;
use serde_json::Value;

use super::{Chain, Context};
use crate::{
    conditions,
    contract::{ControlPlane, InfraCluster, Untyped},
    core::v1beta2::{APIEndpoint, Cluster, ClusterPhase, Machine, MachineDeployment, MachineSet},
    explain::Why,
    facts,
    meta::{Condition, ConditionStatus},
    provider::Provider,
};

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
        if nodes.is_some() {
            self.connections.insert(key.clone(), self.now);
        }
        self.nodes.insert(key, nodes);
    }

    pub(super) fn cluster(&mut self, cluster: &Cluster) {
        let subject = format!(
            "Cluster {}/{}",
            cluster.metadata.namespace, cluster.metadata.name
        );
        let mut chain = Chain::new(subject);
        let mut desired = cluster.clone();
        if cluster.metadata.is_deleting() {
            desired.status.phase = ClusterPhase::Deleting;
            if self.tear_down(cluster, &mut chain) {
                desired.metadata.finalizers.retain(|one| one != FINALIZER);
                chain.change(cluster, &desired);
                self.plan.chains.push(chain);
                return;
            }
        } else {
            if !desired
                .metadata
                .finalizers
                .iter()
                .any(|one| one == FINALIZER)
            {
                desired.metadata.finalizers.push(FINALIZER.to_owned());
            }
            self.bring_up(cluster, &mut desired);
        }
        chain.change(cluster, &desired);
        self.plan.chains.push(chain);
    }

    fn bring_up(&mut self, cluster: &Cluster, desired: &mut Cluster) {
        let namespace = &cluster.metadata.namespace;
        let facts = self
            .snapshot
            .find(namespace, &cluster.spec.infrastructure_ref)
            .map(|object| {
                let contract = self.snapshot.contract(&cluster.spec.infrastructure_ref);
                Untyped::new(object, contract).infra_cluster_facts()
            });
        let control_plane = self
            .snapshot
            .find(namespace, &cluster.spec.control_plane_ref)
            .map(|object| {
                let contract = self.snapshot.contract(&cluster.spec.control_plane_ref);
                Untyped::new(object, contract).control_plane_facts()
            });
        let status = &mut desired.status;
        let no_infrastructure = cluster.spec.infrastructure_ref.name.is_empty();
        let provisioned =
            no_infrastructure || facts.as_ref().is_some_and(|facts| facts.provisioned);
        if provisioned {
            status.initialization.infrastructure_provisioned = Some(true);
        }
        if let Some(facts) = &facts {
            status.failure_domains.clone_from(&facts.failure_domains);
        }
        let endpoint = &mut desired.spec.control_plane_endpoint;
        if *endpoint == APIEndpoint::default() {
            let from = control_plane
                .as_ref()
                .and_then(|facts| facts.control_plane_endpoint.clone());
            let from = from.or_else(|| facts.as_ref()?.control_plane_endpoint.clone());
            *endpoint = from.unwrap_or_default();
        }
        if control_plane.is_some_and(|facts| facts.initialized) {
            status.initialization.control_plane_initialized = Some(true);
        }
        let initialized = status.initialization.control_plane_initialized == Some(true);
        let done = |kind: &str, done: bool, yes: &str, no: &str| Condition {
            r#type: kind.to_owned(),
            status: if done {
                ConditionStatus::True
            } else {
                ConditionStatus::False
            },
            reason: if done { yes } else { no }.to_owned(),
            ..Condition::default()
        };
        let generation = cluster.metadata.generation;
        for condition in [
            done("InfrastructureReady", provisioned, "Ready", "NotReady"),
            done(
                "ControlPlaneInitialized",
                initialized,
                "Initialized",
                "NotInitialized",
            ),
        ] {
            conditions::set(&mut status.conditions, condition, generation, self.now);
        }
        status.phase = if status.initialization.infrastructure_provisioned == Some(true) {
            ClusterPhase::Provisioned
        } else {
            ClusterPhase::Provisioning
        };
        if !provisioned {
            let subject = format!("Cluster {}", cluster.metadata.name);
            self.plan.why.push(Why::new(
                subject,
                "InfrastructureNotReady",
                "its infrastructure is not provisioned yet",
            ));
        } else if !initialized {
            let subject = format!("Cluster {}", cluster.metadata.name);
            self.plan.why.push(Why::new(
                subject,
                "ControlPlaneNotInitialized",
                "its control plane does not answer yet",
            ));
        }
    }

    /// Deletes what belongs to a cluster: workers first, then the control plane, the infrastructure last. Says whether all of it
    /// is gone.
    fn tear_down(&mut self, cluster: &Cluster, chain: &mut Chain) -> bool {
        let snapshot = self.snapshot;
        let (namespace, name) = (&cluster.metadata.namespace, &cluster.metadata.name);
        let mut left: Vec<(&Value, bool)> = Vec::new();
        let of_cluster = |other_namespace: &str, cluster_name: &str| {
            other_namespace == namespace && cluster_name == name
        };
        for deployment in &snapshot.machine_deployments {
            let meta = &deployment.metadata;
            if of_cluster(&meta.namespace, &deployment.spec.cluster_name) {
                left.extend(
                    snapshot
                        .raw::<MachineDeployment>(meta)
                        .map(|raw| (raw, meta.is_deleting())),
                );
            }
        }
        for set in &snapshot.machine_sets {
            let meta = &set.metadata;
            let owned = meta
                .controller()
                .is_some_and(|owner| owner.kind == MachineDeployment::GVK.kind());
            if of_cluster(&meta.namespace, &set.spec.cluster_name) {
                left.extend(
                    snapshot
                        .raw::<MachineSet>(meta)
                        .map(|raw| (raw, owned || meta.is_deleting())),
                );
            }
        }
        for machine in &snapshot.machines {
            let meta = &machine.metadata;
            let owned = meta.controller().is_some();
            // Those of the control plane go with it.
            if facts::is_control_plane(machine) && owned {
                continue;
            }
            if of_cluster(&meta.namespace, &machine.spec.cluster_name) {
                left.extend(
                    snapshot
                        .raw::<Machine>(meta)
                        .map(|raw| (raw, owned || meta.is_deleting())),
                );
            }
        }
        if left.is_empty() {
            let references = [
                &cluster.spec.control_plane_ref,
                &cluster.spec.infrastructure_ref,
            ];
            let mut found = references
                .into_iter()
                .filter_map(|reference| snapshot.find(namespace, reference));
            if let Some(object) = found.next() {
                let deleting = object.pointer("/metadata/deletionTimestamp").is_some();
                left.push((object, deleting));
            }
        }
        for (object, waiting) in &left {
            if !waiting {
                chain.delete(object);
            }
        }
        if !left.is_empty() {
            let evidence = format!("{} of its objects are still there", left.len());
            self.plan
                .why
                .push(Why::new(format!("Cluster {name}"), "Deleting", evidence));
        }
        left.is_empty()
    }
}
