//! The kind of cloud controller managers, which nothing reads from a file: `cloudcontrollermanager.config.k8s.io`.

pub mod v1alpha1;

use crate::{Registry, config::Config, scalar::Duration};

/// Follows `staging/src/k8s.io/cloud-provider/config/v1alpha1/defaults.go`.
impl Config for v1alpha1::CloudControllerManagerConfiguration {
    fn set_defaults(&mut self) {
        self.generic.set_defaults();
        self.kube_cloud_shared.set_defaults();
        self.service_controller.set_defaults();
        if self.node_controller.concurrent_node_syncs == 0 {
            self.node_controller.concurrent_node_syncs = 1;
        }
        if self.node_status_update_frequency.is_zero() {
            self.node_status_update_frequency = Duration::from_mins(5);
        }
    }
}

/// Adds the kind of cloud controller managers.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry.builtin::<v1alpha1::CloudControllerManagerConfiguration>()
}
