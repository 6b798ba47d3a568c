//! Conditions that control plane machines have of their components.

use super::observed::{ControlPlane, is_false, is_true};
use crate::core::v1beta2::Machine;

/// The API server answers.
pub const API_SERVER_POD_HEALTHY: &str = "APIServerPodHealthy";
/// The controller manager runs.
pub const CONTROLLER_MANAGER_POD_HEALTHY: &str = "ControllerManagerPodHealthy";
/// The scheduler runs.
pub const SCHEDULER_POD_HEALTHY: &str = "SchedulerPodHealthy";
/// etcd runs.
pub const ETCD_POD_HEALTHY: &str = "EtcdPodHealthy";
/// The machine's member of etcd is one, answers and has no alarm.
pub const ETCD_MEMBER_HEALTHY: &str = "EtcdMemberHealthy";
/// The node has the label and the taint of a control plane.
pub const NODE_LABELS_AND_TAINTS_SET: &str = "NodeKubeadmLabelsAndTaintsSet";

/// Components of every control plane machine.
const PODS: [&str; 3] = [
    API_SERVER_POD_HEALTHY,
    CONTROLLER_MANAGER_POD_HEALTHY,
    SCHEDULER_POD_HEALTHY,
];
/// Those of one with etcd.
const ETCD: [&str; 2] = [ETCD_POD_HEALTHY, ETCD_MEMBER_HEALTHY];

impl ControlPlane<'_> {
    /// Conditions that all have to be true on a machine of a stable control plane.
    pub(super) fn health_conditions(&self) -> impl Iterator<Item = &'static str> {
        let etcd: &[&str] = if self.manages_etcd() { &ETCD } else { &[] };
        PODS.into_iter().chain(etcd.iter().copied())
    }

    /// Whether a component of a machine is known to be bad. What is not known, as on a machine that starts, does not count.
    pub(super) fn has_bad_component(&self, machine: &Machine) -> bool {
        self.health_conditions()
            .any(|condition| is_false(machine, condition))
    }

    /// Whether all components of a machine work: they use only each other, so one that fails makes the others useless.
    pub(super) fn has_all_components(&self, machine: &Machine) -> bool {
        let etcd = !self.manages_etcd() || is_true(machine, ETCD_POD_HEALTHY);
        etcd && PODS.iter().all(|condition| is_true(machine, condition))
    }
}
