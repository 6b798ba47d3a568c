//! MachineDeployments: how many machines each of their MachineSets is to have, and their status.

use serde_json::json;

use super::{Chain, Context, chain::is_applied};
use crate::{
    core::v1beta2::{Machine, MachineDeployment, MachineSet},
    labels,
    machine_set::status::MissingTemplates,
    propagation::owner_reference,
    provider::Provider,
    rollout::{self, Rollout},
    selector::Selector,
};

/// Who applies MachineSets.
const MANAGER: &str = "capi-machinedeployment";

impl<P: Provider> Context<'_, P> {
    pub(super) fn deployment(&mut self, deployment: &MachineDeployment) {
        let meta = &deployment.metadata;
        let subject = format!("MachineDeployment {}/{}", meta.namespace, meta.name);
        let Some(cluster) = self
            .snapshot
            .cluster(&meta.namespace, &deployment.spec.cluster_name)
        else {
            self.fails(subject, "NoCluster", &"its Cluster was not found");
            return;
        };
        let mut chain = Chain::new(subject.clone());
        let mut desired = deployment.clone();
        let finalizer = labels::MACHINE_DEPLOYMENT_FINALIZER;
        let deleting = meta.is_deleting();
        if !deleting && !meta.finalizers.iter().any(|one| one == finalizer) {
            desired.metadata.finalizers.push(finalizer.to_owned());
        }
        if self.pause(cluster, deployment, &mut desired.status.conditions) {
            chain.change(deployment, &desired);
            self.plan.chains.push(chain);
            return;
        }
        let sets = self.sets_of(deployment);
        let mut missing = MissingTemplates::default();
        if deleting {
            for set in sets.iter().filter(|set| !set.metadata.is_deleting()) {
                chain.delete(&json!(set));
            }
            if sets.is_empty() {
                desired.metadata.finalizers.retain(|one| one != finalizer);
            }
        } else {
            let label = labels::CLUSTER_NAME.to_owned();
            let name = deployment.spec.cluster_name.clone();
            desired.metadata.labels.insert(label, name);
            let owner = owner_reference(cluster);
            if !meta.owner_references.iter().any(|one| one.uid == owner.uid) {
                desired.metadata.owner_references.push(owner);
            }
            missing = self.own_templates(cluster, &deployment.spec.template.spec);
            self.roll(deployment, &sets, missing, &mut desired, &mut chain);
        }
        let machines = self.machines_of(deployment);
        match rollout::status(&desired, &sets, &machines, missing, self.now) {
            Ok(status) => desired.status = status,
            Err(error) => self.fails(subject, "StatusFailed", &error),
        }
        chain.change(deployment, &desired);
        self.plan.chains.push(chain);
    }

    fn sets_of(&self, deployment: &MachineDeployment) -> Vec<MachineSet> {
        let meta = &deployment.metadata;
        let owned = |set: &&MachineSet| {
            let controller = set.metadata.controller();
            set.metadata.namespace == meta.namespace
                && controller.is_some_and(|owner| owner.uid == meta.uid)
        };
        let sets = self.snapshot.machine_sets.iter().filter(owned);
        sets.cloned().collect()
    }

    /// Those that the selector matches, whichever MachineSet they belong to.
    fn machines_of(&self, deployment: &MachineDeployment) -> Vec<&Machine> {
        let Ok(selector) = Selector::new(&deployment.spec.selector) else {
            return Vec::new();
        };
        let namespace = &deployment.metadata.namespace;
        let machines = self.snapshot.machines.iter();
        machines
            .filter(|machine| {
                let meta = &machine.metadata;
                meta.namespace == *namespace && selector.matches(&meta.labels)
            })
            .collect()
    }

    fn roll(
        &mut self,
        deployment: &MachineDeployment,
        sets: &[MachineSet],
        missing: MissingTemplates,
        desired: &mut MachineDeployment,
        chain: &mut Chain,
    ) {
        let alive: Vec<MachineSet> = sets
            .iter()
            .filter(|set| !set.metadata.is_deleting())
            .cloned()
            .collect();
        let mut rollout = Rollout::of(deployment, &alive, self.now).gates(self.gates);
        if missing != MissingTemplates::default() {
            rollout = rollout.without_templates();
        }
        let plan = match rollout.plan(&mut *self.random) {
            Ok(plan) => plan,
            Err(error) => {
                self.fails(chain.subject.clone(), "RolloutFailed", &error);
                return;
            }
        };
        self.plan.why.extend(plan.explain());
        let wanted = match plan.machine_sets() {
            Ok(wanted) => wanted,
            Err(error) => {
                self.fails(chain.subject.clone(), "RolloutFailed", &error);
                return;
            }
        };
        let obsolete = plan.obsolete();
        for set in &wanted {
            if obsolete
                .iter()
                .any(|old| old.metadata.name == set.metadata.name)
            {
                continue;
            }
            let intent = json!(set);
            let current = self.snapshot.raw::<MachineSet>(&set.metadata);
            if !current.is_some_and(|current| is_applied(current, &intent, MANAGER)) {
                chain.apply(intent, MANAGER);
            }
        }
        for set in obsolete {
            chain.delete(&json!(set));
        }
        if let Some(revision) = plan.revision() {
            let annotations = &mut desired.metadata.annotations;
            annotations.insert(labels::REVISION.to_owned(), revision.to_owned());
        }
    }
}
