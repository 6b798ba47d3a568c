//! Which version the parts of a Cluster may have now.

use super::{
    Hook, TopologyError, Work,
    kind::{Asked, Workers},
    object,
    state::WorkersTracker,
};
use crate::{
    contract,
    core::v1beta2::{MachineDeployment, MachinePool},
    labels,
    selector::Selector,
    upgrade_plan::{self, StepSource, UpgradeRequest, min_workers_version},
    version::Version,
};

/// The versions that control plane and workers go through.
pub(super) fn plan(work: &mut Work<'_, '_>) -> Result<(), TopologyError> {
    let observed = work.observed;
    let current = observed.current;
    let Some(control_plane) = &current.control_plane else {
        return Ok(());
    };
    let desired = &observed.cluster.spec.topology.version;
    let control_plane = object::text(&control_plane.object, &["spec", "version"]);
    let (to, from): (Version, Version) = (desired.parse()?, control_plane.parse()?);
    let deployments = current.machine_deployments.values();
    let deployments = deployments.map(|state| &state.object.spec.template.spec.version);
    let pools = current.machine_pools.values();
    let pools = pools.map(|state| &state.object.spec.template.spec.version);
    let workers = deployments
        .chain(pools)
        .filter(|version| !version.is_empty());
    let workers: Vec<Version> = workers
        .map(|version| version.parse())
        .collect::<Result<_, _>>()?;
    let lowest = min_workers_version(&workers, &from);
    work.tracker.min_workers_version = lowest.map(|version| format!("v{version}"));
    if from == to && lowest.is_none_or(|lowest| *lowest == to) {
        return Ok(());
    }
    let class = &observed.class.spec;
    let source = if let Some((control_plane, workers)) = observed.upgrade_plan {
        StepSource::Given {
            control_plane,
            workers,
        }
    } else if class.kubernetes_versions.is_empty() {
        StepSource::OneMinor
    } else {
        StepSource::ClassVersions(&class.kubernetes_versions)
    };
    let request = UpgradeRequest {
        desired,
        control_plane,
        min_workers: work.tracker.min_workers_version.as_deref(),
    };
    let plan = upgrade_plan::plan(request, source, observed.compat)?;
    work.tracker.control_plane.upgrade_plan = plan.control_plane;
    if !current.machine_deployments.is_empty() {
        let tracker = &mut work.tracker.machine_deployments;
        tracker.upgrade_plan.clone_from(&plan.workers);
    }
    if !current.machine_pools.is_empty() {
        work.tracker.machine_pools.upgrade_plan = plan.workers;
    }
    Ok(())
}

/// Finds the workers that are on their way to their version.
pub(super) fn mark_upgrading(work: &mut Work<'_, '_>) -> Result<(), TopologyError> {
    for state in work.observed.current.machine_deployments.values() {
        if deployment_is_upgrading(work, &state.object)? {
            let name = state.object.metadata.name.clone();
            work.tracker.machine_deployments.upgrading.insert(name);
        }
    }
    for state in work.observed.current.machine_pools.values() {
        if pool_is_upgrading(work, &state.object)? {
            let name = state.object.metadata.name.clone();
            work.tracker.machine_pools.upgrading.insert(name);
        }
    }
    Ok(())
}

/// Whether one of its machines, or its kubelet, has another version.
fn deployment_is_upgrading(
    work: &Work<'_, '_>,
    deployment: &MachineDeployment,
) -> Result<bool, TopologyError> {
    let version = &deployment.spec.template.spec.version;
    let (namespace, name) = (&deployment.metadata.namespace, &deployment.metadata.name);
    if version.is_empty() {
        return Ok(false);
    }
    let selector = Selector::new(&deployment.spec.selector);
    let selector = selector.map_err(|error| TopologyError::Field {
        kind: "MachineDeployment".to_owned(),
        name: name.clone(),
        path: "spec.selector".to_owned(),
        problem: error.message,
    })?;
    for machine in work.observed.machines {
        let metadata = &machine.metadata;
        if metadata.namespace != *namespace || !selector.matches(&metadata.labels) {
            continue;
        }
        if machine.spec.version.is_empty() {
            return Err(TopologyError::MachineWithoutVersion {
                machine: metadata.name.clone(),
                deployment: name.clone(),
            });
        }
        let kubelet = machine.status.node_info.as_ref();
        let kubelet = kubelet.map_or("", |info| &info.kubelet_version);
        if machine.spec.version != *version || (!kubelet.is_empty() && kubelet != version) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn pool_is_upgrading(work: &Work<'_, '_>, pool: &MachinePool) -> Result<bool, TopologyError> {
    let version = &pool.spec.template.spec.version;
    if version.is_empty() {
        return Ok(false);
    }
    for node in &pool.status.node_refs {
        let kubelet = work.observed.kubelet_versions.get(&node.name);
        let kubelet = kubelet.ok_or_else(|| TopologyError::NodeOfPool {
            node: node.name.clone(),
            pool: pool.metadata.name.clone(),
        })?;
        if kubelet != version {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Work<'_, '_> {
    /// The version of the control plane.
    pub(super) fn control_plane_version(&mut self) -> Result<String, TopologyError> {
        let desired = &self.observed.cluster.spec.topology.version;
        let Some(current) = &self.observed.current.control_plane else {
            return Ok(desired.clone());
        };
        let current = &current.object;
        let version = object::text(current, &["spec", "version"]);
        let keep = Ok(version.to_owned());
        let tracker = &mut self.tracker.control_plane;
        tracker.pending_upgrade = version != desired;
        tracker.provisioning = contract::is_provisioning(current);
        if tracker.provisioning {
            return keep;
        }
        tracker.upgrading = contract::is_upgrading(current)?;
        if tracker.upgrading {
            return keep;
        }
        let lowest = self.tracker.min_workers_version.clone().unwrap_or_default();
        if !self
            .hooks
            .pending(Hook::AfterControlPlaneUpgrade, version, version)
            || !self
                .hooks
                .pending(Hook::BeforeWorkersUpgrade, &lowest, version)
        {
            return keep;
        }
        let workers = [
            &self.tracker.machine_deployments,
            &self.tracker.machine_pools,
        ];
        let first = |workers: &WorkersTracker| workers.upgrade_plan.first().cloned();
        if workers
            .iter()
            .any(|workers| first(workers).as_deref() == Some(version))
        {
            self.tracker.control_plane.waiting_for_workers_upgrade = true;
            return keep;
        }
        if workers.iter().any(|workers| !workers.upgrading.is_empty()) {
            return keep;
        }
        let steps: Vec<String> = workers
            .iter()
            .filter_map(|workers| first(workers))
            .collect();
        if !self
            .hooks
            .pending(Hook::AfterWorkersUpgrade, version, version)
            || !self.tracker.control_plane.pending_upgrade
            || !self.hooks.before_upgrade(version, desired)
        {
            return keep;
        }
        self.hooks.mark(&["AfterClusterUpgrade"]);
        let next = self.tracker.control_plane.upgrade_plan.first().cloned();
        let next = next.ok_or_else(|| TopologyError::NoPlan("the control plane".to_owned()))?;
        if !self.hooks.before_step(version, &next) {
            return keep;
        }
        self.hooks.mark(&[Hook::AfterControlPlaneUpgrade.name()]);
        if steps.contains(&next) {
            let hooks = [Hook::BeforeWorkersUpgrade, Hook::AfterWorkersUpgrade];
            self.hooks.mark(&hooks.map(Hook::name));
        }
        let tracker = &mut self.tracker.control_plane;
        tracker.starting_upgrade = true;
        tracker.pending_upgrade = false;
        Ok(next)
    }

    /// The version of workers; `current` are those that are there.
    pub(super) fn workers_version<W: Workers>(
        &mut self,
        topology: &str,
        current: Option<&W>,
    ) -> Result<String, TopologyError> {
        let spec = &self.observed.cluster.spec.topology;
        let desired = &spec.version;
        let blocked = self
            .hooks
            .is_blocking(&[Hook::AfterControlPlaneUpgrade, Hook::BeforeWorkersUpgrade]);
        let control_plane = &self.tracker.control_plane;
        let (stable, go) = (
            control_plane.is_stable(),
            control_plane.lets_workers_upgrade(),
        );
        let tracker = W::tracker_mut(&mut self.tracker);
        let Some(current) = current else {
            if !stable || blocked {
                tracker.pending_create.insert(topology.to_owned());
            }
            return Ok(desired.clone());
        };
        let (name, version) = (&current.metadata().name, &current.machines().version);
        if version == desired {
            return Ok(version.clone());
        }
        let deferred = is_deferred(W::wanted(&spec.workers).iter().map(W::asked), topology);
        if deferred {
            tracker.deferred.insert(name.clone());
        }
        if deferred || blocked || tracker.concurrency_reached() || !go {
            tracker.pending_upgrade.insert(name.clone());
            return Ok(version.clone());
        }
        let next = tracker.upgrade_plan.first().cloned();
        let next = next.ok_or_else(|| TopologyError::NoPlan(name.clone()))?;
        if next == *version {
            // It waits for the next step of the control plane.
            tracker.pending_upgrade.insert(name.clone());
        } else {
            tracker.upgrading.insert(name.clone());
        }
        Ok(next)
    }
}

/// Whether the user put off the upgrade of workers: by themselves, or by holding those before them.
fn is_deferred<'a>(all: impl Iterator<Item = Asked<'a>>, name: &str) -> bool {
    for asked in all {
        let annotations = &asked.metadata.annotations;
        if annotations.contains_key(labels::HOLD_UPGRADE_SEQUENCE) {
            return true;
        }
        if asked.name == name {
            return annotations.contains_key(labels::DEFER_UPGRADE);
        }
    }
    false
}
