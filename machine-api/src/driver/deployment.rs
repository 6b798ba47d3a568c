//! MachineDeployments: how many machines each of their MachineSets is to have, and their status.

use serde_json::json;

use super::{Chain, Context, chain::is_applied};
use crate::{
    core::v1beta2::{MachineDeployment, MachineDeploymentPhase, MachineSet},
    labels,
    propagation::owner_reference,
    provider::Provider,
    rollout::Rollout,
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
        let sets: Vec<MachineSet> = self
            .snapshot
            .machine_sets
            .iter()
            .filter(|set| {
                set.metadata.namespace == meta.namespace
                    && set
                        .metadata
                        .controller()
                        .is_some_and(|owner| owner.uid == meta.uid)
            })
            .cloned()
            .collect();
        let mut chain = Chain::new(subject.clone());
        let mut desired = deployment.clone();
        let finalizer = labels::MACHINE_DEPLOYMENT_FINALIZER;
        if meta.is_deleting() {
            for set in sets.iter().filter(|set| !set.metadata.is_deleting()) {
                chain.delete(&json!(set));
            }
            if sets.is_empty() {
                desired.metadata.finalizers.retain(|one| one != finalizer);
            }
            chain.change(deployment, &desired);
            self.plan.chains.push(chain);
            return;
        }
        if !meta.finalizers.iter().any(|one| one == finalizer) {
            desired.metadata.finalizers.push(finalizer.to_owned());
        }
        let owner = owner_reference(cluster);
        if !meta.owner_references.iter().any(|one| one.uid == owner.uid) {
            desired.metadata.owner_references.push(owner);
        }
        status(&mut desired, &sets);
        if cluster.spec.paused != Some(true) {
            self.roll(deployment, &sets, &mut desired, &mut chain);
        }
        chain.change(deployment, &desired);
        self.plan.chains.push(chain);
    }

    fn roll(
        &mut self,
        deployment: &MachineDeployment,
        sets: &[MachineSet],
        desired: &mut MachineDeployment,
        chain: &mut Chain,
    ) {
        let alive: Vec<MachineSet> = sets
            .iter()
            .filter(|set| !set.metadata.is_deleting())
            .cloned()
            .collect();
        let rollout = Rollout::of(deployment, &alive, self.now).gates(self.gates);
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

/// The status: sums of those of the MachineSets.
fn status(deployment: &mut MachineDeployment, sets: &[MachineSet]) {
    let sum = |count: fn(&MachineSet) -> Option<i32>| Some(sets.iter().filter_map(count).sum());
    let generation = deployment.metadata.generation;
    let selector = Selector::new(&deployment.spec.selector);
    let wanted = deployment.spec.replicas;
    let status = &mut deployment.status;
    status.observed_generation = generation;
    status.selector = selector
        .map(|selector| selector.to_string())
        .unwrap_or_default();
    status.replicas = sum(|set| set.status.replicas);
    status.ready_replicas = sum(|set| set.status.ready_replicas);
    status.available_replicas = sum(|set| set.status.available_replicas);
    status.up_to_date_replicas = sum(|set| set.status.up_to_date_replicas);
    status.phase = match status.replicas.cmp(&wanted) {
        std::cmp::Ordering::Less => MachineDeploymentPhase::ScalingUp,
        std::cmp::Ordering::Greater => MachineDeploymentPhase::ScalingDown,
        std::cmp::Ordering::Equal if status.available_replicas != wanted => {
            MachineDeploymentPhase::ScalingUp
        }
        std::cmp::Ordering::Equal => MachineDeploymentPhase::Running,
    };
}
