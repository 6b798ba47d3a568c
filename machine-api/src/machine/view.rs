//! Objects of the workload cluster, as far as decisions about a machine look at them. What else is in them is left out.

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::meta::{ConditionStatus, NodeSystemInfo, ObjectMeta, Taint};

/// An object of which only the metadata counts, such as a Namespace or a DaemonSet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Named {
    /// Its metadata.
    pub metadata: ObjectMeta,
}

/// A pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pod {
    /// Its metadata.
    pub metadata: ObjectMeta,
    /// What it is to be.
    pub spec: PodSpec,
    /// What it is.
    pub status: PodStatus,
}

/// What a pod is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    /// The node that it runs on.
    pub node_name: String,
    /// Its volumes.
    pub volumes: Vec<Volume>,
}

/// What a pod is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    /// How far it came: `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    /// What is known about it.
    pub conditions: Vec<PodCondition>,
    /// Its containers.
    pub container_statuses: Vec<ContainerStatus>,
}

/// A condition of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodCondition {
    /// What it is about.
    pub r#type: String,
    /// Whether it holds.
    pub status: ConditionStatus,
}

/// A container of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus {
    /// Its name.
    pub name: String,
    /// What it is.
    pub state: ContainerState,
    /// What it was before.
    pub last_state: ContainerState,
}

/// What a container is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerState {
    /// There if it does not run yet, or again.
    pub waiting: Option<ContainerEnd>,
    /// There if it ended.
    pub terminated: Option<ContainerEnd>,
}

/// Why a container does not run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerEnd {
    /// The reason, in one word.
    pub reason: String,
    /// The code that it ended with.
    pub exit_code: i32,
}

/// A volume of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// There if it is a directory that goes with the pod.
    pub empty_dir: Option<Value>,
    /// There if it is one that was claimed.
    pub persistent_volume_claim: Option<Claim>,
}

/// The claim of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Claim {
    /// Name of the PersistentVolumeClaim.
    pub claim_name: String,
}

impl Pod {
    /// Namespace and name, as texts name a pod.
    pub fn key(&self) -> String {
        key(&self.metadata.namespace, &self.metadata.name)
    }

    /// The status of its condition of that type; unknown if it has none.
    pub fn condition(&self, kind: &str) -> ConditionStatus {
        let mut conditions = self.status.conditions.iter();
        let found = conditions.find(|condition| condition.r#type == kind);
        found.map_or(ConditionStatus::Unknown, |found| found.status.clone())
    }

    /// Whether it ended, well or not.
    pub fn is_finished(&self) -> bool {
        matches!(self.status.phase.as_str(), "Succeeded" | "Failed")
    }
}

/// A namespaced name in one text.
pub(super) fn key(namespace: &str, name: &str) -> String {
    if namespace.is_empty() {
        return name.to_owned();
    }
    format!("{namespace}/{name}")
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    /// Its metadata.
    pub metadata: ObjectMeta,
    /// What it is to be.
    pub spec: NodeSpec,
    /// What it is.
    pub status: NodeStatus,
}

/// What a node is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSpec {
    /// Its id at the provider.
    #[serde(rename = "providerID")]
    pub provider_id: String,
    /// Whether no pods are scheduled on it.
    pub unschedulable: bool,
    /// Its taints.
    pub taints: Vec<Taint>,
}

/// What a node is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    /// What is known about it.
    pub conditions: Vec<NodeCondition>,
    /// What it says about itself.
    pub node_info: Option<NodeSystemInfo>,
    /// The volumes that are attached to it.
    pub volumes_attached: Vec<AttachedVolume>,
}

/// A condition of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeCondition {
    /// What it is about.
    pub r#type: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// When the status last changed.
    pub last_transition_time: Option<Time>,
    /// The reason, in one word.
    pub reason: String,
    /// The reason, for people.
    pub message: String,
}

/// A volume that is attached to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttachedVolume {
    /// Its name, such as `kubernetes.io/csi/<driver>^<handle>`.
    pub name: String,
}

impl Node {
    /// The condition of that type; the last one, should there be several.
    pub fn condition(&self, kind: &str) -> Option<&NodeCondition> {
        self.status
            .conditions
            .iter()
            .rfind(|condition| condition.r#type == kind)
    }

    /// Whether nothing was heard of its kubelet for a while: a condition Ready that is not known.
    pub fn is_unreachable(&self) -> bool {
        let mut conditions = self.status.conditions.iter();
        let ready = conditions.find(|condition| condition.r#type == "Ready");
        ready.is_some_and(|ready| ready.status == ConditionStatus::Unknown)
    }
}

/// A PersistentVolume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolume {
    /// Its metadata.
    pub metadata: ObjectMeta,
    /// What it is to be.
    pub spec: PersistentVolumeSpec,
}

/// What a PersistentVolume is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeSpec {
    /// The driver that provides it, if it is one of CSI.
    pub csi: Option<Csi>,
    /// What claims it.
    pub claim_ref: Option<ClaimReference>,
}

/// A volume of a CSI driver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Csi {
    /// The driver.
    pub driver: String,
    /// Its name of the volume.
    pub volume_handle: String,
}

/// What claims a PersistentVolume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimReference {
    /// Its kind.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}
