//! What a Cluster says about itself: phase, counters and conditions, made of what belongs to it.
//!
//! [`Observed`] holds what is seen, and its [`status`](Observed::status) is what is to be written.
//!
//! ```
//! use machine_api::{cluster::Observed, conditions, core::v1beta2::Cluster, machine::observed::External};
//! use serde_json::json;
//!
//! let cluster: Cluster = serde_json::from_str(
//!     r#"{"metadata": {"name": "prod"}, "spec": {"infrastructureRef":
//!         {"apiGroup": "infrastructure.example.com", "kind": "DemoCluster", "name": "prod"}}}"#,
//! )?;
//! let infrastructure = json!({"status": {"conditions": [
//!     {"type": "Ready", "status": "False", "reason": "NoQuota", "message": "there are too many networks"},
//! ]}});
//! let now = "2026-06-01T00:00:00Z".parse()?;
//! let status = Observed::of(&cluster, now).infrastructure(External::Found(&infrastructure)).status();
//! let available = conditions::find(&status.conditions, "Available").unwrap();
//! assert!(available.message.contains("* InfrastructureReady: there are too many networks"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Follows `core/reconcilers/cluster/cluster_controller_status.go` of Cluster API.

mod available;
mod external;
mod progress;
mod replicas;

use componentconfig::core::Time;

use crate::{
    Compat,
    conditions::{self, told},
    contract::ContractVersion,
    core::v1beta2::{
        Cluster, ClusterAvailabilityGate, ClusterPhase, ClusterStatus,
        ContractVersionedObjectReference, Machine, MachineDeployment, MachinePool, MachineSet,
        Topology,
    },
    facts, labels,
    machine::observed::{Connection, External},
    meta::{Condition, ConditionStatus},
};

/// What is seen of a Cluster and of what belongs to it.
#[derive(Clone, Debug)]
pub struct Observed<'a> {
    cluster: &'a Cluster,
    infrastructure: External<'a>,
    control_plane: External<'a>,
    contract: ContractVersion,
    machine_deployments: Vec<&'a MachineDeployment>,
    machine_sets: Vec<&'a MachineSet>,
    machine_pools: Vec<&'a MachinePool>,
    machines: Vec<&'a Machine>,
    connection: Connection,
    class_gates: &'a [ClusterAvailabilityGate],
    deleting: (&'a str, &'a str),
    now: Time,
    compat: Compat,
}

impl<'a> Observed<'a> {
    /// A Cluster of which nothing is seen yet. Its `status.initialization` has to say how far it is.
    pub fn of(cluster: &'a Cluster, now: Time) -> Self {
        Self {
            cluster,
            infrastructure: External::default(),
            control_plane: External::default(),
            contract: ContractVersion::default(),
            machine_deployments: Vec::new(),
            machine_sets: Vec::new(),
            machine_pools: Vec::new(),
            machines: Vec::new(),
            connection: Connection::default(),
            class_gates: &[],
            deleting: ("", ""),
            now,
            compat: Compat::default(),
        }
    }

    /// With its infrastructure.
    #[must_use]
    pub const fn infrastructure(mut self, object: External<'a>) -> Self {
        self.infrastructure = object;
        self
    }

    /// With its control plane, and the version of the contract that it follows.
    #[must_use]
    pub const fn control_plane(mut self, object: External<'a>, contract: ContractVersion) -> Self {
        self.control_plane = object;
        self.contract = contract;
        self
    }

    /// With its MachineDeployments.
    #[must_use]
    pub fn machine_deployments(
        mut self,
        all: impl IntoIterator<Item = &'a MachineDeployment>,
    ) -> Self {
        self.machine_deployments = all.into_iter().collect();
        self
    }

    /// With its MachineSets, those of MachineDeployments too.
    #[must_use]
    pub fn machine_sets(mut self, all: impl IntoIterator<Item = &'a MachineSet>) -> Self {
        self.machine_sets = all.into_iter().collect();
        self
    }

    /// With its MachinePools.
    #[must_use]
    pub fn machine_pools(mut self, all: impl IntoIterator<Item = &'a MachinePool>) -> Self {
        self.machine_pools = all.into_iter().collect();
        self
    }

    /// With all its machines.
    #[must_use]
    pub fn machines(mut self, all: impl IntoIterator<Item = &'a Machine>) -> Self {
        self.machines = all.into_iter().collect();
        self
    }

    /// With how the connection to the cluster fares.
    #[must_use]
    pub const fn connection(mut self, connection: Connection) -> Self {
        self.connection = connection;
        self
    }

    /// With the availability gates of its class, which count unless it has some of its own.
    #[must_use]
    pub const fn class_gates(mut self, gates: &'a [ClusterAvailabilityGate]) -> Self {
        self.class_gates = gates;
        self
    }

    /// With what its deletion waits for: a reason in one word, and one for people.
    #[must_use]
    pub const fn deleting(mut self, reason: &'a str, message: &'a str) -> Self {
        self.deleting = (reason, message);
        self
    }

    /// With [`Compat::Upstream`] conditions tell of errors where there are none: about infrastructure and control plane of a Cluster
    /// that refers to none, and about machines until a topology has made its first objects.
    #[must_use]
    pub const fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// The status.
    pub fn status(&self) -> ClusterStatus {
        let cluster = self.cluster;
        let mut status = cluster.status.clone();
        status.phase = self.phase();
        self.count_control_plane(status.control_plane.get_or_insert_default());
        if self.knows_descendants() {
            self.count_workers(status.workers.get_or_insert_default());
        }
        let mut write = |condition: Condition| {
            let generation = cluster.metadata.generation;
            conditions::set(&mut status.conditions, condition, generation, self.now);
        };
        if let Some(probe) = self.remote_connection_probe() {
            write(probe);
        }
        write(self.infrastructure_ready());
        write(self.control_plane_available());
        if let Some(initialized) = self.control_plane_initialized() {
            write(initialized);
        }
        for condition in self.progress() {
            write(condition);
        }
        write(self.being_deleted());
        let available = self.available(&status.conditions);
        let generation = cluster.metadata.generation;
        conditions::set(&mut status.conditions, available, generation, self.now);
        status.observed_generation = generation;
        status
    }

    fn phase(&self) -> ClusterPhase {
        let (spec, status) = (&self.cluster.spec, &self.cluster.status);
        let endpoint = &spec.control_plane_endpoint;
        let has_endpoint = !endpoint.host.is_empty() && endpoint.port != 0;
        let provisioned = status.initialization.infrastructure_provisioned == Some(true);
        if self.cluster.metadata.is_deleting() {
            ClusterPhase::Deleting
        } else if provisioned && has_endpoint {
            ClusterPhase::Provisioned
        } else if is_set(&spec.infrastructure_ref) || is_set(&spec.control_plane_ref) {
            ClusterPhase::Provisioning
        } else if status.phase.is_unset() {
            ClusterPhase::Pending
        } else {
            status.phase.clone()
        }
    }

    fn being_deleted(&self) -> Condition {
        if !self.cluster.metadata.is_deleting() {
            return told("Deleting", ConditionStatus::False, "NotDeleting", "");
        }
        let (reason, message) = self.deleting;
        told("Deleting", ConditionStatus::True, reason, message)
    }

    fn has_topology(&self) -> bool {
        self.cluster.spec.topology != Topology::default()
    }

    /// Upstream does not look for what belongs to a Cluster as long as it waits for its topology.
    fn knows_descendants(&self) -> bool {
        let spec = &self.cluster.spec;
        let made = is_set(&spec.infrastructure_ref) && is_set(&spec.control_plane_ref);
        self.compat == Compat::Fixed
            || made
            || !self.has_topology()
            || self.cluster.metadata.is_deleting()
    }

    /// Whether an object says to belong to the Cluster itself, and to nothing between.
    fn owns(&self, metadata: &crate::meta::ObjectMeta) -> bool {
        let owner = &self.cluster.metadata;
        let mut owners = metadata.owner_references.iter();
        owners.any(|one| one.kind == "Cluster" && one.name == owner.name && one.uid == owner.uid)
    }

    fn control_plane_machines(&self) -> Vec<&'a Machine> {
        let machines = self.machines.iter().copied();
        machines
            .filter(|one| facts::is_control_plane(one))
            .collect()
    }

    /// Machines of MachinePools do not say whether they are up to date, so they are left out.
    fn worker_machines(&self) -> Vec<&'a Machine> {
        let pool = |one: &&Machine| one.metadata.labels.contains_key(labels::POOL_NAME);
        let workers = self.machines.iter().copied();
        workers
            .filter(|one| !facts::is_control_plane(one) && !pool(one))
            .collect()
    }
}

fn is_set(reference: &ContractVersionedObjectReference) -> bool {
    !reference.name.is_empty()
}
