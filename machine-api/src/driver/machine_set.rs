//! MachineSets: machines that are made, deleted and changed, and their status.

use std::collections::BTreeMap;

use componentconfig::Kind;
use serde_json::{Value, json};

use super::{Chain, Context, Snapshot, chain::is_applied};
use crate::{
    conditions,
    core::v1beta2::{Cluster, Machine, MachineDeployment, MachineSet},
    labels,
    machine_set::{
        preflight::{Preflight, PreflightCheck, RETRY_SECONDS},
        remediation,
        status::{Reported, status},
        sync::{Observed, SyncAction},
    },
    propagation::{self, controller_reference, owner_reference},
    provider::Provider,
    selector::Selector,
};

/// Who applies machines and what they are made of.
pub(super) const MANAGER: &str = "capi-machineset";

impl<P: Provider> Context<'_, P> {
    pub(super) fn machine_set(&mut self, set: &MachineSet) {
        let meta = &set.metadata;
        let subject = format!("MachineSet {}/{}", meta.namespace, meta.name);
        let Some(cluster) = self
            .snapshot
            .cluster(&meta.namespace, &set.spec.cluster_name)
        else {
            self.fails(subject, "NoCluster", &"its Cluster was not found");
            return;
        };
        let mut chain = Chain::new(subject.clone());
        let mut desired = set.clone();
        prepare(&mut desired);
        if self.pause(cluster, set, &mut desired.status.conditions) {
            chain.change(set, &desired);
            self.plan.chains.push(chain);
            return;
        }
        let machines = self.machines_of_set(set);
        let missing = self.own_templates(cluster, &set.spec.template.spec);
        // Nothing is made before the finalizer is written.
        let place = self.plan.chains.len();
        let mut blocked = Vec::new();
        if meta.is_deleting() {
            for machine in machines
                .iter()
                .filter(|machine| !machine.metadata.is_deleting())
            {
                chain.delete(&json!(machine));
            }
            if machines.is_empty() {
                desired
                    .metadata
                    .finalizers
                    .retain(|one| one != labels::MACHINE_SET_FINALIZER);
            }
        } else {
            belong(&mut desired, cluster);
            blocked = self.bring_set_forward(set, cluster, &machines);
        }
        let reported = Reported { missing, blocked };
        match status(&desired, &machines, &reported, self.now) {
            Ok(status) => desired.status = status,
            Err(error) => self.fails(subject, "StatusFailed", &error),
        }
        chain.change(set, &desired);
        self.plan.chains.insert(place, chain);
    }

    fn machines_of_set(&self, set: &MachineSet) -> Vec<Machine> {
        let meta = &set.metadata;
        let owned = |machine: &&Machine| {
            let controller = machine.metadata.controller();
            machine.metadata.namespace == meta.namespace
                && controller.is_some_and(|owner| owner.uid == meta.uid)
        };
        let machines = self.snapshot.machines.iter().filter(owned);
        machines.cloned().collect()
    }

    /// Says why machines are not made though some are missing.
    fn bring_set_forward(
        &mut self,
        set: &MachineSet,
        cluster: &Cluster,
        machines: &[Machine],
    ) -> Vec<String> {
        self.adopt(set);
        self.clean_up(set);
        for machine in machines {
            self.propagate(set, machine);
        }
        let deployment = self.snapshot.deployment_of(set);
        if self.remediate(set, cluster, deployment, machines) {
            return self.sync(set, cluster, machines);
        }
        Vec::new()
    }

    /// Takes machines that its selector matches and that belong to nobody.
    fn adopt(&mut self, set: &MachineSet) {
        let Ok(selector) = Selector::new(&set.spec.selector) else {
            return;
        };
        for machine in &self.snapshot.machines {
            let meta = &machine.metadata;
            let orphan = meta.controller().is_none() && meta.namespace == set.metadata.namespace;
            if orphan && !selector.is_empty() && selector.matches(&meta.labels) {
                let mut desired = machine.clone();
                desired
                    .metadata
                    .owner_references
                    .push(controller_reference(set));
                let mut chain = Chain::new(format!("Machine {}/{}", meta.namespace, meta.name));
                chain.change(machine, &desired);
                self.plan.chains.push(chain);
            }
        }
    }

    /// Deletes what was made for machines that were not made after that.
    fn clean_up(&mut self, set: &MachineSet) {
        let spec = &set.spec.template.spec;
        let subject = format!(
            "MachineSet {}/{}",
            set.metadata.namespace, set.metadata.name
        );
        let templates = [&spec.infrastructure_ref, &spec.bootstrap.config_ref];
        self.delete_unused(subject, templates, |object| {
            let owners = object.pointer("/metadata/ownerReferences");
            let mut owners = owners.and_then(Value::as_array).into_iter().flatten();
            owners.any(|owner| {
                let text = |field: &str| owner.get(field).and_then(Value::as_str);
                text("kind") == Some(MachineSet::GVK.kind())
                    && text("uid") == Some(set.metadata.uid.as_str())
            })
        });
    }

    /// Writes what machines may change in place.
    fn propagate(&mut self, set: &MachineSet, machine: &Machine) {
        let meta = &machine.metadata;
        let subject = format!("Machine {}/{}", meta.namespace, meta.name);
        let mut chain = Chain::new(subject.clone());
        if meta.is_deleting() {
            chain.change(machine, &propagation::deleting_machine(set, machine));
        } else {
            match propagation::machine(set, Some(machine), &mut *self.random) {
                Err(error) => self.fails(subject, "PropagationFailed", &error),
                Ok(wanted) => {
                    let intent = json!(wanted);
                    let current = self.snapshot.raw::<Machine>(meta);
                    if !current.is_some_and(|current| is_applied(current, &intent, MANAGER)) {
                        chain.apply(intent, MANAGER);
                    }
                }
            }
        }
        self.plan.chains.push(chain);
    }

    /// Replaces unhealthy machines. Says whether more may be done.
    fn remediate(
        &mut self,
        set: &MachineSet,
        cluster: &Cluster,
        deployment: Option<&MachineDeployment>,
        machines: &[Machine],
    ) -> bool {
        let observed = remediation::Observed {
            machine_set: set,
            machine_deployment: deployment,
            machines,
            preflight: preflight(self.snapshot, set, cluster, self.checks).gates(self.gates),
        };
        let plan = match observed.plan() {
            Ok(plan) => plan,
            Err(error) => {
                self.fails(
                    format!("MachineSet {}", set.metadata.name),
                    "RemediationFailed",
                    &error,
                );
                return true;
            }
        };
        self.plan.why.extend(plan.explain());
        if let Some(seconds) = plan.requeue_after_seconds {
            self.look_again(seconds);
        }
        let named = |machine: &Machine| {
            let meta = &machine.metadata;
            Chain::new(format!("Machine {}/{}", meta.namespace, meta.name))
        };
        for machine in &plan.recovered {
            let mut desired = (*machine).clone();
            conditions::remove(&mut desired.status.conditions, "OwnerRemediated");
            let mut chain = named(machine);
            chain.change(*machine, &desired);
            self.plan.chains.push(chain);
        }
        for (machine, verdict) in &plan.verdicts {
            let mut desired = (*machine).clone();
            let generation = machine.metadata.generation;
            conditions::set(
                &mut desired.status.conditions,
                verdict.condition(),
                generation,
                self.now,
            );
            let mut chain = named(machine);
            chain.change(*machine, &desired);
            if *verdict == remediation::Verdict::Delete {
                chain.delete(&json!(machine));
            }
            self.plan.chains.push(chain);
        }
        plan.delete.is_empty()
    }

    fn sync(&mut self, set: &MachineSet, cluster: &Cluster, machines: &[Machine]) -> Vec<String> {
        let subject = format!(
            "MachineSet {}/{}",
            set.metadata.namespace, set.metadata.name
        );
        let target = set
            .metadata
            .annotations
            .get(labels::MOVE_MACHINES_TO_MACHINE_SET);
        let mut sets = self.snapshot.machine_sets.iter();
        let target = target.and_then(|name| {
            sets.find(|one| {
                one.metadata.name == *name && one.metadata.namespace == set.metadata.namespace
            })
        });
        let plan = match Observed::new(set, machines, self.now).target(target).plan() {
            Ok(plan) => plan,
            Err(error) => {
                self.fails(subject, "SyncFailed", &error);
                return Vec::new();
            }
        };
        self.plan.why.extend(plan.explain());
        match plan.action {
            SyncAction::Create { count } => return self.create(set, cluster, count),
            SyncAction::Delete { delete, .. } => {
                let mut chain = Chain::new(subject);
                for machine in delete {
                    chain.delete(&json!(machine));
                }
                self.plan.chains.push(chain);
            }
            SyncAction::Move {
                moved,
                delete,
                target,
                ..
            } => {
                for machine in delete {
                    let mut chain = Chain::new(subject.clone());
                    chain.delete(&json!(machine));
                    self.plan.chains.push(chain);
                }
                for machine in moved {
                    if let Ok(moved) = propagation::moved_machine(machine, set, target) {
                        let mut chain = Chain::new(subject.clone());
                        chain.change(machine, &moved);
                        self.plan.chains.push(chain);
                    }
                }
            }
            SyncAction::Nothing
            | SyncAction::CreateDisabled { .. }
            | SyncAction::MoveRefused { .. } => {}
        }
        Vec::new()
    }

    fn create(&mut self, set: &MachineSet, cluster: &Cluster, count: usize) -> Vec<String> {
        let subject = format!("MachineSet {}", set.metadata.name);
        let checks = preflight(self.snapshot, set, cluster, self.checks).gates(self.gates);
        match checks.run() {
            Err(error) => {
                self.fails(subject, "PreflightFailed", &error);
                vec![error.to_string()]
            }
            Ok(failures) if !failures.is_empty() => {
                let why = failures.iter().map(|failure| failure.explain(set));
                self.plan.why.extend(why);
                self.look_again(RETRY_SECONDS);
                failures.iter().map(ToString::to_string).collect()
            }
            Ok(_) => {
                for _ in 0..count {
                    self.new_machine(set);
                }
                Vec::new()
            }
        }
    }
}

fn preflight<'a>(
    snapshot: &'a Snapshot,
    set: &'a MachineSet,
    cluster: &'a Cluster,
    checks: &'a [PreflightCheck],
) -> Preflight<'a> {
    let namespace = &set.metadata.namespace;
    let control_plane = snapshot.find(namespace, &cluster.spec.control_plane_ref);
    let template = snapshot.find(namespace, &set.spec.template.spec.bootstrap.config_ref);
    Preflight::new(cluster, set, control_plane, checks).bootstrap_template(template)
}

/// What every MachineSet has.
fn prepare(set: &mut MachineSet) {
    let finalizer = labels::MACHINE_SET_FINALIZER;
    let meta = &mut set.metadata;
    if !meta.is_deleting() && !meta.finalizers.iter().any(|one| one == finalizer) {
        meta.finalizers.push(finalizer.to_owned());
    }
}

/// The label of the cluster, and an owner.
fn belong(set: &mut MachineSet, cluster: &Cluster) {
    let cluster_name = set.spec.cluster_name.clone();
    let put = |labels: &mut BTreeMap<String, String>| {
        labels.insert(labels::CLUSTER_NAME.to_owned(), cluster_name.clone());
    };
    put(&mut set.metadata.labels);
    // A MachineDeployment writes its own selector and labels into its MachineSets.
    if set.metadata.labels.contains_key(labels::DEPLOYMENT_NAME) {
        return;
    }
    put(&mut set.spec.selector.match_labels);
    put(&mut set.spec.template.metadata.labels);
    let kinds = [MachineDeployment::GVK, Cluster::GVK];
    let mut owners = set.metadata.owner_references.iter();
    if !owners.any(|owner| kinds.iter().any(|kind| kind.kind() == owner.kind)) {
        set.metadata.owner_references.push(owner_reference(cluster));
    }
}
