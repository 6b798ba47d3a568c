//! Features that are turned on or off as a whole.

/// Cluster API's feature gates, as far as they change an answer; the defaults are those of version 1.14.
///
/// ```
/// use machine_api::Gates;
///
/// let mut gates = Gates::default();
/// assert!(gates.set("InPlaceUpdates", true));
/// assert!(gates.in_place_updates);
/// assert!(!gates.set("NoSuchGate", true));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[non_exhaustive]
pub struct Gates {
    /// `ClusterTopology`: Clusters may be made from a ClusterClass.
    pub cluster_topology: bool,
    /// `RuntimeSDK`: extensions are called.
    pub runtime_sdk: bool,
    /// `MachinePool`: there are MachinePools.
    pub machine_pool: bool,
    /// `MachineSetPreflightChecks`: machines are only made when the control plane can take them.
    pub machine_set_preflight_checks: bool,
    /// `MachineTaintPropagation`: taints of machines are set on their nodes.
    pub machine_taint_propagation: bool,
    /// `KubeadmBootstrapFormatIgnition`: bootstrap data may be in Ignition's format.
    pub kubeadm_bootstrap_format_ignition: bool,
    /// `InPlaceUpdates`: machines may be updated rather than replaced.
    pub in_place_updates: bool,
}

impl Default for Gates {
    fn default() -> Self {
        Self {
            cluster_topology: true,
            runtime_sdk: true,
            machine_pool: true,
            machine_set_preflight_checks: true,
            machine_taint_propagation: false,
            kubeadm_bootstrap_format_ignition: false,
            in_place_updates: false,
        }
    }
}

impl Gates {
    /// Turns a gate on or off by its name; false if there is none of that name.
    pub fn set(&mut self, name: &str, on: bool) -> bool {
        let gate = match name {
            "ClusterTopology" => &mut self.cluster_topology,
            "RuntimeSDK" => &mut self.runtime_sdk,
            "MachinePool" => &mut self.machine_pool,
            "MachineSetPreflightChecks" => &mut self.machine_set_preflight_checks,
            "MachineTaintPropagation" => &mut self.machine_taint_propagation,
            "KubeadmBootstrapFormatIgnition" => &mut self.kubeadm_bootstrap_format_ignition,
            "InPlaceUpdates" => &mut self.in_place_updates,
            _ => return false,
        };
        *gate = on;
        true
    }
}
