//! What is seen of a control plane in its cluster, as conditions of its machines and of itself.
//!
//! Follows `workload_cluster_conditions.go` and `reconcileControlPlaneAndMachinesConditions` of Cluster API.

mod etcd;
mod gather;
mod pods;

use std::collections::BTreeMap;

use componentconfig::core::Time;

use super::{
    components::NODE_LABELS_AND_TAINTS_SET,
    observed::ControlPlane,
    up_to_date::{MachineChange, Outdated},
};
use crate::{
    conditions::{self, told},
    core::v1beta2::Machine,
    facts,
    machine::{Node, Pod},
    meta::{Condition, ConditionStatus},
    version::ParseVersionError,
};

/// After so many seconds without connection conditions say so.
pub const GRACE_SECONDS: i64 = 300;

/// The label of nodes of the control plane, and the key of their taint.
pub(super) const NODE_ROLE: &str = "node-role.kubernetes.io/control-plane";

/// What can be said about the cluster that a control plane is for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Workload<'a> {
    /// It never answered, so it is not asked.
    NotInitialized,
    /// It does not answer.
    NotConnected {
        /// When it did for the last time.
        last_success: Option<Time>,
    },
    /// It answers.
    Seen {
        /// All its nodes.
        nodes: &'a [Node],
        /// Pods by the node that they run on. Those of a node that is not in here could not be read.
        pods: &'a BTreeMap<String, Vec<Pod>>,
        /// Why etcd could not be asked.
        etcd_error: Option<&'a str>,
    },
}

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Inspection {
    /// The machines with conditions of what was seen.
    pub machines: Vec<Machine>,
    /// The conditions `EtcdClusterHealthy` and `ControlPlaneComponentsHealthy` of the control plane; those that are not in here
    /// stay as they are.
    pub conditions: Vec<Condition>,
    /// Whether every machine has a member of etcd and the other way round.
    pub members_match: bool,
}

impl ControlPlane<'_> {
    /// Conditions that say what is seen of a control plane: of components and etcd on its machines, whether they are up to date,
    /// and of the control plane as a whole. What [`plan`](Self::plan) goes by.
    ///
    /// ```
    /// use machine_api::{controlplane::v1beta2::KubeadmControlPlane, core::v1beta2::{Cluster, Machine}, kcp::{ControlPlane, Workload}};
    ///
    /// let (mut kcp, cluster, machines) = (KubeadmControlPlane::default(), Cluster::default(), [Machine::default()]);
    /// kcp.spec.version = "v1.36.0".to_owned();
    /// let now = "2026-06-01T00:00:00Z".parse()?;
    /// let seen = ControlPlane::of(&kcp, &cluster, &machines, now).inspect(Workload::NotInitialized)?;
    /// assert_eq!(seen.conditions[0].message, "Waiting for Cluster control plane to be initialized");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The version of the control plane cannot be read.
    pub fn inspect(&self, workload: Workload<'_>) -> Result<Inspection, ParseVersionError> {
        let mut look = Look {
            control_plane: *self,
            machines: self.machines.to_vec(),
            conditions: Vec::new(),
            members_match: false,
        };
        look.up_to_date(&self.outdated()?);
        match workload {
            Workload::NotInitialized => {
                let message = "Waiting for Cluster control plane to be initialized";
                look.unknown(true, "InspectionFailed", message);
            }
            Workload::NotConnected { last_success: None } => {
                let message = "Remote connection not established yet";
                look.unknown(false, "ConnectionDown", message);
            }
            Workload::NotConnected {
                last_success: Some(time),
            } => {
                let since = self.initialized_since().max(Some(time));
                let age = since.map(|since| self.now.unix() - since.unix());
                let over = age.is_some_and(|age| age > GRACE_SECONDS);
                let message = format!("Last successful probe at {time}");
                look.unknown(over, "ConnectionDown", &message);
            }
            Workload::Seen {
                nodes,
                pods,
                etcd_error,
            } => {
                look.components(nodes, pods);
                look.etcd(nodes, etcd_error);
            }
        }
        Ok(Inspection {
            machines: look.machines,
            conditions: look.conditions,
            members_match: look.members_match,
        })
    }

    pub(super) fn initialized_since(&self) -> Option<Time> {
        let condition = conditions::find(&self.kcp.status.conditions, "Initialized")?;
        let holds = condition.status == ConditionStatus::True;
        condition.last_transition_time.filter(|_| holds)
    }
}

/// What was seen so far.
struct Look<'a> {
    control_plane: ControlPlane<'a>,
    machines: Vec<Machine>,
    conditions: Vec<Condition>,
    members_match: bool,
}

impl Look<'_> {
    fn set(&mut self, index: usize, condition: Condition) {
        let now = self.control_plane.now;
        if let Some(machine) = self.machines.get_mut(index) {
            let generation = machine.metadata.generation;
            conditions::set(&mut machine.status.conditions, condition, generation, now);
        }
    }

    fn up_to_date(&mut self, outdated: &[Outdated<'_>]) {
        let staying = |machine: &Machine| !machine.metadata.is_deleting();
        for index in 0..self.machines.len() {
            let Some(machine) = self.machines.get(index) else {
                continue;
            };
            let name = &machine.metadata.name;
            let mut found = outdated.iter();
            let found = found.find(|one| one.machine.metadata.name == *name);
            // What is not as it is to be counts for machines that go, too.
            let changes = match found {
                Some(found) => found.changes.iter().map(MachineChange::message).collect(),
                None if staying(machine) => Vec::new(),
                None => self.changes_of_deleting(machine),
            };
            let condition = up_to_date(machine, &changes);
            self.set(index, condition);
        }
    }

    fn changes_of_deleting(&self, machine: &Machine) -> Vec<String> {
        let mut machines = self.control_plane.machines.iter();
        let own = machines.find(|one| one.metadata.name == machine.metadata.name);
        let changes = own.and_then(|own| self.control_plane.changes_of(own).ok());
        let changes = changes.unwrap_or_default();
        changes.iter().map(MachineChange::message).collect()
    }

    /// Everything is unknown: all conditions are overwritten, or written where there is none yet.
    fn unknown(&mut self, overwrite: bool, reason: &str, message: &str) {
        let list = &self.control_plane.kcp.status.conditions;
        let managed = self.control_plane.manages_etcd();
        let missing = |kind| conditions::find(list, kind).is_none();
        let etcd = overwrite || missing("EtcdClusterHealthy");
        let components = overwrite || missing("ControlPlaneComponentsHealthy");
        let condition = |kind: &str| told(kind, ConditionStatus::Unknown, reason, message);
        if etcd {
            self.conditions.push(condition("EtcdClusterHealthy"));
        }
        if components {
            self.conditions
                .push(condition("ControlPlaneComponentsHealthy"));
        }
        for index in 0..self.machines.len() {
            if etcd && managed {
                self.set(index, condition(super::ETCD_MEMBER_HEALTHY));
            }
            if components {
                self.set(index, condition(NODE_LABELS_AND_TAINTS_SET));
                for kind in pods::kinds(managed) {
                    self.set(index, condition(kind.condition));
                }
            }
        }
    }
}

/// Why a machine has no node yet.
fn waits_for_node(machine: &Machine) -> String {
    let spec = &machine.spec;
    if spec.provider_id.is_empty() {
        let kind = &spec.infrastructure_ref.kind;
        return format!("Waiting for {kind} to report spec.providerID");
    }
    format!(
        "Waiting for a Node with spec.providerID {} to exist",
        spec.provider_id
    )
}

fn up_to_date(machine: &Machine, changes: &[String]) -> Condition {
    let told = |status, reason: &str, message: &str| told("UpToDate", status, reason, message);
    if !changes.is_empty() {
        let lines: Vec<String> = changes.iter().map(|change| format!("* {change}")).collect();
        return told(ConditionStatus::False, "NotUpToDate", &lines.join("\n"));
    }
    if facts::is_update_in_progress(machine) {
        let updating = conditions::find(&machine.status.conditions, "Updating");
        let updating =
            updating.filter(|one| one.status == ConditionStatus::True && !one.message.is_empty());
        let message = updating.map_or("In-place update in progress", |one| &one.message);
        return told(ConditionStatus::False, "Updating", &format!("* {message}"));
    }
    let kubelet = machine.status.node_info.as_ref();
    let kubelet = kubelet.map_or("", |info| info.kubelet_version.as_str());
    let wanted = &machine.spec.version;
    if !kubelet.is_empty() && kubelet != wanted {
        let message = format!("* Node.status.nodeInfo.kubeletVersion {kubelet}, {wanted} required");
        return told(ConditionStatus::False, "Updating", &message);
    }
    told(ConditionStatus::True, "UpToDate", "")
}
