//! Machines: what their status says about bootstrap configuration, infrastructure and node, and their end.

use apply_semantics::{
    op::{DeleteOptions, Operation, ResourceRef, WriteOptions},
    patch::Patch,
};
use serde_json::{Value, json};

use super::{Chain, Context, chain::MANAGER};
use crate::{
    conditions::{self, told},
    contract::{BootstrapConfig, InfraMachine, Untyped},
    core::v1beta2::{Cluster, Machine, MachineDrainRule, MachineSet},
    labels,
    machine::{
        Node, Pod,
        deletion::{self, Action},
        drain::Eviction,
        observed::{self, External, NodeSeen},
        status::{Owners, conclude},
    },
    meta::ConditionStatus,
    provider::{DrainFacts, Provider},
};

/// A machine without node is looked at again after so many seconds.
const NODE_SECONDS: u32 = 15;

/// What belongs to a machine.
struct Surroundings<'a> {
    cluster: &'a Cluster,
    infrastructure: External<'a>,
    bootstrap: External<'a>,
    node: Option<Node>,
    connected: bool,
}

impl Surroundings<'_> {
    fn node(&self) -> NodeSeen<'_> {
        match &self.node {
            Some(node) => NodeSeen::Found(node),
            None if self.connected => NodeSeen::Missing,
            None => NodeSeen::NotConnected,
        }
    }
}

impl<P: Provider> Context<'_, P> {
    pub(super) fn machine(&mut self, machine: &Machine) {
        let meta = &machine.metadata;
        let subject = format!("Machine {}/{}", meta.namespace, meta.name);
        let Some(cluster) = self
            .snapshot
            .cluster(&meta.namespace, &machine.spec.cluster_name)
        else {
            self.fails(subject, "NoCluster", &"its Cluster was not found");
            return;
        };
        let find = |reference| match self.snapshot.find(&meta.namespace, reference) {
            Some(object) => External::Found(object),
            None => External::Missing,
        };
        let key = (meta.namespace.clone(), cluster.metadata.name.clone());
        let nodes = self.nodes.get(&key).cloned().flatten();
        let mut around = Surroundings {
            cluster,
            infrastructure: find(&machine.spec.infrastructure_ref),
            bootstrap: find(&machine.spec.bootstrap.config_ref),
            node: None,
            connected: nodes.is_some(),
        };
        // A control plane may have found out something about it.
        let place = (meta.namespace.clone(), meta.name.clone());
        let found = self.found.remove(&place);
        let mut desired = found.unwrap_or_else(|| machine.clone());
        let finalizer = labels::MACHINE_FINALIZER;
        if !meta.is_deleting() && !meta.finalizers.iter().any(|one| one == finalizer) {
            desired.metadata.finalizers.push(finalizer.to_owned());
        }
        let mut chain = Chain::new(subject);
        let conditions = &mut desired.status.conditions;
        if self.pause(cluster, machine, conditions) {
            chain.change(machine, &desired);
            self.plan.chains.push(chain);
            return;
        }
        self.copy(&around, &mut desired);
        around.node = nodes.into_iter().flatten().find(|node| {
            let by_name = node.metadata.name == desired.status.node_ref.name;
            let id = &desired.spec.provider_id;
            by_name || (!id.is_empty() && node.spec.provider_id == *id)
        });
        if around.node.is_none() && !desired.spec.provider_id.is_empty() {
            self.look_again(NODE_SECONDS);
        }
        if let Some(node) = &around.node {
            desired.status.node_ref.name.clone_from(&node.metadata.name);
            desired.status.node_info.clone_from(&node.status.node_info);
        }
        self.conditions(&around, &mut desired);
        self.end(&around, &mut desired, &mut chain);
        let set = meta.controller().and_then(|owner| {
            let mut sets = self.snapshot.machine_sets.iter();
            sets.find(|set| set.metadata.uid == owner.uid)
        });
        let owners = Owners {
            machine_set: set,
            machine_deployment: set.and_then(|set: &MachineSet| self.snapshot.deployment_of(set)),
        };
        let conclusion = conclude(&desired, owners, self.now);
        desired.status = conclusion.status;
        if let Some(seconds) = conclusion.requeue_after_seconds {
            self.look_again(seconds);
        }
        chain.change(machine, &desired);
        self.plan.chains.push(chain);
    }

    /// Takes over what bootstrap configuration and infrastructure say.
    fn copy(&self, around: &Surroundings<'_>, machine: &mut Machine) {
        if let External::Found(object) = around.bootstrap {
            let contract = self.snapshot.contract(&machine.spec.bootstrap.config_ref);
            let facts = Untyped::new(object, contract).bootstrap_config_facts();
            if facts.data_secret_created && facts.data_secret_name.is_some() {
                machine.spec.bootstrap.data_secret_name = facts.data_secret_name;
            }
        }
        if machine.spec.bootstrap.data_secret_name.is_some() {
            machine.status.initialization.bootstrap_data_secret_created = Some(true);
        }
        if let External::Found(object) = around.infrastructure {
            let contract = self.snapshot.contract(&machine.spec.infrastructure_ref);
            let facts = Untyped::new(object, contract).infra_machine_facts();
            if let (true, Some(id)) = (facts.provisioned, facts.provider_id) {
                machine.spec.provider_id = id;
                machine.status.addresses = facts.addresses;
                machine.status.failure_domain = facts.failure_domain.unwrap_or_default();
                machine.status.initialization.infrastructure_provisioned = Some(true);
            }
        }
    }

    fn conditions(&self, around: &Surroundings<'_>, machine: &mut Machine) {
        let cluster = &around.cluster.metadata;
        let key = (cluster.namespace.clone(), cluster.name.clone());
        let connection = self.connections.get(&key).copied();
        let connection = connection.unwrap_or_default();
        let mut found = vec![
            observed::bootstrap_config_ready(machine, around.bootstrap),
            observed::infrastructure_ready(machine, around.infrastructure),
            told("Updating", ConditionStatus::False, "NotUpdating", ""),
        ];
        let node = around.node();
        found.extend(observed::node_conditions(
            around.cluster,
            machine,
            node,
            connection,
            self.now,
        ));
        if !machine.metadata.is_deleting() {
            let no = ConditionStatus::False;
            found.push(told("Deleting", no, "NotDeleting", ""));
        }
        let generation = machine.metadata.generation;
        for condition in found {
            conditions::set(
                &mut machine.status.conditions,
                condition,
                generation,
                self.now,
            );
        }
    }

    /// The next step of the end of a machine, if it is to end.
    fn end(&mut self, around: &Surroundings<'_>, machine: &mut Machine, chain: &mut Chain) {
        if !machine.metadata.is_deleting() {
            return;
        }
        let control_plane = self.snapshot.find(
            &machine.metadata.namespace,
            &around.cluster.spec.control_plane_ref,
        );
        let rules: Vec<MachineDrainRule> = self
            .snapshot
            .machine_drain_rules
            .iter()
            .filter(|rule| rule.metadata.namespace == machine.metadata.namespace)
            .cloned()
            .collect();
        let contents = self.contents(around);
        let node = match (&around.node, &contents) {
            (Some(_), None) => NodeSeen::NotConnected,
            _ => around.node(),
        };
        let (pods, facts) = contents.unwrap_or_default();
        let mut plan = deletion::plan(&deletion::Observed {
            cluster: around.cluster,
            machine,
            control_plane: control_plane.map_or(External::Missing, External::Found),
            machines: &self.snapshot.machines,
            infrastructure: around.infrastructure,
            bootstrap: around.bootstrap,
            rules: &rules,
            workload: deletion::Workload {
                node,
                pods: &pods,
                namespaces: &facts.namespaces,
                daemon_sets: &facts.daemon_sets,
                volumes: &facts.volumes,
                attachments: &facts.attachments,
            },
            now: self.now,
        });
        self.tell_of_evictions(around.cluster, &mut plan);
        self.plan.why.extend(plan.explain(machine));
        if let Some(seconds) = plan.requeue_after_seconds {
            self.look_again(seconds);
        }
        let stage = plan.stage.to_string();
        let condition = told("Deleting", ConditionStatus::True, &stage, &plan.message);
        let generation = machine.metadata.generation;
        conditions::set(
            &mut machine.status.conditions,
            condition,
            generation,
            self.now,
        );
        machine.status.deletion = Some(plan.deletion);
        let mut inside = Chain::new(chain.subject.clone());
        for action in plan.actions {
            match action {
                Action::DeleteInfrastructure => delete(around.infrastructure, chain),
                Action::DeleteBootstrapConfig => delete(around.bootstrap, chain),
                Action::DeleteNode => {
                    let node = machine.status.node_ref.name.clone();
                    let target = ResourceRef::of_kind("v1", "Node").all().named(node);
                    let delete = Operation::delete(target, DeleteOptions::default());
                    inside.inside(around.cluster, delete);
                }
                Action::RemoveFinalizer => {
                    let finalizers = &mut machine.metadata.finalizers;
                    finalizers.retain(|one| one != labels::MACHINE_FINALIZER);
                }
                Action::Cordon => {
                    let node = machine.status.node_ref.name.clone();
                    let target = ResourceRef::of_kind("v1", "Node").all().named(node);
                    let patch = Patch::Merge(json!({"spec": {"unschedulable": true}}));
                    let options = WriteOptions::new(MANAGER);
                    inside.inside(around.cluster, Operation::patch(target, patch, options));
                }
                Action::Evict {
                    namespace,
                    name,
                    grace_period_seconds,
                } => {
                    let evict = eviction(&namespace, &name, grace_period_seconds);
                    inside.inside(around.cluster, evict);
                }
            }
        }
        // What is refused there keeps nothing from being written down here.
        self.plan.chains.push(inside);
    }

    /// The pods of the node, and what else draining it depends on. None if they cannot be read.
    fn contents(&mut self, around: &Surroundings<'_>) -> Option<(Vec<Pod>, DrainFacts)> {
        let node = &around.node.as_ref()?.metadata.name;
        let pods = self.provider.pods(around.cluster, node, self.now)?;
        let facts = self.provider.drain_facts(around.cluster, node, self.now)?;
        Some((pods, facts))
    }

    /// What became of the evictions of the last time.
    fn tell_of_evictions(&self, cluster: &Cluster, plan: &mut deletion::DeletionPlan) {
        let meta = &cluster.metadata;
        let known = self
            .evictions
            .get(&(meta.namespace.clone(), meta.name.clone()));
        let (Some(known), Some(drain)) = (known, &plan.drain) else {
            return;
        };
        let Some(started) = plan.deletion.node_drain_start_time else {
            return;
        };
        let evictions = drain.evictions().map(|pod| {
            let key = pod.key();
            let known = known.get(&key).cloned();
            (key, known.unwrap_or(Eviction::Accepted))
        });
        plan.message = drain.progress(&evictions.collect()).message(started);
    }
}

/// Deletes an object that is there and not being deleted yet.
fn delete(external: External<'_>, chain: &mut Chain) {
    if let (External::Found(object), false) = (external, external.is_deleting()) {
        chain.delete(object);
    }
}

fn eviction(namespace: &str, name: &str, grace_period_seconds: Option<i64>) -> Operation {
    let target = ResourceRef::of_kind("v1", "Pod").within(namespace);
    let target = target.named(name).subresource("eviction");
    let mut object = json!({
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": namespace},
    });
    if let (Some(seconds), Value::Object(fields)) = (grace_period_seconds, &mut object) {
        let options = json!({"gracePeriodSeconds": seconds});
        fields.insert("deleteOptions".to_owned(), options);
    }
    Operation::CreateSubresource {
        target,
        object,
        options: WriteOptions::new(MANAGER),
    }
}
