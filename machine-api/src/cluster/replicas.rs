//! How many machines a Cluster has.

use serde::Deserialize;
use serde_json::Value;

use super::{Observed, is_set};
use crate::{
    conditions::has_status,
    contract::{ControlPlane, Untyped},
    core::v1beta2::{ClusterControlPlaneStatus, Machine, StatusVersion, WorkersStatus},
    machine::observed::External,
    meta::ConditionStatus,
    versions,
};

impl Observed<'_> {
    pub(super) fn count_control_plane(&self, status: &mut ClusterControlPlaneStatus) {
        let spec = &self.cluster.spec;
        if !is_set(&spec.control_plane_ref) && !self.has_topology() {
            self.count_control_plane_machines(status);
            return;
        }
        let External::Found(object) = self.control_plane else {
            *status = ClusterControlPlaneStatus {
                upgrade_plan: std::mem::take(&mut status.upgrade_plan),
                ..ClusterControlPlaneStatus::default()
            };
            return;
        };
        // What it does not tell of stays as it was.
        let facts = Untyped::new(object, self.contract).control_plane_facts();
        for (count, told) in [
            (&mut status.desired_replicas, facts.replicas),
            (&mut status.replicas, facts.status_replicas),
            (&mut status.ready_replicas, facts.ready_replicas),
            (&mut status.available_replicas, facts.available_replicas),
            (&mut status.up_to_date_replicas, facts.up_to_date_replicas),
        ] {
            *count = told.or(*count);
        }
        status.versions = versions_of(object);
    }

    /// A control plane of machines that belong to no object: each that is there is wanted.
    fn count_control_plane_machines(&self, status: &mut ClusterControlPlaneStatus) {
        if !self.knows_descendants() {
            return;
        }
        let machines = self.control_plane_machines();
        let mut counts = Counts::default();
        counts.add_machines(&machines);
        status.desired_replicas = counts.desired;
        status.replicas = counts.current;
        status.ready_replicas = counts.ready;
        status.available_replicas = counts.available;
        status.up_to_date_replicas = counts.up_to_date;
        status.versions = versions::of_machines(&machines);
    }

    pub(super) fn count_workers(&self, status: &mut WorkersStatus) {
        let mut counts = Counts::default();
        let mut all: Vec<StatusVersion> = Vec::new();
        for pool in &self.machine_pools {
            let told = &pool.status;
            counts.add(&Counts {
                desired: pool.spec.replicas,
                current: told.replicas,
                ready: told.ready_replicas,
                available: told.available_replicas,
                up_to_date: told.up_to_date_replicas,
            });
            all.extend_from_slice(&told.versions);
        }
        for deployment in &self.machine_deployments {
            let told = &deployment.status;
            counts.add(&Counts {
                desired: deployment.spec.replicas,
                current: told.replicas,
                ready: told.ready_replicas,
                available: told.available_replicas,
                up_to_date: told.up_to_date_replicas,
            });
            all.extend_from_slice(&told.versions);
        }
        let sets = self.machine_sets.iter();
        for set in sets.filter(|set| self.owns(&set.metadata)) {
            let told = &set.status;
            counts.add(&Counts {
                desired: set.spec.replicas,
                current: told.replicas,
                ready: told.ready_replicas,
                available: told.available_replicas,
                up_to_date: told.up_to_date_replicas,
            });
            all.extend_from_slice(&told.versions);
        }
        let mut machines = self.worker_machines();
        machines.retain(|machine| self.owns(&machine.metadata));
        counts.add_machines(&machines);
        all.extend(versions::of_machines(&machines));
        status.desired_replicas = counts.desired;
        status.replicas = counts.current;
        status.ready_replicas = counts.ready;
        status.available_replicas = counts.available;
        status.up_to_date_replicas = counts.up_to_date;
        status.versions = versions::sum(&all);
    }
}

/// Sums of counters; none of what nobody tells of.
#[derive(Default)]
struct Counts {
    desired: Option<i32>,
    current: Option<i32>,
    ready: Option<i32>,
    available: Option<i32>,
    up_to_date: Option<i32>,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        for (sum, told) in [
            (&mut self.desired, other.desired),
            (&mut self.current, other.current),
            (&mut self.ready, other.ready),
            (&mut self.available, other.available),
            (&mut self.up_to_date, other.up_to_date),
        ] {
            if let Some(told) = told {
                *sum = Some(sum.unwrap_or_default().saturating_add(told));
            }
        }
    }

    /// Machines that belong to nothing that counts them: each that is there is wanted.
    fn add_machines(&mut self, machines: &[&Machine]) {
        for machine in machines {
            let conditions = &machine.status.conditions;
            let one = |kind| has_status(conditions, kind, &ConditionStatus::True).then_some(1);
            self.add(&Self {
                desired: Some(1),
                current: Some(1),
                ready: one("Ready"),
                available: one("Available"),
                up_to_date: one("UpToDate"),
            });
        }
    }
}

fn versions_of(object: &Value) -> Vec<StatusVersion> {
    let versions = object.pointer("/status/versions");
    let versions = versions.map(Vec::deserialize).and_then(Result::ok);
    versions.unwrap_or_default()
}
