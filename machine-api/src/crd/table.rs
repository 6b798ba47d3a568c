//! Names and columns of the kinds.

mod addons;
mod bootstrap;
mod controlplane;
mod core;
mod ipam;
mod runtime;

use super::Definition;

/// Every kind, by group.
pub(super) const DEFINITIONS: [Definition; 17] = [
    core::CLUSTER_CLASS,
    core::CLUSTER,
    core::MACHINE_DEPLOYMENT,
    core::MACHINE_DRAIN_RULE,
    core::MACHINE_HEALTH_CHECK,
    core::MACHINE_POOL,
    core::MACHINE,
    core::MACHINE_SET,
    addons::CLUSTER_RESOURCE_SET_BINDING,
    addons::CLUSTER_RESOURCE_SET,
    bootstrap::KUBEADM_CONFIG,
    bootstrap::KUBEADM_CONFIG_TEMPLATE,
    controlplane::KUBEADM_CONTROL_PLANE,
    controlplane::KUBEADM_CONTROL_PLANE_TEMPLATE,
    ipam::IP_ADDRESS_CLAIM,
    ipam::IP_ADDRESS,
    runtime::EXTENSION_CONFIG,
];
