//! What is observed of a control plane.

use std::collections::BTreeMap;

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Compat, Gates,
    bootstrap::v1beta2::{ExternalEtcd, KubeadmConfig},
    conditions::has_status,
    controlplane::v1beta2::KubeadmControlPlane,
    core::v1beta2::{Cluster, Machine, Topology},
    meta::ConditionStatus,
};

/// A member of the etcd cluster, as etcd itself lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EtcdMember {
    /// Its name, which is that of its node; empty until it has started.
    pub name: String,
    /// Its number.
    pub id: u64,
    /// Whether it only listens and does not vote yet.
    pub is_learner: bool,
}

/// An alarm that a member of the etcd cluster raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EtcdAlarm {
    /// The member.
    pub member: u64,
    /// What it is about.
    pub kind: EtcdAlarmKind,
}

/// What an alarm of etcd is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum EtcdAlarmKind {
    /// Nothing: the member is all right.
    None,
    /// Its disk is full.
    NoSpace,
    /// Its data is broken.
    Corrupt,
}

/// The etcd cluster on the machines of a control plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EtcdCluster<'a> {
    /// All members; none if they could not be listed.
    pub members: &'a [EtcdMember],
    /// All alarms.
    pub alarms: &'a [EtcdAlarm],
    /// The name of the leading member; none if it could not be found out.
    pub leader: Option<&'a str>,
}

/// What is observed of a KubeadmControlPlane and of what it owns.
///
/// The conditions of the machines and the list of members have to be of the same time; what is missing counts as unhealthy.
#[derive(Clone, Copy, Debug)]
pub struct ControlPlane<'a> {
    pub(super) kcp: &'a KubeadmControlPlane,
    pub(super) cluster: &'a Cluster,
    pub(super) machines: &'a [Machine],
    pub(super) now: Time,
    pub(super) etcd: EtcdCluster<'a>,
    pub(super) configs: Option<&'a BTreeMap<String, KubeadmConfig>>,
    pub(super) infrastructure: Option<&'a BTreeMap<String, Value>>,
    pub(super) nodes: Option<&'a BTreeMap<String, String>>,
    pub(super) in_place: Option<&'a BTreeMap<String, bool>>,
    pub(super) gates: Gates,
    pub(super) compat: Compat,
}

impl<'a> ControlPlane<'a> {
    /// A control plane, its cluster and all machines that it owns.
    pub fn of(
        kcp: &'a KubeadmControlPlane,
        cluster: &'a Cluster,
        machines: &'a [Machine],
        now: Time,
    ) -> Self {
        Self {
            kcp,
            cluster,
            machines,
            now,
            etcd: EtcdCluster::default(),
            configs: None,
            infrastructure: None,
            nodes: None,
            in_place: None,
            gates: Gates::default(),
            compat: Compat::default(),
        }
    }

    /// With its etcd cluster. Without it, nothing is done that could cost etcd its quorum.
    #[must_use]
    pub const fn etcd(mut self, etcd: EtcdCluster<'a>) -> Self {
        self.etcd = etcd;
        self
    }

    /// With the KubeadmConfigs of its machines, by the name of the machine. A machine without one counts as one that has the
    /// right one.
    #[must_use]
    pub const fn configs(mut self, configs: &'a BTreeMap<String, KubeadmConfig>) -> Self {
        self.configs = Some(configs);
        self
    }

    /// With the infrastructure objects of its machines, by the name of the machine. A machine without one counts as one that has
    /// the right one.
    #[must_use]
    pub const fn infrastructure(mut self, objects: &'a BTreeMap<String, Value>) -> Self {
        self.infrastructure = Some(objects);
        self
    }

    /// With the names of nodes by provider ID: a machine that does not know its node yet may have a member of etcd already.
    #[must_use]
    pub const fn nodes(mut self, names: &'a BTreeMap<String, String>) -> Self {
        self.nodes = Some(names);
        self
    }

    /// With these feature gates: `ClusterTopology` and `InPlaceUpdates` change something.
    #[must_use]
    pub const fn gates(mut self, gates: Gates) -> Self {
        self.gates = gates;
        self
    }

    /// Which answer to give where Cluster API's own is a fault of it, or random.
    ///
    /// - With an etcd that is not managed Cluster API never remediates ([`Compat::Upstream`]): it misses the list of members.
    /// - Of several unhealthy machines Cluster API looks at one ([`Compat::Upstream`]); if that cannot go without harm, neither does
    ///   another that can.
    /// - Before it removes or makes a machine of a healthy control plane Cluster API looks at conditions alone ([`Compat::Upstream`]), not at the members of
    ///   etcd, which can have changed since.
    /// - A machine that is being deleted and cannot end because another one is unhealthy keeps Cluster API from remediating that one
    ///   ([`Compat::Upstream`]), so that nothing more happens; and so does a remediation that cannot be completed because of it.
    /// - A remediation that nothing will replace, since a rollout had made one machine more before, keeps Cluster API from remediating
    ///   anything ([`Compat::Upstream`]); else it is over once its machine is gone.
    /// - Candidates for etcd's leadership of equal merit keep the order they come in, where Cluster API's is random
    ///   ([`Compat::Upstream`]); else the one whose name comes last is first.
    ///
    /// Of failure domains with equal numbers of machines Cluster API takes any; here it is always the one whose name comes first.
    #[must_use]
    pub const fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// Whether the control plane has etcd on its own machines rather than elsewhere.
    pub fn manages_etcd(&self) -> bool {
        let etcd = &self.kcp.spec.kubeadm_config_spec.cluster_configuration.etcd;
        etcd.external == ExternalEtcd::default()
    }

    /// Whether the first machine of it answered once.
    pub fn is_initialized(&self) -> bool {
        self.kcp.status.initialization.control_plane_initialized == Some(true)
    }

    /// Names of the failure domains that control plane machines may be in.
    pub fn failure_domains(&self) -> impl Iterator<Item = &'a str> {
        let domains = self.cluster.status.failure_domains.iter();
        let allowed = domains.filter(|domain| domain.control_plane == Some(true));
        allowed.map(|domain| domain.name.as_str())
    }

    /// The name of the member of etcd on a machine, which is that of its node; none if that is not known.
    pub fn member_name(&self, machine: &'a Machine) -> Option<&'a str> {
        let node = machine.status.node_ref.name.as_str();
        if !node.is_empty() {
            return Some(node);
        }
        let own = machine.spec.provider_id.as_str();
        let object = self
            .infrastructure
            .and_then(|all| all.get(&machine.metadata.name));
        let object = object.and_then(|object| object.pointer("/spec/providerID")?.as_str());
        let id = if own.is_empty() { object? } else { own };
        self.nodes?.get(id).map(String::as_str)
    }

    pub(super) fn deleting(&self) -> impl Iterator<Item = &'a Machine> {
        self.machines
            .iter()
            .filter(|machine| machine.metadata.is_deleting())
    }

    /// The version that has to come from the topology of the cluster first, if the control plane does not have it.
    pub(super) fn awaited_version(&self) -> Option<&'a str> {
        let topology = &self.cluster.spec.topology;
        if !self.gates.cluster_topology || *topology == Topology::default() {
            return None;
        }
        let annotations = &self.cluster.metadata.annotations;
        let step = annotations.get(crate::labels::UPGRADE_STEP);
        let step = step.map(String::as_str).filter(|step| !step.is_empty());
        let version = self.kcp.spec.version.as_str();
        if topology.version == version || step == Some(version) {
            return None;
        }
        Some(step.unwrap_or(&topology.version))
    }
}

pub(super) fn is_true(machine: &Machine, condition: &str) -> bool {
    has_status(
        &machine.status.conditions,
        condition,
        &ConditionStatus::True,
    )
}

pub(super) fn is_false(machine: &Machine, condition: &str) -> bool {
    has_status(
        &machine.status.conditions,
        condition,
        &ConditionStatus::False,
    )
}

pub(super) fn has_node(machine: &Machine) -> bool {
    !machine.status.node_ref.name.is_empty()
}
