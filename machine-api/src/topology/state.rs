//! The objects of a Cluster, and what is known about its upgrade.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Hook;
use crate::{
    core::v1beta2::{Cluster, MachineDeployment, MachineHealthCheck, MachinePool},
    labels,
};

/// The objects that belong to a Cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct State {
    /// The infrastructure of the whole cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure_cluster: Option<Value>,
    /// The control plane and what belongs to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane: Option<ControlPlaneState>,
    /// The MachineDeployments and what belongs to them, by their names in the topology.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub machine_deployments: BTreeMap<String, MachineDeploymentState>,
    /// The MachinePools and what belongs to them, by their names in the topology.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub machine_pools: BTreeMap<String, MachinePoolState>,
}

/// A control plane and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ControlPlaneState {
    /// The control plane.
    pub object: Value,
    /// The template of its machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure_machine_template: Option<Value>,
    /// What watches over its machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_health_check: Option<MachineHealthCheck>,
}

/// A MachineDeployment and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDeploymentState {
    /// The MachineDeployment.
    pub object: MachineDeployment,
    /// The template of the bootstrap configurations of its machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap_template: Option<Value>,
    /// The template of its machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure_machine_template: Option<Value>,
    /// What watches over its machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_health_check: Option<MachineHealthCheck>,
}

/// A MachinePool and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MachinePoolState {
    /// The MachinePool.
    pub object: MachinePool,
    /// Its bootstrap configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap_object: Option<Value>,
    /// Its infrastructure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure_machine_pool_object: Option<Value>,
}

/// The objects that there should be, and how far an upgrade is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Desired {
    /// The Cluster with its references.
    pub cluster: Cluster,
    /// The objects that belong to it.
    pub state: State,
    /// How far an upgrade is.
    pub tracker: UpgradeTracker,
    /// What was asked of extensions, and whether they hold the upgrade back.
    pub hooks: Vec<(Hook, bool)>,
}

/// How far an upgrade is: what waits, and what is on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UpgradeTracker {
    /// The control plane.
    pub control_plane: ControlPlaneTracker,
    /// The MachineDeployments.
    pub machine_deployments: WorkersTracker,
    /// The MachinePools.
    pub machine_pools: WorkersTracker,
    /// The lowest version of MachineDeployments and MachinePools.
    #[serde(skip)]
    pub min_workers_version: Option<String>,
}

/// How far the upgrade of a control plane is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a finding of its own"
)]
#[non_exhaustive]
pub struct ControlPlaneTracker {
    /// It has not the version that is wanted, and does not get another one now.
    pub pending_upgrade: bool,
    /// It is made for the first time.
    pub provisioning: bool,
    /// It gets another version now.
    pub starting_upgrade: bool,
    /// The versions that it still goes through.
    pub upgrade_plan: Vec<String>,
    /// It has not reached the version that it has to reach.
    pub upgrading: bool,
    /// It waits for workers, which would be too far behind.
    pub waiting_for_workers_upgrade: bool,
}

/// How far the upgrade of MachineDeployments or MachinePools is, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WorkersTracker {
    /// The user put off their upgrade.
    pub deferred: BTreeSet<String>,
    /// They are not made yet; names in the topology.
    pub pending_create: BTreeSet<String>,
    /// They have not the version that is wanted, and do not get another one now.
    pub pending_upgrade: BTreeSet<String>,
    /// The versions that they still go through.
    pub upgrade_plan: Vec<String>,
    /// They are on their way, or set out now.
    pub upgrading: BTreeSet<String>,
    /// How many may be on their way at a time.
    #[serde(skip)]
    pub concurrency: usize,
}

impl ControlPlaneTracker {
    /// Whether it moves, or is about to.
    const fn moves(&self) -> bool {
        self.provisioning || self.upgrading || self.starting_upgrade
    }

    /// Whether new workers may be made.
    pub const fn is_stable(&self) -> bool {
        !self.moves() && !self.pending_upgrade
    }

    /// Whether workers may be upgraded.
    pub const fn lets_workers_upgrade(&self) -> bool {
        !self.moves() && (!self.pending_upgrade || self.waiting_for_workers_upgrade)
    }
}

impl WorkersTracker {
    /// Whether no more may set out.
    pub fn concurrency_reached(&self) -> bool {
        self.upgrading.len() >= self.concurrency
    }
}

impl UpgradeTracker {
    pub(super) fn new(cluster: &Cluster) -> Self {
        let annotation = cluster
            .metadata
            .annotations
            .get(labels::UPGRADE_CONCURRENCY);
        let concurrency = annotation.and_then(|text| text.parse().ok());
        let concurrency: usize = concurrency.unwrap_or(1);
        let workers = WorkersTracker {
            concurrency: concurrency.max(1),
            ..WorkersTracker::default()
        };
        Self {
            machine_deployments: workers.clone(),
            machine_pools: workers,
            ..Self::default()
        }
    }

    pub(super) fn has_plan(&self) -> bool {
        let plans = [
            &self.control_plane.upgrade_plan,
            &self.machine_deployments.upgrade_plan,
            &self.machine_pools.upgrade_plan,
        ];
        plans.iter().any(|plan| !plan.is_empty())
    }
}
