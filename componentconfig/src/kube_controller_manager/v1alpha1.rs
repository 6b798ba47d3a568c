//! The types of `kubecontrollermanager.config.k8s.io/v1alpha1`.
//!
//! They mirror `staging/src/k8s.io/kube-controller-manager/config/v1alpha1/types.go`.

mod configuration;
mod defaults;

pub use self::configuration::*;
pub use super::{
    generic::{
        CloudProviderConfiguration, GenericControllerManagerConfiguration,
        KubeCloudSharedConfiguration, ServiceControllerConfiguration,
    },
    leader_migration::v1alpha1::LeaderMigrationConfiguration,
};
