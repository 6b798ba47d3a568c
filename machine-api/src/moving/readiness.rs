//! Whether a move may begin.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::graph::{Graph, Node, ObjectId, text};
use crate::{explain::Why, labels};

const BLOCK_MOVE: &str = "clusterctl.cluster.x-k8s.io/block-move";

/// Why a move may not begin. Displays as what is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub enum NotReady {
    /// The infrastructure of a Cluster is still being made.
    InfrastructureNotProvisioned,
    /// The control plane of a Cluster does not answer yet.
    ControlPlaneNotInitialized,
    /// A machine has no node yet.
    NoNode,
    /// Somebody paused it, and the end of the move would resume it.
    Paused,
    /// Its provider asks for some time first. A move begins, and waits.
    Blocked,
}

impl Graph<'_> {
    /// What keeps a move from beginning; nothing if it may.
    ///
    /// Objects that are still being made would be made twice. [`NotReady::Blocked`] does not keep a move from beginning: it is
    /// what [`Step::WaitUnblocked`](super::Step::WaitUnblocked) waits for, after pausing.
    pub fn not_ready(&self) -> Vec<(ObjectId, NotReady)> {
        let mut found: Vec<(ObjectId, NotReady)> = self
            .nodes
            .iter()
            .flat_map(|node| {
                node.not_ready()
                    .into_iter()
                    .map(|why| (node.id.clone(), why))
            })
            .collect();
        found.sort();
        found
    }
}

impl Node<'_> {
    fn not_ready(&self) -> Vec<NotReady> {
        let Some(object) = self.object else {
            return Vec::new();
        };
        let core = |kind| self.is_of("cluster.x-k8s.io", kind);
        let annotated = |annotation: &str| {
            let all = object.pointer("/metadata/annotations");
            all.is_some_and(|all| all.get(annotation).is_some())
        };
        let mut found = Vec::new();
        if core("Cluster") {
            found.extend(unfinished_cluster(object));
            let paused = object.pointer("/spec/paused") == Some(&Value::Bool(true));
            found.extend((paused || annotated(labels::PAUSED)).then_some(NotReady::Paused));
        }
        if core("ClusterClass") && annotated(labels::PAUSED) {
            found.push(NotReady::Paused);
        }
        if core("Machine") && text(object, "/status/nodeRef/name").is_empty() {
            found.push(NotReady::NoNode);
        }
        if self.is_to_move() && annotated(BLOCK_MOVE) {
            found.push(NotReady::Blocked);
        }
        found
    }
}

/// Reads the status of v1beta2, and that of v1beta1 where it says the same otherwise.
fn unfinished_cluster(cluster: &Value) -> Option<NotReady> {
    let is_true = |pointers: [&str; 2]| {
        let mut found = pointers
            .iter()
            .filter_map(|pointer| cluster.pointer(pointer));
        found.any(|value| *value == Value::Bool(true))
    };
    if !is_true([
        "/status/initialization/infrastructureProvisioned",
        "/status/infrastructureReady",
    ]) {
        return Some(NotReady::InfrastructureNotProvisioned);
    }
    let conditions = cluster.pointer("/status/conditions");
    let conditions = conditions.and_then(Value::as_array).into_iter().flatten();
    let initialized = conditions.into_iter().any(|condition| {
        text(condition, "/type") == "ControlPlaneInitialized"
            && text(condition, "/status") == "True"
    });
    let has_control_plane = !text(cluster, "/spec/controlPlaneRef/name").is_empty();
    let reported = is_true([
        "/status/initialization/controlPlaneInitialized",
        "/status/controlPlaneReady",
    ]);
    (!initialized || (has_control_plane && !reported))
        .then_some(NotReady::ControlPlaneNotInitialized)
}

impl NotReady {
    /// In words, with what to do about it.
    pub fn explain(self, id: &ObjectId) -> Why {
        let why = Why::new(id.to_string(), self.reason(), self.to_string());
        match self {
            Self::Paused => why.remedy("resume it, or let whoever paused it finish"),
            Self::Blocked => why.remedy(format!("wait until the annotation {BLOCK_MOVE} is gone")),
            _ => why.remedy("wait until it is done"),
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::InfrastructureNotProvisioned => "InfrastructureNotProvisioned",
            Self::ControlPlaneNotInitialized => "ControlPlaneNotInitialized",
            Self::NoNode => "NoNode",
            Self::Paused => "Paused",
            Self::Blocked => "BlockMove",
        }
    }
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InfrastructureNotProvisioned => {
                "cannot start the move operation while it is still provisioning the infrastructure"
            }
            Self::ControlPlaneNotInitialized => {
                "cannot start the move operation while its control plane is not yet initialized"
            }
            Self::NoNode => {
                "cannot start the move operation while it is still provisioning the node"
            }
            Self::Paused => "cannot start the move operation while it is paused",
            Self::Blocked => "its provider is not ready for the move yet",
        })
    }
}
