//! The types of `cloudcontrollermanager.config.k8s.io/v1alpha1`.
//!
//! They mirror `staging/src/k8s.io/cloud-provider/config/v1alpha1/types.go`.

use serde::{Deserialize, Serialize};

use crate::kube_controller_manager::generic::GenericControllerManagerConfiguration;
use crate::kube_controller_manager::generic::KubeCloudSharedConfiguration;
use crate::kube_controller_manager::generic::ServiceControllerConfiguration;
use crate::scalar::Duration;

/// The configuration of a cloud controller manager. No component reads it from a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct CloudControllerManagerConfiguration {
    /// What all controller managers have in common.
    pub generic: GenericControllerManagerConfiguration,
    /// What controllers with and without a cloud have in common.
    pub kube_cloud_shared: KubeCloudSharedConfiguration,
    /// The controller of nodes.
    pub node_controller: NodeControllerConfiguration,
    /// The controller of load balancers.
    pub service_controller: ServiceControllerConfiguration,
    /// How often the state of nodes is updated. Default 5 minutes.
    pub node_status_update_frequency: Duration,
    /// The admission webhooks that are served.
    pub webhook: CloudWebhookConfiguration,
}

/// The controller of nodes in a cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeControllerConfiguration {
    /// How many nodes are worked on at once. Default 1.
    pub concurrent_node_syncs: i32,
    /// How many nodes get their state updated at once.
    pub concurrent_node_status_updates: i32,
}

/// The admission webhooks of a cloud controller manager.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct CloudWebhookConfiguration {
    /// Which: `*` for all, `name`, `-name`.
    pub webhooks: Option<Vec<String>>,
}

crate::kind::kinds!("cloudcontrollermanager.config.k8s.io", "v1alpha1": CloudControllerManagerConfiguration);
