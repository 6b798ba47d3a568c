//! Control planes that kubeadm makes: what is observed of them, what comes next, and their status.

mod act;
mod new_machine;
mod secrets;
mod sync;
mod upgrade;

#[cfg(feature = "bootstrap-data")]
pub(super) use secrets::host_port;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Chain, Context, infrastructure::own};
use crate::{
    bootstrap::v1beta2::KubeadmConfig,
    conditions,
    controlplane::v1beta2::KubeadmControlPlane,
    core::v1beta2::{Cluster, Machine},
    facts,
    kcp::{ControlPlane, EtcdCluster, Inspection, Reported, Workload},
    labels,
    machine::Pod,
    meta::{Condition, ConditionStatus},
    propagation::controller_reference,
    provider::{Etcd, Provider},
};

/// Who applies machines of control planes and what they are made of.
const MANAGER: &str = "capi-kubeadmcontrolplane";

/// Finalizer of a control plane.
const FINALIZER: &str = "kubeadm.controlplane.cluster.x-k8s.io";

/// A control plane that is not as it is to be is looked at again after so many seconds.
const RETRY_SECONDS: u32 = 15;
/// One that never answered, or with a component that does not work.
const HEALTH_SECONDS: u32 = 20;

/// What is observed of a control plane, beside its machines.
struct Surroundings {
    etcd: Etcd,
    etcd_error: Option<String>,
    configs: BTreeMap<String, KubeadmConfig>,
    infrastructure: BTreeMap<String, Value>,
    /// Names of nodes by provider ID.
    nodes: BTreeMap<String, String>,
    pods: BTreeMap<String, Vec<Pod>>,
    /// No extension is asked, so nothing is updated in place.
    in_place: BTreeMap<String, bool>,
}

impl Surroundings {
    fn control_plane<'a>(
        &'a self,
        kcp: &'a KubeadmControlPlane,
        cluster: &'a Cluster,
        machines: &'a [Machine],
        context: &Context<'_, impl Provider>,
    ) -> ControlPlane<'a> {
        ControlPlane::of(kcp, cluster, machines, context.now)
            .etcd(EtcdCluster {
                members: &self.etcd.members,
                alarms: &self.etcd.alarms,
                leader: self.etcd.leader.as_deref(),
            })
            .configs(&self.configs)
            .infrastructure(&self.infrastructure)
            .nodes(&self.nodes)
            .in_place(&self.in_place)
            .gates(context.gates)
    }
}

/// A control plane as it is and as it is to be.
struct Work<'a> {
    cluster: &'a Cluster,
    current: &'a KubeadmControlPlane,
    desired: KubeadmControlPlane,
    /// Its machines. What is found out about them is written with the rest of their status.
    machines: Vec<Machine>,
    reported: Reported,
    /// What is written before the status.
    chain: Chain,
}

impl<P: Provider> Context<'_, P> {
    /// Follows `Reconcile` of Cluster API's controller.
    pub(super) fn kubeadm_control_plane(&mut self, cluster: &Cluster, kcp: &KubeadmControlPlane) {
        let meta = &kcp.metadata;
        let subject = format!("KubeadmControlPlane {}/{}", meta.namespace, meta.name);
        let mut work = Work {
            cluster,
            current: kcp,
            desired: kcp.clone(),
            machines: Vec::new(),
            reported: Reported::default(),
            chain: Chain::new(subject),
        };
        own(
            &mut work.desired.metadata,
            &controller_reference(cluster),
            &cluster.metadata.name,
        );
        let finalizers = &mut work.desired.metadata.finalizers;
        if !meta.is_deleting() && !finalizers.iter().any(|one| one == FINALIZER) {
            finalizers.push(FINALIZER.to_owned());
        }
        let conditions = &mut work.desired.status.conditions;
        if self.pause(cluster, kcp, conditions) {
            work.chain.change(kcp, &work.desired);
            self.plan.chains.push(work.chain);
            return;
        }
        if self.take_machines(&mut work) {
            if meta.is_deleting() {
                self.end_control_plane(&mut work);
            } else {
                self.bring_forward(&mut work);
            }
            self.report(&mut work);
        }
        work.chain.change(kcp, &work.desired);
        self.plan.chains.push(work.chain);
    }

    /// The machines of a control plane; what belongs to nobody is adopted. Says whether the control plane may go on.
    fn take_machines(&mut self, work: &mut Work<'_>) -> bool {
        let (cluster, kcp) = (work.cluster, work.current);
        let all = self.snapshot.machines.iter().filter(|machine| {
            let meta = &machine.metadata;
            meta.namespace == cluster.metadata.namespace
                && meta.labels.get(labels::CLUSTER_NAME) == Some(&cluster.metadata.name)
                && facts::is_control_plane(machine)
        });
        let (owned, others): (Vec<&Machine>, Vec<&Machine>) = all.partition(|machine| {
            let controller = machine.metadata.controller();
            controller.is_some_and(|owner| owner.uid == kcp.metadata.uid)
        });
        work.machines = owned.into_iter().cloned().collect();
        if kcp.metadata.is_deleting() || others.is_empty() {
            return true;
        }
        let subject = work.chain.subject.clone();
        if others.iter().any(|one| one.metadata.controller().is_some()) {
            let message = "not all control plane machines are owned by this KubeadmControlPlane, refusing to operate in \
                           mixed management mode";
            self.fails(subject, "MixedManagement", &message);
            return false;
        }
        self.adopt_machines(work, &others);
        false
    }

    fn bring_forward(&mut self, work: &mut Work<'_>) {
        let status = &work.cluster.status.initialization;
        let endpoint = &work.cluster.spec.control_plane_endpoint;
        let has_endpoint = !endpoint.host.is_empty() && endpoint.port != 0;
        let template = &work.current.spec.machine_template.spec.infrastructure_ref;
        if !self.own_template(work.cluster, template) {
            work.reported.template_missing = true;
            let kind = &work
                .current
                .spec
                .machine_template
                .spec
                .infrastructure_ref
                .kind;
            let evidence = format!("{kind} does not exist");
            self.fails(
                work.chain.subject.clone(),
                "InfrastructureTemplateNotFound",
                &evidence,
            );
            self.look_again(RETRY_SECONDS);
            return;
        }
        if status.infrastructure_provisioned != Some(true) {
            waits(
                work,
                "Waiting for Cluster status.infrastructureReady to be true",
            );
        } else if !self.certificates(work) {
            self.look_again(RETRY_SECONDS);
            return;
        } else if !has_endpoint {
            waits(
                work,
                "Waiting for Cluster spec.controlPlaneEndpoint to be set",
            );
        } else {
            if !self.kubeconfig(work) {
                return;
            }
            self.sync_machines(work);
            self.clean_up_control_plane(work);
            self.next(work);
            return;
        }
        // There is nothing to be done yet; the plan says so.
        let around = self.look_around(work);
        let control_plane = around.control_plane(&work.desired, work.cluster, &work.machines, self);
        match control_plane.plan() {
            Ok(plan) => self.plan.why.extend(plan.explain()),
            Err(error) => self.fails(work.chain.subject.clone(), "PlanFailed", &error),
        }
    }

    /// Looks at the machines, and does the next thing.
    fn next(&mut self, work: &mut Work<'_>) {
        let around = self.look_around(work);
        if !self.inspect(work, &around) {
            return;
        }
        let machines = work.machines.clone();
        let desired = work.desired.clone();
        let control_plane = around.control_plane(&desired, work.cluster, &machines, self);
        match control_plane.plan() {
            Ok(plan) => {
                self.plan.why.extend(plan.explain());
                self.act(work, &around, plan);
            }
            Err(error) => self.fails(work.chain.subject.clone(), "PlanFailed", &error),
        }
        for machine in &work.machines {
            self.remember(machine);
        }
    }

    /// Conditions of what is seen. Says whether they could be found out.
    fn inspect(&mut self, work: &mut Work<'_>, around: &Surroundings) -> bool {
        let cluster = work.cluster;
        let key = (
            cluster.metadata.namespace.clone(),
            cluster.metadata.name.clone(),
        );
        let nodes = self.nodes.get(&key).cloned().flatten();
        let initialized = conditions::has_status(
            &work.current.status.conditions,
            "Initialized",
            &ConditionStatus::True,
        );
        let workload = match (&nodes, initialized) {
            (_, false) => Workload::NotInitialized,
            (None, true) => Workload::NotConnected {
                last_success: self.connections.get(&key).and_then(|one| one.last_success),
            },
            (Some(nodes), true) => Workload::Seen {
                nodes,
                pods: &around.pods,
                etcd_error: around.etcd_error.as_deref(),
            },
        };
        let control_plane = around.control_plane(&work.desired, cluster, &work.machines, self);
        let seen = match control_plane.inspect(workload) {
            Ok(seen) => seen,
            Err(error) => {
                self.fails(work.chain.subject.clone(), "InspectionFailed", &error);
                return false;
            }
        };
        let Inspection {
            machines,
            conditions,
            members_match,
            ..
        } = seen;
        work.machines = machines;
        for condition in &conditions {
            set(&mut work.desired, condition.clone(), self.now);
        }
        work.reported.members_match = members_match;
        true
    }

    fn look_around(&mut self, work: &Work<'_>) -> Surroundings {
        let cluster = work.cluster;
        let key = (
            cluster.metadata.namespace.clone(),
            cluster.metadata.name.clone(),
        );
        let nodes = self.nodes.get(&key).cloned().flatten().unwrap_or_default();
        let mut around = Surroundings {
            etcd: Etcd::default(),
            etcd_error: None,
            configs: BTreeMap::new(),
            infrastructure: BTreeMap::new(),
            nodes: BTreeMap::new(),
            pods: BTreeMap::new(),
            in_place: BTreeMap::new(),
        };
        for node in &nodes {
            let (id, name) = (&node.spec.provider_id, &node.metadata.name);
            around.nodes.insert(id.clone(), name.clone());
        }
        let mut asks_etcd = false;
        for machine in &work.machines {
            let meta = &machine.metadata;
            around.in_place.insert(meta.name.clone(), false);
            let spec = &machine.spec;
            let config = self
                .snapshot
                .find(&meta.namespace, &spec.bootstrap.config_ref);
            if let Some(config) = config.and_then(|one| serde::Deserialize::deserialize(one).ok()) {
                around.configs.insert(meta.name.clone(), config);
            }
            if let Some(object) = self
                .snapshot
                .find(&meta.namespace, &spec.infrastructure_ref)
            {
                around
                    .infrastructure
                    .insert(meta.name.clone(), object.clone());
            }
            let node = &machine.status.node_ref.name;
            if node.is_empty() || !nodes.iter().any(|one| one.metadata.name == *node) {
                continue;
            }
            asks_etcd |= !meta.is_deleting();
            if let Some(pods) = self.provider.pods(cluster, node, self.now) {
                around.pods.insert(node.clone(), pods);
            }
        }
        let managed = ControlPlane::of(work.current, cluster, &[], self.now).manages_etcd();
        if managed && asks_etcd {
            match self.provider.etcd(cluster, self.now) {
                Ok(etcd) => around.etcd = etcd,
                Err(error) => around.etcd_error = Some(error.to_string()),
            }
        }
        around
    }

    /// The status, from what was found out.
    fn report(&mut self, work: &mut Work<'_>) {
        let cluster = work.cluster;
        let initialized = work.desired.status.initialization.control_plane_initialized;
        if initialized != Some(true) && !work.machines.is_empty() {
            work.reported.has_kubeadm_config = self.provider.has_kubeadm_config(cluster, self.now);
        }
        let around = self.look_around(work);
        let status = {
            let control_plane = around.control_plane(&work.desired, cluster, &work.machines, self);
            control_plane.status(&work.reported)
        };
        match status {
            Ok(status) => work.desired.status = status,
            Err(error) => self.fails(work.chain.subject.clone(), "StatusFailed", &error),
        }
        let status = &work.desired.status;
        let bad = conditions::has_status(
            &status.conditions,
            "ControlPlaneComponentsHealthy",
            &ConditionStatus::False,
        );
        let initialized = status.initialization.control_plane_initialized == Some(true);
        if bad || (!initialized && !work.machines.is_empty()) {
            self.look_again(HEALTH_SECONDS);
        }
    }

    /// What was found out about a machine is written with the rest of its status.
    fn remember(&mut self, machine: &Machine) {
        let meta = &machine.metadata;
        let key = (meta.namespace.clone(), meta.name.clone());
        self.found.insert(key, machine.clone());
    }
}

/// Everything waits for the cluster.
fn waits(work: &mut Work<'_>, message: &str) {
    for kind in ["EtcdClusterHealthy", "ControlPlaneComponentsHealthy"] {
        work.reported.conditions.push(Condition {
            r#type: kind.to_owned(),
            status: ConditionStatus::Unknown,
            reason: "InspectionFailed".to_owned(),
            message: message.to_owned(),
            ..Condition::default()
        });
    }
}

fn set(kcp: &mut KubeadmControlPlane, condition: Condition, now: componentconfig::core::Time) {
    let generation = kcp.metadata.generation;
    conditions::set(&mut kcp.status.conditions, condition, generation, now);
}
