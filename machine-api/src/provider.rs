//! What providers do for a cluster, and one that does it in memory.
//!
//! A provider is asked again and again until it is done, and answers at once: with [`Progress::Done`], with
//! [`Progress::Pending`] and when to ask again, or with a [`ProviderError`]. Asking twice does nothing twice. What it says is
//! written into its object as the [contract](crate::contract) has it.
//!
//! ```
//! use machine_api::{core::v1beta2::Cluster, provider::{ClusterRequest, InfrastructureProvider, Job, MemoryProvider, Progress}};
//!
//! let mut provider = MemoryProvider::new().delay(Job::CreateCluster, 30);
//! let cluster: Cluster = serde_json::from_str(r#"{"metadata": {"name": "prod", "namespace": "default"}}"#)?;
//! let mut at = |now: &str| provider.cluster(&ClusterRequest { cluster: &cluster, now: now.parse().unwrap() });
//! assert_eq!(at("2026-06-01T00:00:00Z")?, Progress::Pending { retry_after_seconds: 30 });
//! assert!(matches!(at("2026-06-01T00:00:30Z")?, Progress::Done(facts) if facts.provisioned));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod memory;

use componentconfig::core::Time;

pub use memory::{Job, MemoryProvider};

use crate::{
    contract::{BootstrapConfigFacts, ControlPlaneFacts, InfraClusterFacts, InfraMachineFacts},
    core::v1beta2::{Cluster, Machine},
    machine::Node,
};

/// How far something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<T> {
    /// It is done.
    Done(T),
    /// It takes longer.
    Pending {
        /// When to ask again, in seconds.
        retry_after_seconds: u32,
    },
}

/// Why a provider cannot do what it is asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {message}")]
#[non_exhaustive]
pub struct ProviderError {
    /// In one word, such as `QuotaExceeded`.
    pub reason: String,
    /// For people.
    pub message: String,
}

impl ProviderError {
    /// An error.
    pub fn new(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            message: message.into(),
        }
    }
}

/// The infrastructure of a cluster, or its control plane, is asked for.
#[derive(Clone, Copy, Debug)]
pub struct ClusterRequest<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The time.
    pub now: Time,
}

/// The infrastructure of a machine, or its bootstrap data, is asked for.
#[derive(Clone, Copy, Debug)]
pub struct MachineRequest<'a> {
    /// The cluster of the machine.
    pub cluster: &'a Cluster,
    /// The machine.
    pub machine: &'a Machine,
    /// The time.
    pub now: Time,
}

/// A managed control plane is asked for: one that is not made of machines.
#[derive(Clone, Copy, Debug)]
pub struct ControlPlaneRequest<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The version that the control plane is to have; empty if its object names none.
    pub version: &'a str,
    /// The time.
    pub now: Time,
}

/// Makes what clusters and machines run on.
pub trait InfrastructureProvider {
    /// The infrastructure of a cluster.
    ///
    /// # Errors
    /// It cannot be made now.
    fn cluster(
        &mut self,
        request: &ClusterRequest<'_>,
    ) -> Result<Progress<InfraClusterFacts>, ProviderError>;

    /// The end of it.
    ///
    /// # Errors
    /// It cannot be deleted now.
    fn delete_cluster(
        &mut self,
        request: &ClusterRequest<'_>,
    ) -> Result<Progress<()>, ProviderError>;

    /// The infrastructure of a machine. It is asked for when that of the cluster and the bootstrap data are there.
    ///
    /// # Errors
    /// It cannot be made now.
    fn machine(
        &mut self,
        request: &MachineRequest<'_>,
    ) -> Result<Progress<InfraMachineFacts>, ProviderError>;

    /// The end of it.
    ///
    /// # Errors
    /// It cannot be deleted now.
    fn delete_machine(
        &mut self,
        request: &MachineRequest<'_>,
    ) -> Result<Progress<()>, ProviderError>;
}

/// Makes what turns a machine into a node.
pub trait BootstrapProvider {
    /// The bootstrap data of a machine. It is asked for when the infrastructure of the cluster is there and, but for the first
    /// machines of the control plane, the control plane answers.
    ///
    /// # Errors
    /// It cannot be made now.
    fn bootstrap(
        &mut self,
        request: &MachineRequest<'_>,
    ) -> Result<Progress<BootstrapConfigFacts>, ProviderError>;
}

/// Makes control planes that are not made of machines.
pub trait ControlPlaneProvider {
    /// The control plane of a cluster.
    ///
    /// # Errors
    /// It cannot be made or changed now.
    fn control_plane(
        &mut self,
        request: &ControlPlaneRequest<'_>,
    ) -> Result<Progress<ControlPlaneFacts>, ProviderError>;

    /// The end of it.
    ///
    /// # Errors
    /// It cannot be deleted now.
    fn delete_control_plane(
        &mut self,
        request: &ControlPlaneRequest<'_>,
    ) -> Result<Progress<()>, ProviderError>;
}

/// Shows what runs in clusters.
pub trait WorkloadClusters {
    /// The nodes of a cluster; `None` if it does not answer.
    fn nodes(&mut self, cluster: &Cluster, now: Time) -> Option<Vec<Node>>;

    /// A node is deleted. One that is gone already is fine.
    fn delete_node(&mut self, cluster: &Cluster, node: &str);
}

/// All that a cluster needs.
pub trait Provider:
    InfrastructureProvider + BootstrapProvider + ControlPlaneProvider + WorkloadClusters
{
}

impl<P> Provider for P where
    P: InfrastructureProvider + BootstrapProvider + ControlPlaneProvider + WorkloadClusters
{
}
