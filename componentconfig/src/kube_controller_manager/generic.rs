//! What controller managers have in common.
//!
//! Mirrors `staging/src/k8s.io/controller-manager/config/v1alpha1/types.go` and `.../cloud-provider/config/v1alpha1/types.go`.

use serde::{Deserialize, Serialize};

use crate::component_base::ClientConnectionConfiguration;
use crate::component_base::DebuggingConfiguration;
use crate::component_base::LeaderElectionConfiguration;
use crate::kube_controller_manager::leader_migration::v1alpha1::LeaderMigrationConfiguration;
use crate::scalar::Duration;

/// A cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct CloudProviderConfiguration {
    /// Its name.
    pub name: String,
    /// The file of its configuration.
    pub cloud_config_file: String,
}

/// What all controller managers have in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct GenericControllerManagerConfiguration {
    /// The port of the server. Zero: none.
    pub port: i32,
    /// The address that the server binds. Default `0.0.0.0`.
    pub address: String,
    /// The shortest period in which everything is looked at again. Default 12 hours.
    pub min_resync_period: Duration,
    /// How the API server is reached.
    pub client_connection: ClientConnectionConfiguration,
    /// How long to wait between the starts of two controllers.
    pub controller_start_interval: Duration,
    /// How one of several instances becomes the active one.
    pub leader_election: LeaderElectionConfiguration,
    /// The controllers: `*` for those that are on by default, `name`, `-name`. Default `*`.
    pub controllers: Option<Vec<String>>,
    /// What is served for debugging.
    pub debugging: DebuggingConfiguration,
    /// Whether controllers move between components.
    pub leader_migration_enabled: bool,
    /// How they do.
    pub leader_migration: LeaderMigrationConfiguration,
}

/// What controllers with and without a cloud have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct KubeCloudSharedConfiguration {
    /// The cloud.
    pub cloud_provider: CloudProviderConfiguration,
    /// The cloud whose volume plugins are used where the cloud is external.
    pub external_cloud_volume_plugin: String,
    /// Whether each controller has a service account of its own.
    pub use_service_account_credentials: bool,
    /// Whether a cloud without cluster tags is taken.
    pub allow_untagged_cloud: bool,
    /// How often routes are looked at. Default 10 seconds.
    pub route_reconciliation_period: Duration,
    /// How often the state of nodes is looked at. Default 5 seconds.
    pub node_monitor_period: Duration,
    /// The name of the cluster in the cloud. Default `kubernetes`.
    pub cluster_name: String,
    /// The network of the Pods.
    #[serde(rename = "ClusterCIDR")]
    pub cluster_cidr: String,
    /// Whether nodes get networks for their Pods.
    #[serde(rename = "AllocateNodeCIDRs")]
    pub allocate_node_cidrs: bool,
    /// Who gives the networks: `RangeAllocator` or `CloudAllocator`.
    #[serde(rename = "CIDRAllocatorType")]
    pub cidr_allocator_type: String,
    /// Whether the cloud gets routes to the networks. Default true.
    pub configure_cloud_routes: Option<bool>,
    /// How often nodes are compared with the cloud.
    pub node_sync_period: Duration,
}

/// The controller of load balancers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct ServiceControllerConfiguration {
    /// How many are worked on at once. Default 1.
    pub concurrent_service_syncs: i32,
}

/// Follows `staging/src/k8s.io/controller-manager/config/v1alpha1/defaults.go`.
impl GenericControllerManagerConfiguration {
    pub(crate) fn set_defaults(&mut self) {
        if self.address.is_empty() {
            "0.0.0.0".clone_into(&mut self.address);
        }
        if self.min_resync_period.is_zero() {
            self.min_resync_period = Duration::from_hours(12);
        }
        let client = &mut self.client_connection;
        if client.content_type.is_empty() {
            "application/vnd.kubernetes.protobuf".clone_into(&mut client.content_type);
        }
        if client.qps == 0.0 {
            client.qps = 20.0;
        }
        if client.burst == 0 {
            client.burst = 30;
        }
        let controllers = self.controllers.get_or_insert_default();
        if controllers.is_empty() {
            controllers.push("*".to_owned());
        }
        if self.leader_election.resource_lock.is_empty() {
            "leases".clone_into(&mut self.leader_election.resource_lock);
        }
        self.leader_election.set_defaults();
        self.debugging.enable_profiling.get_or_insert(false);
        self.debugging
            .enable_contention_profiling
            .get_or_insert(false);
    }
}

/// Follows `staging/src/k8s.io/cloud-provider/config/v1alpha1/defaults.go`.
impl KubeCloudSharedConfiguration {
    pub(crate) fn set_defaults(&mut self) {
        for (period, default) in [
            (&mut self.node_monitor_period, Duration::from_secs(5)),
            (
                &mut self.route_reconciliation_period,
                Duration::from_secs(10),
            ),
        ] {
            if period.is_zero() {
                *period = default;
            }
        }
        if self.cluster_name.is_empty() {
            "kubernetes".clone_into(&mut self.cluster_name);
        }
        self.configure_cloud_routes.get_or_insert(true);
    }
}

impl ServiceControllerConfiguration {
    pub(crate) fn set_defaults(&mut self) {
        if self.concurrent_service_syncs == 0 {
            self.concurrent_service_syncs = 1;
        }
    }
}
