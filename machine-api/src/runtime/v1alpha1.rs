//! Version v1alpha1 of the group `runtime.cluster.x-k8s.io`.

mod extension_config;

pub use crate::core::v1beta1::V1Beta2Conditions;
pub use crate::runtime::v1beta2::FailurePolicy;
pub use extension_config::{
    ClientConfig, ExtensionConfig, ExtensionConfigSpec, ExtensionConfigStatus, ExtensionHandler,
    GroupVersionHook, ServiceReference,
};
