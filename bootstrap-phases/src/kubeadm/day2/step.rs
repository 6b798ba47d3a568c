//! What is done on one node.

use std::fmt;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::state::Role;
use crate::Digest;

/// What is done on one node before any other is touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The node.
    pub node: String,
    /// What the node is.
    pub role: Role,
    /// What is done.
    pub task: Task,
    /// Why, a sentence each.
    pub why: Vec<String>,
}

/// One thing to do on a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
pub enum Task {
    /// The version goes up; certificates are renewed by the way.
    Upgrade {
        /// The version that it goes to.
        to: Version,
        /// Whether what belongs to the whole cluster goes up here too: on one control plane.
        first: bool,
    },
    /// Files are made from another configuration.
    Configure {
        /// Its digest.
        to: Digest,
        /// Whether the cluster is told of it here: on one control plane.
        first: bool,
    },
    /// Certificates are renewed.
    Renew {
        /// Their names for `certs renew`, sorted.
        certificates: Vec<String>,
    },
}

/// Phases of one of kubeadm's workflows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhaseRun {
    /// The workflow: `init`, `renew`, `apply` or `node`, of [`init_workflow`](crate::kubeadm::init_workflow),
    /// [`renew_workflow`](crate::kubeadm::credentials::renew_workflow) and [`upgrade`](crate::kubeadm::upgrade).
    pub workflow: String,
    /// Paths of the phases to select; none means all.
    pub phases: Vec<String>,
}

impl PhaseRun {
    fn new<'p>(workflow: &str, phases: impl IntoIterator<Item = &'p str>) -> Self {
        Self {
            workflow: workflow.to_owned(),
            phases: phases.into_iter().map(str::to_owned).collect(),
        }
    }
}

impl Step {
    /// The phases that do it, in order.
    pub fn runs(&self) -> Vec<PhaseRun> {
        match (&self.task, self.role) {
            (Task::Upgrade { first: true, .. }, _) => vec![PhaseRun::new("apply", [])],
            (Task::Upgrade { .. }, _) => vec![PhaseRun::new("node", [])],
            (Task::Renew { certificates }, _) => {
                let names = certificates.iter().map(String::as_str);
                vec![PhaseRun::new("renew", names)]
            }
            (Task::Configure { first, .. }, Role::ControlPlane) => {
                let mut phases = vec!["etcd", "control-plane", "kubelet-start"];
                if *first {
                    phases.extend(["upload-config", "addon"]);
                }
                vec![PhaseRun::new("init", phases)]
            }
            (Task::Configure { .. }, Role::Worker) => {
                vec![PhaseRun::new("node", ["kubelet-config"])]
            }
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upgrade { to, first: true } => write!(f, "upgrade the cluster to v{to}"),
            Self::Upgrade { to, .. } => write!(f, "upgrade to v{to}"),
            Self::Configure { first: true, .. } => {
                f.write_str("change the cluster's configuration")
            }
            Self::Configure { .. } => f.write_str("take over the cluster's configuration"),
            Self::Renew { certificates } => write!(f, "renew {}", certificates.join(", ")),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.node, self.task)?;
        if self.why.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", self.why.join("; "))
    }
}
