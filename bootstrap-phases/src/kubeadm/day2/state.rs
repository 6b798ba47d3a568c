//! What is observed of a cluster, and what is wanted of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use semver::Version;
use serde::{Deserialize, Serialize};

use super::step::Task;
use crate::kubeadm::InitContext;
use crate::kubeadm::credentials::expiration;
use crate::{Digest, Files, PhaseError, Timestamp};

/// A cluster as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Observed {
    /// Its nodes, in any order; names are unique.
    pub nodes: Vec<NodeState>,
}

/// A node as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeState {
    /// Its name.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Whether a run can be made on it.
    pub reachable: bool,
    /// Whether it does its work; of a control plane, whether its API server answers.
    pub ready: bool,
    /// Its member of etcd; `None` for workers, and where etcd runs elsewhere.
    pub etcd: Option<EtcdMember>,
    /// The certificates and kubeconfigs below it that kubeadm renews.
    pub certificates: Vec<Managed>,
    /// Digest of the configuration that its files were made from; `None` if that is not known.
    pub config: Option<Digest>,
    /// The version that it runs: of its control plane, or of its kubelet; `None` if that is not known.
    pub version: Option<Version>,
    /// A run on it that was begun and has not succeeded, as its journal tells.
    pub unfinished: Option<Unfinished>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// It runs a part of the control plane.
    ControlPlane,
    /// It runs workloads.
    Worker,
}

/// A member of etcd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EtcdMember {
    /// Whether it answers.
    pub healthy: bool,
    /// Whether it still learns and has no vote.
    pub learner: bool,
}

/// A certificate that kubeadm renews, or a kubeconfig with one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Managed {
    /// Its name for `certs renew`: `apiserver`, `admin.conf`.
    pub name: String,
    /// When it ends.
    pub ends: Timestamp,
    /// Whether its authority's key is elsewhere: then it cannot be renewed here.
    pub external: bool,
}

/// A run that was begun and not finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unfinished {
    /// What it was to do.
    pub task: Task,
    /// Why it ended, if it did not just stop.
    pub error: Option<String>,
}

/// What is wanted of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Desired {
    /// Certificates with less time left than this are renewed.
    pub renew_before: Duration,
    /// How long renewed certificates hold: the cluster's `certificateValidityPeriod`.
    pub certificate_period: Duration,
    /// Digest of the configuration that nodes are to have; `None` leaves it as it is.
    pub config: Option<Digest>,
    /// The version that nodes are to run; `None` leaves it as it is.
    pub version: Option<Version>,
    /// Whether etcd may be without a quorum while one of two members restarts.
    pub allow_downtime: bool,
}

const DAY: Duration = Duration::from_secs(86_400);

impl NodeState {
    /// A control plane with a member of etcd that does its work.
    pub fn control_plane(name: impl Into<String>) -> Self {
        let member = EtcdMember {
            healthy: true,
            learner: false,
        };
        Self {
            etcd: Some(member),
            ..Self::new(name.into(), Role::ControlPlane)
        }
    }

    /// A worker that does its work.
    pub fn worker(name: impl Into<String>) -> Self {
        Self::new(name.into(), Role::Worker)
    }

    fn new(name: String, role: Role) -> Self {
        Self {
            name,
            role,
            reachable: true,
            ready: true,
            etcd: None,
            certificates: Vec::new(),
            config: None,
            version: None,
            unfinished: None,
        }
    }

    /// The same with one more certificate.
    #[must_use]
    pub fn certificate(mut self, certificate: Managed) -> Self {
        self.certificates.push(certificate);
        self
    }

    /// The same with what the files of a control plane say of its certificates.
    ///
    /// # Errors
    /// A file is there and cannot be read.
    pub fn certificates_of(
        mut self,
        context: &InitContext,
        files: &dyn Files,
        now: SystemTime,
    ) -> Result<Self, PhaseError> {
        let told = expiration(context, files, now)?;
        let rows = told.certificates.unwrap_or_default().into_iter();
        self.certificates = rows
            .filter_map(|row| {
                let ends = u64::try_from(row.expiration_date?.unix()).ok()?;
                Some(Managed {
                    name: row.name,
                    ends: (UNIX_EPOCH + Duration::from_secs(ends)).into(),
                    external: row.externally_managed,
                })
            })
            .collect();
        Ok(self)
    }
}

impl Managed {
    /// One that can be renewed on its node.
    pub fn new(name: impl Into<String>, ends: SystemTime) -> Self {
        Self {
            name: name.into(),
            ends: ends.into(),
            external: false,
        }
    }

    /// How long it holds still; none if it is over.
    pub fn left(&self, now: SystemTime) -> Duration {
        let ends = SystemTime::from(self.ends);
        ends.duration_since(now).unwrap_or_default()
    }
}

impl Desired {
    /// Certificates are renewed for a year when less than 90 days are left; nothing else is wanted.
    pub fn new() -> Self {
        Self {
            renew_before: 90 * DAY,
            certificate_period: 365 * DAY,
            config: None,
            version: None,
            allow_downtime: false,
        }
    }

    /// The same with nodes that have this configuration.
    #[must_use]
    pub fn config(mut self, config: Digest) -> Self {
        self.config = Some(config);
        self
    }

    /// The same with nodes that run this version.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }
}

impl Default for Desired {
    fn default() -> Self {
        Self::new()
    }
}
