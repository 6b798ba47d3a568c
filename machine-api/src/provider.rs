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

use std::collections::BTreeSet;

use apply_semantics::op::{Operation, Outcome, Refusal};
use componentconfig::{core::Time, secret::Secret};

pub use memory::{Job, MemoryProvider};

use crate::{
    bootstrap::v1beta2::EncryptionAlgorithmType,
    certificates::{KeyPair, Purpose},
    contract::{BootstrapConfigFacts, ControlPlaneFacts, InfraClusterFacts, InfraMachineFacts},
    core::v1beta2::{Cluster, Machine},
    kcp::{EtcdAlarm, EtcdMember},
    machine::{Named, Node, PersistentVolume, Pod},
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

/// What draining a node depends on beside its pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrainFacts {
    /// All namespaces of the cluster.
    pub namespaces: Vec<Named>,
    /// All its DaemonSets.
    pub daemon_sets: Vec<Named>,
    /// All its PersistentVolumes.
    pub volumes: Vec<PersistentVolume>,
    /// Names of PersistentVolumes in VolumeAttachments of the node whose status is attached.
    pub attachments: BTreeSet<String>,
}

/// Shows what runs in clusters, and changes it.
pub trait WorkloadClusters {
    /// The nodes of a cluster; `None` if it does not answer.
    fn nodes(&mut self, cluster: &Cluster, now: Time) -> Option<Vec<Node>>;

    /// The pods of a node; `None` if they cannot be read. Of control planes only the static ones in `kube-system` are looked at.
    fn pods(&mut self, cluster: &Cluster, node: &str, now: Time) -> Option<Vec<Pod>>;

    /// What draining a node depends on beside its pods; `None` if it cannot be read.
    fn drain_facts(&mut self, cluster: &Cluster, node: &str, now: Time) -> Option<DrainFacts>;

    /// Whether kubeadm made the cluster: its ConfigMap `kubeadm-config` in `kube-system` is there. `None` if the cluster does not
    /// answer.
    fn has_kubeadm_config(&mut self, cluster: &Cluster, now: Time) -> Option<bool>;

    /// Carries out an operation in the cluster of that namespace and name, such as the eviction of a pod.
    ///
    /// # Errors
    /// What the cluster refuses, or that it does not answer.
    fn execute(
        &mut self,
        cluster: (&str, &str),
        operation: &Operation,
        now: Time,
    ) -> Result<Outcome, Refusal>;
}

/// What etcd says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Etcd {
    /// Its members.
    pub members: Vec<EtcdMember>,
    /// Their alarms.
    pub alarms: Vec<EtcdAlarm>,
    /// The name of the member that leads; `None` if there is none.
    pub leader: Option<String>,
}

/// Looks after etcd on the machines of control planes that kubeadm makes.
pub trait EtcdClusters {
    /// What etcd says.
    ///
    /// # Errors
    /// It does not answer, since too few of its members run.
    fn etcd(&mut self, cluster: &Cluster, now: Time) -> Result<Etcd, ProviderError>;

    /// A member is removed. One that is gone already is fine.
    ///
    /// # Errors
    /// etcd refuses, or does not answer.
    fn remove_member(
        &mut self,
        cluster: &Cluster,
        member: &EtcdMember,
        now: Time,
    ) -> Result<(), ProviderError>;

    /// The member of that name is to lead from now on.
    ///
    /// # Errors
    /// It cannot, or etcd does not answer.
    fn move_leadership(
        &mut self,
        cluster: &Cluster,
        to: &str,
        now: Time,
    ) -> Result<(), ProviderError>;
}

/// An authority, or a key pair, is asked for.
#[derive(Clone, Copy, Debug)]
pub struct KeyPairRequest<'a> {
    /// The cluster that it is for.
    pub cluster: &'a Cluster,
    /// What for.
    pub purpose: Purpose,
    /// For how many days an authority is valid.
    pub days: i32,
    /// The algorithm of its key; RSA-2048 if unset.
    pub algorithm: &'a EncryptionAlgorithmType,
    /// The time.
    pub now: Time,
}

/// Makes keys, certificates and tokens. What it makes is kept in Secrets; it need not remember anything.
pub trait CertificateSource {
    /// A certificate authority with the common name `kubernetes`, signed by itself; for [`Purpose::ServiceAccount`] a key with its
    /// public part in place of a certificate.
    ///
    /// # Errors
    /// It cannot be made.
    fn key_pair(&mut self, request: &KeyPairRequest<'_>) -> Result<KeyPair, ProviderError>;

    /// A client certificate of an authority, for the user `kubernetes-admin` of the group `system:masters`, valid for a year.
    ///
    /// # Errors
    /// It cannot be made, or the authority cannot be read.
    fn administrator(
        &mut self,
        authority: &KeyPair,
        algorithm: &EncryptionAlgorithmType,
        now: Time,
    ) -> Result<KeyPair, ProviderError>;

    /// Hashes of the public keys of all certificates in a text, such as `sha256:…`, by which joining machines know the cluster.
    ///
    /// # Errors
    /// A certificate cannot be read.
    fn public_key_hashes(&self, certificates: &str) -> Result<Vec<String>, ProviderError>;

    /// When a certificate ends.
    ///
    /// # Errors
    /// It cannot be read.
    fn not_after(&self, certificate: &str) -> Result<Time, ProviderError>;

    /// A token for machines that join, such as `abcdef.0123456789abcdef`: it must not be guessed.
    ///
    /// # Errors
    /// There is no randomness.
    fn bootstrap_token(&mut self) -> Result<Secret, ProviderError>;
}

/// All that a cluster needs.
pub trait Provider:
    InfrastructureProvider
    + BootstrapProvider
    + ControlPlaneProvider
    + WorkloadClusters
    + EtcdClusters
    + CertificateSource
{
}

impl<P> Provider for P where
    P: InfrastructureProvider
        + BootstrapProvider
        + ControlPlaneProvider
        + WorkloadClusters
        + EtcdClusters
        + CertificateSource
{
}
